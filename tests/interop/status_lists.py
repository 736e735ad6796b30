"""A ledger of our own, its status lists over HTTP, and what other libraries read in them."""

import json
import pathlib
import subprocess
import urllib.parse
import urllib.request

ORIGIN = "ledger.example.invalid"
MINISTRY, SCHOOL = "https://ministry.example.invalid", "https://school.example.invalid"
# What happens to a statement, and what a list then says of it.
FATES = {"valid": 0, "revoked": 1, "suspended": 2, "superseded": 3}


class Ledger:
    """`skillpass init`, `serve`, a root and a body, in a folder."""

    def __init__(self, skillpass: str, folder: pathlib.Path) -> None:
        self.skillpass, self.folder = skillpass, folder
        for name in ["ministry", "school"]:
            self.run("key", "new", "--out", f"{name}.jwk")
        self.run("init", "--data", "ledger", "--origin", ORIGIN, "--root", f"PH={MINISTRY}=ministry.pub.jwk")
        command = [skillpass, "serve", "--data", "ledger", "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"]
        self.process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        ready = dict(word.split("=", 1) for word in self.process.stdout.readline().split()[1:])
        self.grpc, self.http = f"http://{ready['grpc']}", f"http://{ready['http']}"
        self.run("authorise", "--key", "ministry.jwk", "--body", SCHOOL, "--name", "training centre (demo)", "--as",
                 "TRAINING_PROVIDER", "--basis", "ACCREDITATION", "--may",
                 "PassportOpened,TrainingCompleted,Revoked,Suspended,Superseded", "--in", "PH", "--from", "2020-01-01",
                 "--jwk", "school.pub.jwk", "--ledger", self.grpc)

    def run(self, *arguments: str) -> str:
        command = [self.skillpass, *arguments]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"skillpass {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(self.http + path, timeout=30) as answer:
            return answer.read()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=60)


def statements(ledger: Ledger) -> dict[str, str]:
    """One recorded statement for each fate, each bearing an index; what befalls it is recorded."""
    example = json.loads(ledger.run("kinds", "PassportOpened", "--example"))
    example.pop("status", None)
    (ledger.folder / "identity.json").write_text(json.dumps(example))
    opened = ledger.run("worker", "open", "--key", "school.jwk", "--country", "PH", "--claims", "identity.json",
                        "--set", "identity_checked_on=2024-06-01", "--with-status", "--ledger", ledger.grpc, "--json")
    worker = json.loads(opened)["worker"]
    lines = ledger.run("status", "allocate", "--count", str(len(FATES)), "--key", "school.jwk", "--ledger", ledger.grpc, "--json")
    indexes = [json.loads(line) for line in lines.splitlines()]
    texts = {}
    for fate, index in zip(FATES, indexes):
        claims = {"event": "TrainingCompleted", "iss": SCHOOL, "sub": worker, "issuing_country": "PH",
                  "title": {"en": f"Bricklaying ({fate})"}, "learning_setting": "NON_FORMAL", "completed_on": "2024-05-31",
                  "status": {"status_list": index}}
        (ledger.folder / "claims.json").write_text(json.dumps(claims))
        ledger.run("issue", "--key", "school.jwk", "--claims", "claims.json", "--out", f"{fate}.sdjwt")
        ledger.run("append", f"{fate}.sdjwt", "--ledger", ledger.grpc)
        texts[fate] = (ledger.folder / f"{fate}.sdjwt").read_text().strip()
    about = ["--key", "school.jwk", "--worker", worker, "--country", "PH", "--ledger", ledger.grpc]
    ledger.run("revoke", *about, "--target", "revoked.sdjwt", "--reason", "ISSUED_IN_ERROR")
    ledger.run("suspend", *about, "--target", "suspended.sdjwt", "--reason", "UNDER_INVESTIGATION")
    ledger.run("supersede", *about, "--target", "superseded.sdjwt", "--reason", "RENEWED", "--replacement", "valid.sdjwt")
    return texts


def check(tools, tally, folder: pathlib.Path, decode) -> None:
    """The way of a verifier that knows SD-JWT VC only: statement, issuer's keys, list, list's key, number."""
    folder.mkdir(parents=True)
    ledger = Ledger(tools.skillpass, folder)
    try:
        texts = statements(ledger)
        cases = []
        for fate, text in texts.items():
            payload = decode(text.split("~")[0].split(".")[1])
            uri = payload["status"]["status_list"]["uri"]
            token = ledger.get(uri.removeprefix(f"https://{ORIGIN}")).decode()
            body = json.loads(ledger.get("/.well-known/jwt-vc-issuer?iss=" + urllib.parse.quote(payload["iss"], safe="")))
            own = json.loads(ledger.get("/.well-known/jwt-vc-issuer"))
            tally.check((body["issuer"], own["issuer"]) == (SCHOOL, f"https://{ORIGIN}"), "issuer metadata name the issuer")
            kid = decode(token.split(".")[0])["kid"]
            status_key = next(key for key in own["jwks"]["keys"] if key["kid"] == kid)
            tally.check(decode(token.split(".")[1])["sub"] == uri, f"the list of {fate} names its own address")
            cases.append({"name": fate, "text": text, "key": body["jwks"]["keys"][0], "token": token, "status_key": status_key})
        for library in ["openvc-core", "@sd-jwt/sd-jwt-vc"]:
            answers = tools.ask(library, "status", cases)
            for fate, number in FATES.items():
                answer = answers[fate]
                tally.check(answer["ok"] and answer["status"] == number, f"{library} reads {answer} for a {fate} statement")
                # What a verifier does with it: only 0 is accepted.
                tally.check(answer.get("accepted") == (number == 0), f"{library} accepts or refuses a {fate} statement wrongly")
            # The token of another index of the same list must not do for a statement whose list key is not the ledger's.
            swapped = [{**case, "status_key": case["key"]} for case in cases]
            for fate, answer in tools.ask(library, "status", swapped).items():
                tally.check(not answer["ok"], f"{library} takes a status list by the issuer's key for {fate}")
        for case in cases:
            code = ours(tools.skillpass, folder, case)
            tally.check(code == (0 if FATES[case["name"]] == 0 else 1), f"skillpass verify exits {code} for {case['name']}")
    finally:
        ledger.stop()
    print(f"status lists: {len(texts)} statements, each read in openvc-core, @sd-jwt/jwt-status-list and here")


def ours(skillpass: str, folder: pathlib.Path, case: dict) -> int:
    for name in ["key", "status_key"]:
        (folder / f"{name}.json").write_text(json.dumps(case[name]))
    (folder / "list.jwt").write_text(case["token"])
    command = [skillpass, "verify", f"{case['name']}.sdjwt", "--issuer-key", "key.json", "--status-list", "list.jwt",
               "--status-key", "status_key.json"]
    return subprocess.run(command, cwd=folder, capture_output=True, timeout=60).returncode
