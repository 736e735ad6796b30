"""Peers written in Go, each a small load generator of ours around its library; built where there is a Go toolchain."""

import json
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


def measure(name, module, place, payload_bytes, seconds, rounds):
    """Events a second of each variant, each round, and the version of `module`; None where it cannot be built."""
    source, program = os.path.join(HERE, name), os.path.join(place, f"{name}-peer")
    if not shutil.which("go"):
        return None
    built = subprocess.run(["go", "build", "-o", program, "."], cwd=source, capture_output=True, text=True)
    if built.returncode:
        return {"not_measured": built.stderr.strip()[:500]}
    found = {}
    for number in range(rounds):
        log = os.path.join(place, f"{name}-{number}")
        words = [program, "-dir", log, "-bytes", str(payload_bytes), "-seconds", str(seconds)]
        # A library may greet us on standard output; the last line is ours.
        said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
        told = json.loads(said.strip().splitlines()[-1])
        for variant, rate in told["events_per_second"].items():
            found.setdefault(variant, []).append(rate)
        shutil.rmtree(log)
    with open(os.path.join(source, "go.mod"), encoding="utf-8") as file:
        version = next(line.split()[-1] for line in file if f"{module} v" in line)
    return {"version": version, "events_per_second": found}
