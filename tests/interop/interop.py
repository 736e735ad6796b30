"""Our statements in other software, other software's statements here. Standard library only; see README.md."""

import argparse
import base64
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import status_lists

HERE = pathlib.Path(__file__).parent
VECTORS = HERE.parent / "vectors" / "statement"
# The clock, audience and nonce of the vectors (their README).
VECTORS_NOW, AUDIENCE, NONCE = 1_767_225_600, "https://verifier.invalid", "n-0S6_WzA2Mj"
# Vectors that say something about a clock other libraries cannot be given, or that `skillpass verify` reads as today's.
BY_THE_CLOCK = {
    "vc_accepted_in_its_time", "vc_accepted_with_old_binding_unasked", "vc_not_yet_valid", "vc_expired",
    "kb_accepted_skewed", "kb_in_future",
}
# Limits of ours that no specification asks of others.
OUR_LIMITS = {"kb_too_old", "vc_disclosures_too_many", "vc_too_deep_by_reference"}
LIBRARIES = ["openvc-core", "@sd-jwt/sd-jwt-vc", "jose"]


class Tally:
    """Counts, prints what failed, and ends with the line that CI reads."""

    def __init__(self) -> None:
        self.passed = self.failed = self.skipped = 0

    def check(self, right: bool, what: str) -> None:
        if right:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {what}")


class Tools:
    """The other libraries, and ours."""

    def __init__(self, python: str, node_driver: str, skillpass: str | None) -> None:
        self.skillpass = skillpass
        self.commands = {
            "openvc-core": [python, str(HERE / "openvc_driver.py")],
            "@sd-jwt/sd-jwt-vc": ["node", node_driver],
            "jose": ["node", node_driver],
        }

    def ask(self, library: str, act: str, cases: list[dict]) -> dict[str, dict]:
        lines = "".join(json.dumps(case) + "\n" for case in cases)
        command = [*self.commands[library], act]
        done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=300, cwd=HERE)
        if done.returncode != 0:
            sys.exit(f"{library}: {done.stderr}")
        return {answer["name"]: answer for answer in map(json.loads, done.stdout.splitlines())}

    def verify(self, library: str, cases: list[dict]) -> dict[str, dict]:
        return self.ask(library, "jws" if library == "jose" else "verify", cases)

    def ours(self, folder: pathlib.Path, case: dict) -> int:
        """The exit code of `skillpass verify --issuer-key`: 0 valid, 1 invalid, 3 unknown."""
        file, key = folder / "statement.sdjwt", folder / "key.jwk"
        file.write_text(case["text"])
        key.write_text(json.dumps(case["key"]))
        command = [self.skillpass, "verify", str(file), "--issuer-key", str(key), "--json"]
        if case.get("audience"):
            command += ["--audience", case["audience"], "--nonce", case["nonce"]]
        return subprocess.run(command, capture_output=True, timeout=60).returncode


def decode(part: str) -> dict:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def vectors() -> list[dict]:
    """Each vector as a case, with what is expected of it."""
    cases = []
    for path in sorted(VECTORS.glob("*.txt")):
        header, text = path.read_text().split("\n\n", 1)
        field = dict(line.split(": ", 1) for line in header.splitlines())
        case = {"name": path.stem, "text": text.removesuffix("\n"), "key": json.loads(field["key"])}
        case |= {"expect": field["expect"], "check": field["check"], "now": VECTORS_NOW}
        if field["check"] == "sd-jwt-kb":
            case |= {"audience": AUDIENCE, "nonce": NONCE}
        cases.append(case)
    return cases


def accepted_elsewhere(tools: Tools, tally: Tally, cases: list[dict], what: str) -> None:
    for library in LIBRARIES:
        answers = tools.verify(library, cases)
        for case in cases:
            answer = answers[case["name"]]
            tally.check(answer["ok"], f"{library} refuses {what} {case['name']}: {answer.get('error')}")
    print(f"{what}: {len(cases)} checked in each of {', '.join(LIBRARIES)}")


def strict_cases(tools: Tools, tally: Tally, folder: pathlib.Path, record: bool) -> None:
    """What others let pass is listed in misses.json, kept up to date by this check; ours refuses all of it."""
    refused = [case for case in vectors() if case["check"] != "statement" and case["expect"] != "ACCEPTED"]
    refused = [case for case in refused if case["name"] not in BY_THE_CLOCK]
    misses: dict[str, list[str]] = {case["name"]: [] for case in refused}
    for library in LIBRARIES[:2]:
        for name, answer in tools.verify(library, refused).items():
            if answer["ok"] and name not in OUR_LIMITS:
                misses[name].append(library)
    missed = {name: libraries for name, libraries in misses.items() if libraries}
    kept = HERE / "misses.json"
    if record:
        kept.write_text(json.dumps(missed, indent=2) + "\n")
    tally.check(json.loads(kept.read_text()) == missed, "misses.json is out of date: run with --record and review")
    for name, libraries in missed.items():
        print(f"  {name}: accepted by {', '.join(libraries)}")
    if tools.skillpass:
        for case in refused:
            code = tools.ours(folder, case)
            tally.check(code == 1, f"skillpass verify exits {code}, not 1, for {case['name']}")
    print(f"strict cases: {len(refused)}, of which others miss {len(missed)}")


def foreign_statements(tools: Tools, tally: Tally, folder: pathlib.Path) -> None:
    claims = {
        "iss": "https://university.invalid",
        "sub": "learner-1",
        "family_name": "Example",
        "achievements": ["triage", "wound care"],
        "level": {"framework": "eqf", "code": "5"},
    }
    for library in LIBRARIES[:2]:
        wanted = []
        for alg in ["EdDSA", "ES256"]:
            case = {"alg": alg, "claims": claims, "disclosable": ["family_name", "level"]}
            case["vct"] = "urn:eu.europa.ec.eudi:learning:credential:1"
            wanted.append({**case, "name": f"{alg}"})
            wanted.append({**case, "name": f"{alg} with key binding", "audience": AUDIENCE, "nonce": "fresh"})
        made = tools.ask(library, "issue", wanted)
        for case in wanted:
            answer = made[case["name"]]
            tally.check(answer["ok"], f"{library} issues {case['name']}: {answer.get('error')}")
            if not answer["ok"] or not tools.skillpass:
                continue
            ours = {"text": answer["text"], "key": answer["key"]}
            if case.get("audience"):
                ours |= {"audience": AUDIENCE, "nonce": "fresh"}
            code = tools.ours(folder, ours)
            tally.check(code == 0, f"skillpass verify exits {code}, not 0, for {library} {case['name']}")
        print(f"statements made by {library}: {len(wanted)}")


def thumbprint(jwk: dict) -> str:
    """RFC 7638."""
    members = ["crv", "kty", "x", "y"] if jwk["kty"] == "EC" else ["crv", "kty", "x"]
    canonical = json.dumps({name: jwk[name] for name in members}, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).rstrip(b"=").decode()


def keys_of(demo: pathlib.Path) -> dict[str, dict]:
    """Every public key below keys/, by thumbprint."""
    keys = {}
    for path in demo.joinpath("keys").rglob("*"):
        try:
            jwk = json.loads(path.read_text())
            jwk = {name: jwk[name] for name in ["kty", "crv", "x", "y"] if name in jwk}
            keys[thumbprint(jwk)] = jwk
        except (ValueError, KeyError, TypeError, OSError):
            continue  # not a JWK
    return keys


def bound_by_holders(tools: Tools, tally: Tally, demo: pathlib.Path, cases: list[dict], folder: pathlib.Path) -> list[dict]:
    """`passport present --format sd-jwt` for each statement that names the worker's own key."""
    bound = []
    for case in cases:
        journey = pathlib.Path(case["name"]).name.split(".", 1)[0]
        passport, holder = demo / "passports" / f"{journey}.skillpass", demo / "keys" / f"{journey}.holder.jwk"
        payload = decode(case["text"].split("~", 1)[0].split(".")[1])
        if "cnf" not in payload or not passport.exists() or not holder.exists():
            continue
        if thumbprint(payload["cnf"]["jwk"]) != thumbprint(json.loads(holder.read_text())):
            continue  # a holder key of former days
        file = folder / "bound.sdjwt"
        command = [tools.skillpass, "passport", "present", str(passport), "--key", str(holder), "--format", "sd-jwt"]
        command += ["--records", payload["jti"], "--audience", AUDIENCE, "--nonce", NONCE, "--out", str(file)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        tally.check(done.returncode == 0, f"passport present --format sd-jwt for {case['name']}: {done.stderr}")
        if done.returncode == 0:
            text = file.read_text().strip()
            bound.append({**case, "name": f"{case['name']} (bound)", "text": text, "audience": AUDIENCE, "nonce": NONCE})
    tally.check(bool(bound), "no statement of the demo names its worker's key")
    return bound


def demo_statements(tools: Tools, tally: Tally, demo: pathlib.Path, folder: pathlib.Path) -> None:
    """What `skillpass demo` leaves: recorded statements and SD-JWT+KB exports."""
    keys, cases = keys_of(demo), []
    for path in sorted(demo.rglob("*.sdjwt")):
        text = path.read_text().strip()
        jwt, last = text.split("~", 1)[0], text.rsplit("~", 1)[1]
        kid, issuer = decode(jwt.split(".")[0])["kid"], decode(jwt.split(".")[1])["iss"]
        key = keys.get(kid)
        if key is None and issuer.startswith("did:jwk:"):
            key = decode(issuer.removeprefix("did:jwk:"))
        tally.check(key is not None, f"no key below keys/ for {path.relative_to(demo)}")
        case = {"name": str(path.relative_to(demo)), "text": text, "key": key, "now": int(time.time())}
        if last:
            binding = decode(last.split(".")[1])
            case |= {"audience": binding["aud"], "nonce": binding["nonce"]}
        if key is not None:
            cases.append(case)
    tally.check(bool(cases), f"{demo} holds no *.sdjwt")
    accepted_elsewhere(tools, tally, cases, "demo statement")
    bound = bound_by_holders(tools, tally, demo, cases, folder) if tools.skillpass else []
    accepted_elsewhere(tools, tally, bound, "SD-JWT+KB of a demo worker")
    cases += bound
    if tools.skillpass:
        for case in cases:
            code = tools.ours(folder, case)
            tally.check(code == 0, f"skillpass verify exits {code}, not 0, for {case['name']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=sys.executable, help="a Python that has openvc-core")
    parser.add_argument("--node-driver", required=True, help="sdjwt_driver.mjs beside its node_modules")
    # Resolved at once: it also runs in folders of its own.
    parser.add_argument("--skillpass", type=os.path.abspath, help="the binary; without it only the other libraries are asked")
    parser.add_argument("--demo", type=pathlib.Path, help="what `skillpass demo --out` wrote")
    parser.add_argument("--work", type=pathlib.Path, required=True, help="a folder for temporary files")
    parser.add_argument("--record", action="store_true", help="write misses.json anew")
    given = parser.parse_args()
    tools, tally = Tools(given.python, given.node_driver, given.skillpass), Tally()
    right = [case for case in vectors() if case["expect"] == "ACCEPTED" and case["name"] not in BY_THE_CLOCK]
    accepted_elsewhere(tools, tally, right, "vector")
    strict_cases(tools, tally, given.work, given.record)
    foreign_statements(tools, tally, given.work)
    if tools.skillpass:
        with tempfile.TemporaryDirectory(dir=given.work) as folder:
            status_lists.check(tools, tally, pathlib.Path(folder) / "status", decode)
    if given.demo:
        demo_statements(tools, tally, given.demo, given.work)
    else:
        tally.skipped += 1
    print(f"interop: {tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped")
    sys.exit(tally.failed > 0)


main()
