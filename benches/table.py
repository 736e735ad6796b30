#!/usr/bin/env python3
"""The table of aims and what was measured, in Markdown, from the JSON of `compare.py` and `skillpass bench grow`.

usage: benches/table.py DIR      DIR holds compare.json and, where they were measured, grow-20.json and grow-2.json
"""

import json
import os
import sys


def read(place, name):
    path = os.path.join(place, name)
    if not os.path.exists(path) or not os.path.getsize(path):
        return None
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def main():
    place = sys.argv[1]
    compare, grown = read(place, "compare.json"), {each: read(place, f"grow-{each}.json") for each in (20, 2)}
    if not compare:
        sys.exit(f"{place}/compare.json is missing: run benches/compare.py")
    hardware = compare["hardware"]
    print(f"{hardware['cores']} cores of {hardware['cpu']}, {hardware['memory_mib']} MiB, Linux {hardware['kernel']}, {compare['when']}; "
          f"medians of {compare['rounds']} runs; " + ", ".join(f"{name} {version}" for name, version in compare["versions"].items()) + ".")
    print("\n| what | aim | measured | reached |\n|---|---|---|---|")
    for what, aim, measured, reached in rows(compare, grown):
        verdict = "not measured" if reached is None else "yes" if reached else "no"
        print(f"| {what} | {aim} | {measured} | {verdict} |")


def at_least(what, aim, value, unit=""):
    return (what, f"at least {aim}{unit}", "" if value is None else f"{value}{unit}", None if value is None else value >= aim)


def at_most(what, aim, value, unit="", beside=""):
    return (what, f"at most {aim}{unit}", "" if value is None else f"{value}{unit}{beside}", None if value is None else value <= aim)


def dig(value, *path):
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def rows(compare, grown):
    ratio = lambda name: compare["ratios"].get(name)
    fsync = dig(compare, "disk", "262144 B", "p99_ms")
    yield at_least("one stream ÷ raw `verify_strict` of all cores", 0.60, ratio("one stream ÷ verify_strict"))
    yield at_most("processor time an event beyond verification", 25, compare["cpu_us_beyond_verification"], " µs")
    yield at_least("the last of 10 slices of a filling ledger ÷ the first", 0.90, dig(grown[20], "last_slice_to_first"))
    yield at_least("one stream ÷ PostgreSQL's best batched global chain", 1.5, ratio("one stream ÷ PostgreSQL's best batched global chain"))
    yield at_least("one stream ÷ PostgreSQL's best per-stream single rows", 3, ratio("one stream ÷ PostgreSQL's best per-stream single rows"))
    yield at_least("one stream ÷ immudb's best", 1.5, ratio("one stream ÷ immudb's best"))
    yield at_least("one stream ÷ Tessera's best", 1.5, ratio("one stream ÷ Tessera's best"))
    unary = "unary, 64 in flight ÷ PostgreSQL's best per-stream single rows"
    yield at_least(unary, 1.0, ratio(unary))
    yield at_most("append at half load, p99", 10, dig(compare, "latency_ms_at_half_load", "p99"), " ms",
                  f" (256 KiB fdatasync p99: {fsync} ms)")
    read = compare.get("get_passport")
    yield at_most("`GetPassport` of 20 records, the server's processor time", 500, dig(read, "server_cpu_us_per_call"), " µs")
    yield at_most("the same over the wire at half load, p99", 2, dig(read, "latency_ms_at_half_load", "p99"), " ms")
    offline = compare["offline"]
    yield at_most("offline verification of a passport file ÷ its signatures alone (`verify_strict`)", 1.3, offline["ratio"])
    for name in ("openvc-core", "@sd-jwt/sd-jwt-vc"):
        yield at_least(f"{name} ÷ ours, one credential", 10, dig(offline, "credential", "others", name, "times_ours"))
    full = grown[20]
    leaves = dig(full, "then", "inclusion_proof_us", "leaves") or 0
    yield at_most(f"inclusion proof at {leaves:,} leaves, p50", 50, dig(full, "then", "inclusion_proof_us", "again", "p50"), " µs")
    entries = f"{dig(full, 'entries') or 0:,} entries"
    yield at_most(f"rebuild from the journal, {entries}", 60, dig(full, "then", "rebuild", "seconds"), " s")
    cold = ", cold cache" if dig(full, "then", "cold") else ", warm cache"
    yield at_most(f"open after a kill at {entries}{cold}", 2000, dig(full, "then", "open_after_kill_ms"), " ms")
    yield at_most(f"open after a stop at {entries}{cold}", 2000, dig(full, "then", "open_after_stop_ms"), " ms")
    yield at_most("disk an event ÷ (sealed statement + entry)", 1.4, dig(full, "disk_to_sealed_statement_and_entry"))
    for each, one in grown.items():
        growth = dig(one, "server_mib_per_million")
        yield at_most(f"resident memory while filling, {each} events a worker, peak", 512, dig(one, "server_peak_mib"), " MiB",
                      f"; {growth} MiB a million")
        yield at_most(f"resident memory after random reads, {each} events a worker", 512,
                      dig(one, "then", "random_reads", "server_resident_mib"), " MiB")
    yield at_least("`import` of a spreadsheet, end to end ÷ streaming", 0.5, dig(compare, "import", "ratio"))


main()
