#!/usr/bin/env python3
"""One run on one machine: our figures beside this machine's limits and beside peers, as ratios. JSON and an SVG plot.

usage: benches/compare.py BINARY [--out DIR] [--dir DIR] [--events N] [--rounds N] [--seconds S]

Peers are measured where they are installed: PostgreSQL, and with a Go toolchain Tessera's POSIX log. Nobody there verifies a
signature. --dir must be on the disk that is meant. Needs Python 3.9 and nothing else.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "peers"))
import postgres  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--out", default=".")
    parser.add_argument("--dir", default=tempfile.gettempdir())
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    args = parser.parse_args()
    place = tempfile.mkdtemp(prefix="skillpass-compare-", dir=args.dir)
    try:
        figures = measure(args, place)
    finally:
        shutil.rmtree(place)
    os.makedirs(args.out, exist_ok=True)
    with open(os.path.join(args.out, "compare.json"), "w", encoding="utf-8") as file:
        json.dump(figures, file, indent=2)
        file.write("\n")
    with open(os.path.join(args.out, "compare.svg"), "w", encoding="utf-8") as file:
        file.write(plot(figures))
    print(json.dumps(figures, indent=2))


def measure(args, place):
    def bench(*words):
        told = subprocess.run([args.binary, "bench", *words, "--json"], check=True, capture_output=True, text=True)
        return json.loads(told.stdout)

    def append(*words):
        return bench("append", "--dir", place, *words)

    streaming = [append("--events", str(args.events)) for _ in range(args.rounds)]
    per_second = median(run["events_per_second"] for run in streaming)
    unary = [append("--events", str(args.events // 4), "--unary", "64") for _ in range(args.rounds)]
    half = int(per_second / 2)
    paced = [append("--events", str(args.events), "--rate", str(half)) for _ in range(args.rounds)]
    payload = streaming[0]["statement_bytes"]
    peers = {"PostgreSQL": postgres.measure(place, payload, args.seconds, args.rounds), "Tessera POSIX": tessera(place, payload, args)}
    rates = {
        "verify_strict, both cores": median(run["verify_strict_per_second"] for run in streaming),
        "skillpass, one stream": per_second,
        "skillpass, unary, 64 in flight": median(run["events_per_second"] for run in unary),
    }
    for name, runs in ((peers["PostgreSQL"] or {}).get("events_per_second") or {}).items():
        rates[f"PostgreSQL, {name}"] = median(runs)
    if peers["Tessera POSIX"]:
        rates["Tessera POSIX"] = median(peers["Tessera POSIX"]["events_per_second"])
    return {
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "hardware": hardware(),
        "versions": versions(args.binary, peers),
        "disk": disk(place),
        "payload_bytes": payload,
        "events_per_second": {name: round(rate) for name, rate in rates.items()},
        "ratios": ratios(rates),
        "cpu_us_per_event": median(run["cpu_us_per_event"] for run in streaming),
        "cpu_us_beyond_verification": median(run["cpu_us_beyond_verification"] for run in streaming),
        "latency_ms_at_half_load": {"rate": half, **{
            at: median(run["latency_ms"][at] for run in paced) for at in ("p50", "p99", "p999", "max")}},
        "bytes_per_event": streaming[0]["bytes_per_event"],
        "rounds": args.rounds,
    }


def ratios(rates):
    ours, unary = rates["skillpass, one stream"], rates["skillpass, unary, 64 in flight"]
    out = {"one stream ÷ verify_strict": ours / rates["verify_strict, both cores"]}
    batched = [rate for name, rate in rates.items() if "batches" in name]
    single = [rate for name, rate in rates.items() if "per-stream" in name]
    if batched:
        out["one stream ÷ PostgreSQL's best batched global chain"] = ours / max(batched)
        out["one stream ÷ PostgreSQL's per-stream single rows"] = ours / max(single)
        out["unary, 64 in flight ÷ PostgreSQL's per-stream single rows"] = unary / max(single)
    if "Tessera POSIX" in rates:
        out["one stream ÷ Tessera's best"] = ours / rates["Tessera POSIX"]
    return {name: round(ratio, 3) for name, ratio in out.items()}


def tessera(place, payload, args):
    if not shutil.which("go"):
        return None
    source, program = os.path.join(HERE, "peers", "tessera"), os.path.join(place, "tessera-peer")
    subprocess.run(["go", "build", "-o", program, "."], cwd=source, check=True, capture_output=True)
    runs = []
    for number in range(args.rounds):
        log = os.path.join(place, f"tessera-{number}")
        words = [program, "-dir", log, "-bytes", str(payload), "-seconds", str(args.seconds)]
        runs.append(json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)["events_per_second"])
        shutil.rmtree(log)
    return {"events_per_second": runs}


def disk(place):
    """Appends, each with an fdatasync: how many a second, and how long the slowest of a hundred takes."""
    found = {}
    for size, times in ((4096, 2000), (262_144, 1000)):
        handle = os.open(os.path.join(place, "disk"), os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
        block, took = os.urandom(size), []
        for _ in range(times):
            started = time.perf_counter()
            os.write(handle, block)
            os.fdatasync(handle)
            took.append(time.perf_counter() - started)
        os.close(handle)
        took.sort()
        found[f"{size} B"] = {
            "fdatasyncs_per_second": round(times / sum(took)),
            "p50_ms": round(1e3 * took[times // 2], 3),
            "p99_ms": round(1e3 * took[times * 99 // 100], 3),
        }
    return found


def hardware():
    cpu = ""
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        cpu = next((line.split(":")[1].strip() for line in info if line.startswith("model name")), "")
    with open("/proc/meminfo", encoding="utf-8") as info:
        memory = int(info.readline().split()[1]) // 1024
    return {"cpu": cpu, "cores": os.cpu_count(), "memory_mib": memory, "kernel": platform.release()}


def versions(binary, peers):
    said = lambda *words: subprocess.run(words, capture_output=True, text=True).stdout.strip()
    found = {"skillpass": said(binary, "--version")}
    if peers["PostgreSQL"]:
        found["PostgreSQL"] = peers["PostgreSQL"]["version"]
    if peers["Tessera POSIX"]:
        with open(os.path.join(HERE, "peers", "tessera", "go.mod"), encoding="utf-8") as module:
            found["Tessera"] = next(line.split()[1] for line in module if "dev/tessera v" in line)
        found["Go"] = said("go", "version")
    return found


def median(values):
    return statistics.median(list(values))


def plot(figures):
    """Bars of events a second, logarithmic: from a hundred on."""
    import math

    rates = figures["events_per_second"]
    top = math.log10(max(rates.values()))
    row, left, width = 26, 330, 420
    scale = lambda rate: max(2, (math.log10(max(rate, 100)) - 2) / (top - 2) * width)
    hardware = figures["hardware"]
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 90}" height="{row * len(rates) + 50}" '
             'font-family="sans-serif" font-size="13">']
    lines.append(f'<text x="8" y="20">events a second (logarithmic), {figures["payload_bytes"]} bytes each, '
                 f'{hardware["cores"]} cores of {hardware["cpu"]}, {figures["when"]}</text>')
    for at, (name, rate) in enumerate(rates.items()):
        y = 36 + at * row
        colour = "#1f6f8b" if name.startswith("skillpass") else "#b0b7bd"
        lines.append(f'<text x="{left - 8}" y="{y + 15}" text-anchor="end">{name}</text>')
        lines.append(f'<rect x="{left}" y="{y}" width="{scale(rate):.0f}" height="{row - 6}" fill="{colour}"/>')
        lines.append(f'<text x="{left + scale(rate) + 6:.0f}" y="{y + 15}">{rate:,}</text>')
    return "\n".join([*lines, "</svg>", ""])


if __name__ == "__main__":
    main()
