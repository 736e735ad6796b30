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
        verdict = "not measured" if not measured else "no aim" if not aim else "yes" if reached else "no"
        print(f"| {what} | {aim} | {measured} | {verdict} |")


def at_least(what, aim, value, unit=""):
    return (what, f"at least {aim}{unit}", "" if value is None else f"{value}{unit}", None if value is None else value >= aim)


def at_most(what, aim, value, unit="", beside=""):
    return (what, f"at most {aim}{unit}", "" if value is None else f"{value}{unit}{beside}", None if value is None else value <= aim)


def dig(value, *path):
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def spread_of(each, one):
    """Statements about workers of every age, after a restart with nothing in the cache: the worst day of a full ledger."""
    first, spread = dig(one, "slices"), dig(one, "then", "spread_events_per_second")
    value = f"{spread / first[0]['events_per_second']:.2f}" if first and spread else ""
    return (f"spread over all {dig(one, 'workers') or 0:,} workers after a restart{cold_of(one)} ÷ the first slice", "", value, None)


def cold_of(one):
    return ", cold cache" if dig(one, "then", "cold") else ", warm cache"


def rows(compare, grown):
    ratio = lambda name: compare["ratios"].get(name)
    fsync = dig(compare, "disk", "262144 B", "p99_ms")
    yield at_least("one stream ÷ raw `verify_strict` of all cores", 0.60, ratio("one stream ÷ verify_strict"))
    yield at_most("processor time an event beyond verification", 25, compare["cpu_us_beyond_verification"], " µs")
    for each, one in grown.items():
        yield at_least(f"the last of 10 slices of a filling ledger ÷ the first, {each} events a worker", 0.90, dig(one, "last_slice_to_first"))
        yield spread_of(each, one)
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
    for each, one in grown.items():
        leaves, of = dig(one, "then", "inclusion_proof_us", "leaves") or 0, f"{dig(one, 'entries') or 0:,} entries, {each} a worker"
        first = dig(one, "then", "inclusion_proof_us", "first", "p50")
        yield at_most(f"inclusion proof at {leaves:,} leaves, p50", 50, dig(one, "then", "inclusion_proof_us", "again", "p50"), " µs",
                      f"; {first} the first time, from disk")
        yield at_most(f"rebuild from the journal, {of}", 60, dig(one, "then", "rebuild", "seconds"), " s",
                      f"; {dig(one, 'then', 'rebuild', 'peak_mib')} MiB at most")
        yield at_most(f"open after a kill at {of}{cold_of(one)}", 2000, dig(one, "then", "open_after_kill_ms"), " ms")
        yield at_most(f"open after a stop at {of}{cold_of(one)}", 2000, dig(one, "then", "open_after_stop_ms"), " ms")
        yield at_most(f"disk an event ÷ (sealed statement + entry), {each} events a worker", 1.4, dig(one, "disk_to_sealed_statement_and_entry"))
    for each, one in grown.items():
        growth = dig(one, "server_mib_per_million")
        yield at_most(f"resident memory while filling, {each} events a worker, peak", 512, dig(one, "server_peak_mib"), " MiB",
                      f"; {growth} MiB a million")
        yield at_most(f"resident memory after random reads, {each} events a worker", 512,
                      dig(one, "then", "random_reads", "server_resident_mib"), " MiB")
    yield at_least("`import` of a spreadsheet, end to end ÷ streaming", 0.5, dig(compare, "import", "ratio"))


main()
