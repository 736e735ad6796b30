"""Other people's verifiers of SD-JWT VC on the very credential that we verify. `tests/interop/run.sh` installs them, in pinned versions."""

import json
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
INSTALLED = os.path.join(HERE, "..", "..", "target", "interop")


def measure(credential, seconds):
    """Microseconds and version of each that is installed."""
    given = json.dumps({"text": credential["text"], "jwk": credential["jwk"], "seconds": seconds})

    def ask(*words):
        return json.loads(subprocess.run(words, input=given, check=True, capture_output=True, text=True).stdout)

    found = {}
    python = os.path.join(INSTALLED, "venv", "bin", "python")
    if os.path.exists(python):
        found["openvc-core"] = ask(python, os.path.join(HERE, "ask_openvc.py"))
        version = "import importlib.metadata as m; print(m.version('openvc-core'))"
        told = subprocess.run([python, "-c", version], check=True, capture_output=True, text=True)
        found["openvc-core"]["version"] = told.stdout.strip()
    package = os.path.join(INSTALLED, "node_modules", "@sd-jwt", "sd-jwt-vc", "package.json")
    if os.path.exists(package) and shutil.which("node"):
        # Node looks for packages beside the script that imports them.
        script = shutil.copy(os.path.join(HERE, "sdjwt.mjs"), INSTALLED)
        found["@sd-jwt/sd-jwt-vc"] = ask("node", script)
        with open(package, encoding="utf-8") as file:
            found["@sd-jwt/sd-jwt-vc"]["version"] = json.load(file)["version"]
    return found
