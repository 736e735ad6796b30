"""PostgreSQL beside us: a cluster of its own in a temporary directory, durable as it comes, driven by pgbench."""

import glob
import os
import re
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
SETTINGS = {
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "synchronous_commit": "on",
    "fsync": "on",
    "listen_addresses": "''",
}
# name -> (call, events a transaction, clients)
VARIANTS = {
    "per-stream chain, single rows": ("append_stream(:s, '{body}')", 1, 16),
    "per-stream chain, single rows, 64 clients": ("append_stream(:s, '{body}')", 1, 64),
    "global chain by row lock, single rows": ("append_global_row(:s, '{body}', 1)", 1, 16),
    "global chain by row lock, batches of 64": ("append_global_row(:s, '{body}', 64)", 64, 1),
    "global chain by advisory lock, single rows": ("append_global_advisory(:s, '{body}', 1)", 1, 16),
    "global chain by advisory lock, batches of 64": ("append_global_advisory(:s, '{body}', 64)", 64, 4),
}


def binaries():
    """The newest installed version's directory, or None."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda p: int(p.split("/")[4]))
    return os.path.dirname(found[-1]) if found else None


def measure(place, payload_bytes, seconds, rounds):
    """Events a second of each variant, each round; None without PostgreSQL."""
    bin_dir = binaries()
    if not bin_dir or not shutil.which("su"):
        return None
    data, socket = os.path.join(place, "pg"), os.path.join(place, "sock")
    os.makedirs(socket)
    os.makedirs(data)
    as_postgres = os.geteuid() == 0
    if as_postgres:  # the server refuses to run as root
        subprocess.run(["chown", "-R", "postgres", data, socket], check=True)
        os.chmod(place, 0o755)

    def run(*command, **more):
        words = [os.path.join(bin_dir, command[0]), *command[1:]]
        if as_postgres:
            words = ["runuser", "-u", "postgres", "--", *words]
        return subprocess.run(words, check=True, capture_output=True, text=True, cwd=place, **more).stdout

    run("initdb", "-D", data, "--auth=trust")
    with open(os.path.join(data, "postgresql.auto.conf"), "a", encoding="utf-8") as conf:
        conf.writelines(f"{name} = {value}\n" for name, value in SETTINGS.items())
        conf.write(f"unix_socket_directories = '{socket}'\n")
    run("pg_ctl", "-D", data, "-w", "-l", os.path.join(data, "log"), "start")
    try:
        found = {name: [] for name in VARIANTS}
        body = "x" * payload_bytes
        for _ in range(rounds):
            for name, (call, events, clients) in VARIANTS.items():
                run("psql", "-h", socket, "-q", "-c", "DROP SCHEMA public CASCADE; CREATE SCHEMA public", "postgres")
                run("psql", "-h", socket, "-q", "-v", "ON_ERROR_STOP=1", "-f", "-", "postgres",
                    input=open(os.path.join(HERE, "postgres.sql"), encoding="utf-8").read())
                script = "\\set s random(0, 1999)\nSELECT " + call.format(body=body) + ";\n"
                with open(os.path.join(place, "script.sql"), "w", encoding="utf-8") as file:
                    file.write(script)
                told = run("pgbench", "-h", socket, "-n", "-M", "prepared", "-f", "script.sql", "-c", str(clients),
                           "-j", "2", "-T", str(seconds), "postgres")
                found[name].append(events * float(re.search(r"tps = ([0-9.]+)", told).group(1)))
        version = run("postgres", "--version").strip()
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")
    return {"version": version, "settings": SETTINGS, "events_per_second": found}
