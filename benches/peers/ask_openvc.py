"""openvc-core verifying one credential again and again: {"text", "jwk", "seconds"} in, {"us", "times"} out."""

import json
import sys
import time

from openvc.proof.sd_jwt import SdJwtVcProofSuite

given = json.load(sys.stdin)
suite = SdJwtVcProofSuite()
took, ends = [], time.perf_counter() + given["seconds"]
while (started := time.perf_counter()) < ends:
    suite.verify(given["text"], public_key_jwk=given["jwk"])
    took.append(time.perf_counter() - started)
print(json.dumps({"us": 1e6 * sorted(took)[len(took) // 2], "times": len(took)}))
