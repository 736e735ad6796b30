#!/usr/bin/env python3
"""One run on one machine: our figures beside this machine's limits and beside peers, as ratios. JSON and an SVG plot.

usage: benches/compare.py BINARY [--out DIR] [--dir DIR] [--events N] [--rounds N] [--seconds S] [--only PART,...]

Peers are measured where they are installed: PostgreSQL; with a Go toolchain Tessera's POSIX log and immudb; and the verifiers
that `tests/interop/run.sh` installs. No store among them verifies a signature. Parts: ours, reads, postgres, tessera, immudb,
verifiers; ratios are between figures of one run. --dir must be on the disk that is meant. Needs Python 3.9 and nothing else.
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
import golang  # noqa: E402
import plot  # noqa: E402
import postgres  # noqa: E402
import verifiers  # noqa: E402

# The most rows that an import takes from one file.
SHEET_ROWS_MAX = 100_000
PARTS = ("ours", "reads", "postgres", "tessera", "immudb", "verifiers")
VERIFY, STREAM, UNARY = "verify_strict, both cores", "skillpass, one stream", "skillpass, unary, 64 in flight"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--out", default=".")
    parser.add_argument("--dir", default=tempfile.gettempdir())
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--only", default=",".join(PARTS))
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
        file.write(plot.bars(figures))
    print(json.dumps(figures, indent=2))


def measure(args, place):
    parts = set(args.only.split(","))

    def bench(*words):
        print("bench", *words, file=sys.stderr)
        told = subprocess.run([args.binary, "bench", *words, "--json"], check=True, stdout=subprocess.PIPE, text=True)
        return json.loads(told.stdout)

    figures = {
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "hardware": hardware(),
        "versions": {"skillpass": said(args.binary, "--version")},
        "rounds": args.rounds,
        "disk": disk(place),
        "events_per_second": {},
        "ratios": {},
    }
    # What takes a moment, and may lack something, comes first.
    figures["offline"] = offline(bench, args, verifiers if "verifiers" in parts else None)
    figures.update(ours(bench, args, place))
    if "reads" in parts:
        figures["get_passport"] = middle([bench("read", "--dir", place) for _ in range(args.rounds)], "server_cpu_us_per_call")
        figures["import"] = middle([bench("import", "--dir", place, "--rows", str(min(args.events, SHEET_ROWS_MAX))) for _ in range(args.rounds)], "ratio")
    payload = figures["payload_bytes"]
    if "postgres" in parts:
        peer(figures, "PostgreSQL", postgres.measure(place, payload, args.seconds, args.rounds))
    for part, name, module in (
        ("tessera", "Tessera POSIX", "github.com/transparency-dev/tessera"),
        ("immudb", "immudb", "github.com/codenotary/immudb"),
    ):
        if part in parts:
            peer(figures, name, golang.measure(part, module, place, payload, args.seconds, args.rounds))
    figures["ratios"] = ratios(figures["events_per_second"])
    return figures


def ours(bench, args, place):
    """Streaming, unary and paced runs, turn about."""
    streaming, unary, paced = [], [], []
    for _ in range(args.rounds):
        streaming.append(bench("append", "--dir", place, "--events", str(args.events)))
        unary.append(bench("append", "--dir", place, "--events", str(args.events // 4), "--unary", "64"))
    half = int(median(run["events_per_second"] for run in streaming) / 2)
    for _ in range(args.rounds):
        paced.append(bench("append", "--dir", place, "--events", str(args.events), "--rate", str(half)))
    rates = {
        VERIFY: median(run["verify_strict_per_second"] for run in streaming),
        STREAM: median(run["events_per_second"] for run in streaming),
        UNARY: median(run["events_per_second"] for run in unary),
    }
    return {
        "payload_bytes": streaming[0]["statement_bytes"],
        "events_per_second": {name: round(rate) for name, rate in rates.items()},
        # Each run measures raw verification itself, before and after.
        "stream_to_verify_strict": [run["ratio"] for run in streaming],
        "cpu_us_per_event": median(run["cpu_us_per_event"] for run in streaming),
        "cpu_us_beyond_verification": median(run["cpu_us_beyond_verification"] for run in streaming),
        "latency_ms_at_half_load": {
            "rate": half, **{at: median(run["latency_ms"][at] for run in paced) for at in ("p50", "p99", "p999", "max")}},
        "bytes_per_event": streaming[0]["bytes_per_event"],
    }


def offline(bench, args, others):
    """A passport file beside its signatures, and one credential in our hands and in others'."""
    runs = []
    for _ in range(args.rounds):
        run = bench("offline")
        ours = run["credential"]
        theirs = others.measure(ours, args.seconds) if others else {}
        for one in theirs.values():
            one["times_ours"] = round(one["us"] / ours["us"], 1)
        run["credential"] = {"us": ours["us"], "bytes": ours["bytes"], "others": theirs}
        runs.append(run)
    return middle(runs, "ratio")


def peer(figures, name, found):
    """Adds a peer's medians; what could not be measured says why."""
    if not found or "events_per_second" not in found:
        figures.setdefault("not_measured", {})[name] = (found or {}).get("not_measured", "not installed")
        return
    figures["versions"][name] = found["version"]
    for variant, runs in found["events_per_second"].items():
        figures["events_per_second"][f"{name}, {variant}"] = round(median(runs))


def ratios(rates):
    def best(of, having=""):
        return max((rate for name, rate in rates.items() if name.startswith(of) and having in name), default=None)

    pairs = {
        "one stream ÷ verify_strict": (STREAM, rates[VERIFY]),
        "one stream ÷ PostgreSQL's best batched global chain": (STREAM, best("PostgreSQL, global", "batches")),
        "one stream ÷ PostgreSQL's best per-stream single rows": (STREAM, best("PostgreSQL, per-stream")),
        "unary, 64 in flight ÷ PostgreSQL's best per-stream single rows": (UNARY, best("PostgreSQL, per-stream")),
        "one stream ÷ immudb's best": (STREAM, best("immudb")),
        "one stream ÷ Tessera's best": (STREAM, best("Tessera")),
    }
    return {name: round(rates[ours] / theirs, 3) for name, (ours, theirs) in pairs.items() if theirs}


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
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        cpu = next((line.split(":")[1].strip() for line in info if line.startswith("model name")), "")
    with open("/proc/meminfo", encoding="utf-8") as info:
        memory = int(info.readline().split()[1]) // 1024
    return {"cpu": cpu, "cores": os.cpu_count(), "memory_mib": memory, "kernel": platform.release().split("-")[0]}


def said(*words):
    return subprocess.run(words, capture_output=True, text=True).stdout.strip()


def median(values):
    return statistics.median(list(values))


def middle(runs, figure):
    """The run whose figure is in the middle, whole: figures of different runs are not mixed."""
    return sorted(runs, key=lambda run: run[figure])[len(runs) // 2]


if __name__ == "__main__":
    main()
