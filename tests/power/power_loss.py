#!/usr/bin/env python3
"""Simulated power loss: what was acknowledged is there afterwards, at its place.

Each cycle founds a ledger on an ext4 file system of its own (a loop device), lets `skillpass append` stream statements into
`skillpass serve`, and in the middle of it has the kernel drop everything that was not forced to the disk
(EXT4_IOC_SHUTDOWN with NOLOGFLUSH: the journal is not written either). Both processes are killed, the file system is mounted
again, the ledger started, every statement sent again: each one acknowledged before must get the very same acknowledgement, and
`fsck` must find nothing.

    power_loss.py SKILLPASS [CYCLES]

Needs root, loop devices and mkfs.ext4; says so and exits 0 without them.
"""

import csv
import fcntl
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

EXT4_IOC_SHUTDOWN = 0x8004587D
NOLOGFLUSH = 2
MINISTRY, SCHOOL = "https://ministry.example.invalid", "https://school.example.invalid"
ROWS = 1500
PLACE = ["revision", "leaf_index", "recorded_at"]

COLUMNS = ["worker", "issuing_country", "title.en", "learning_setting", "started_on", "completed_on", "volume_of_learning_hours",
           "open.family_name", "open.given_name", "open.family_name_latin", "open.given_name_latin", "open.birth_date",
           "open.document_type", "open.document_country", "open.document_number", "open.identity_check_method",
           "open.identity_checked_on"]


class Lost(Exception):
    """The promise is broken."""


class Ledger:
    """`skillpass serve` on a data directory."""

    def __init__(self, skillpass, data):
        arguments = [skillpass, "serve", "--data", data, "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"]
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        ready = self.process.stdout.readline()
        if not ready.startswith("ready grpc="):
            self.process.wait()
            raise Lost(f"the ledger does not start: {self.process.stderr.read()}")
        self.url = "http://" + ready.split()[1].removeprefix("grpc=")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def authorise(skillpass, url):
    run(skillpass, "authorise", "--key", "ministry.jwk", "--iss", MINISTRY, "--body", SCHOOL, "--name", "school (demo)",
        "--as", "TRAINING_PROVIDER", "--basis", "ACCREDITATION", "--may", "PassportOpened,TrainingCompleted", "--in", "PH",
        "--from", "2020-01-01", "--jwk", "school.pub.jwk", "--ledger", url)


def found(skillpass, data):
    run(skillpass, "init", "--data", data, "--origin", "ledger.example.invalid", "--root", f"PH={MINISTRY}=ministry.pub.jwk")


def sign(skillpass):
    """Signed once, on a ledger that is thrown away: passports and trainings that any ledger of this ministry takes."""
    run(skillpass, "key", "new", "--out", "ministry.jwk")
    run(skillpass, "key", "new", "--out", "school.jwk")
    with open("graduates.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number in range(ROWS):
            name, born = f"GRADUATE {number:05}", f"2000-{number % 12 + 1:02}-{number % 28 + 1:02}"
            writer.writerow(["", "PH", "Masonry", "FORMAL", "2024-01-08", "2024-06-28", "480", "SPECIMEN", name, "SPECIMEN",
                             name, born, "NATIONAL_ID", "PH", f"7{number:08}", "DOCUMENT_SEEN_IN_PERSON", "2024-06-28"])
    found(skillpass, "sample")
    ledger = Ledger(skillpass, "sample")
    authorise(skillpass, ledger.url)
    run(skillpass, "import", "graduates.csv", "--kind", "TrainingCompleted", "--key", "school.jwk", "--iss", SCHOOL,
        "--ledger", ledger.url, "--open-missing", "--slips", "slips")
    ledger.stop()
    with open("graduates.signed") as file, open("statements.txt", "w") as out:
        statements = [word for line in file for word in line.replace('"', " ").split() if word.count("~") > 1]
        out.write("\n".join(statements))
    return len(statements)


class Disk:
    """An ext4 file system in a file."""

    def __init__(self):
        self.image, self.mount_point = "disk.img", os.path.abspath("disk")
        os.makedirs(self.mount_point, exist_ok=True)

    def make(self):
        if os.path.exists(self.image):
            os.remove(self.image)
        run("truncate", "-s", "1G", self.image)
        run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", self.image)
        self.mount()

    def mount(self):
        run("mount", "-o", "loop", self.image, self.mount_point)
        # Never act on the machine's own file system.
        assert os.stat(self.mount_point).st_dev != os.stat("/").st_dev

    def unmount(self):
        for _ in range(100):
            if subprocess.run(["umount", self.mount_point], capture_output=True).returncode == 0:
                return
            time.sleep(0.1)
        sys.exit("the file system does not unmount")

    def lose_power(self):
        handle = os.open(self.mount_point, os.O_RDONLY)
        fcntl.ioctl(handle, EXT4_IOC_SHUTDOWN, struct.pack("I", NOLOGFLUSH))
        os.close(handle)


def cycle(skillpass, disk, after):
    """Loses power after that many acknowledgements were read."""
    data = os.path.join(disk.mount_point, "ledger")
    found(skillpass, data)
    ledger = Ledger(skillpass, data)
    authorise(skillpass, ledger.url)
    append = [skillpass, "append", "statements.txt", "--ledger", ledger.url]
    client = subprocess.Popen(append, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    before = [json.loads(client.stdout.readline()) for _ in range(after)]
    disk.lose_power()
    for process in (ledger.process, client):
        process.kill()
        process.wait()
    disk.unmount()
    disk.mount()

    ledger = Ledger(skillpass, data)
    again = subprocess.run([skillpass, "append", "statements.txt", "--ledger", ledger.url], capture_output=True, text=True)
    now = {line["jti"]: line for line in map(json.loads, again.stdout.splitlines())}
    broken = [line for line in before if any(now.get(line["jti"], {}).get(part) != line[part] for part in PLACE)]
    stopped = ledger.stop()
    fsck = subprocess.run([skillpass, "fsck", "--data", data], capture_output=True, text=True)
    if broken or again.returncode or stopped or fsck.returncode:
        raise Lost(f"{len(broken)} acknowledgements broken, such as {broken[:1]}; append again: {again.returncode} "
                   f"{again.stderr[-500:]}; serve: {stopped}; fsck: {fsck.stdout}{fsck.stderr}")


def main():
    skillpass = os.path.abspath(sys.argv[1])
    cycles = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    if os.geteuid() != 0 or not os.path.exists("/dev/loop-control") or not shutil.which("mkfs.ext4"):
        print("skipped: simulating power loss needs root, loop devices and mkfs.ext4")
        return
    chance = random.Random(int(os.environ.get("SEED", "11")))
    with tempfile.TemporaryDirectory() as work:
        os.chdir(work)
        count = sign(skillpass)
        disk = Disk()
        for number in range(cycles):
            after = chance.randrange(1, count * 9 // 10)
            disk.make()
            try:
                cycle(skillpass, disk, after)
            except Lost as lost:
                sys.exit(f"cycle {number}: power lost after {after} of {count} acknowledgements: {lost}")
            finally:
                disk.unmount()
            print(f"cycle {number}: power lost after {after} of {count} acknowledgements, all of them there", flush=True)
        os.chdir("/")
    print(f"{cycles} power losses, nothing acknowledged was lost")


if __name__ == "__main__":
    main()
