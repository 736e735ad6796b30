"""openvc-core as a verifier and an issuer: JSON lines in, JSON lines out (see README.md)."""

import json
import sys
from datetime import datetime, timezone

import jwt
from openvc.keys import Ed25519SigningKey, P256SigningKey
from openvc.proof.sd_jwt import SdJwtVcProofSuite
from openvc.status.token_status_list import STATUS_VALID, check_token_status

SUITE = SdJwtVcProofSuite()


def verify(case: dict) -> dict:
    now = case.get("now")
    verified = SUITE.verify(
        case["text"],
        public_key_jwk=case["key"],
        audience=case.get("audience"),
        nonce=case.get("nonce"),
        require_key_binding=case.get("audience") is not None,
        kb_max_age_s=86_400,
        now=datetime.fromtimestamp(now, timezone.utc) if now else None,
    )
    return {"claims": verified.claims}


def status(case: dict) -> dict:
    """The credential first, then its list under the list's own key, then the number; only VALID is accepted."""
    claims = SUITE.verify(case["text"], public_key_jwk=case["key"]).claims
    header = jwt.get_unverified_header(case["token"])
    if header["typ"] != "statuslist+jwt":
        raise ValueError(f"typ {header['typ']}")

    def resolve(uri: str) -> dict:
        listed = jwt.decode(case["token"], jwt.PyJWK(case["status_key"]).key, algorithms=["EdDSA"])
        if listed["sub"] != uri:
            raise ValueError("another list")
        return listed

    result = check_token_status(claims, resolve_status_list_token=resolve)
    return {"status": result.status, "accepted": result.status == STATUS_VALID}


def issue(case: dict) -> dict:
    issuer = Ed25519SigningKey.generate("key-1") if case["alg"] == "EdDSA" else P256SigningKey.generate("key-1")
    holder = P256SigningKey.generate("holder")
    text = SUITE.issue(
        case["claims"],
        signing_key=issuer,
        disclosable=case["disclosable"],
        holder_jwk=holder.public_jwk(),
        vct=case["vct"],
        decoys=2,
    )
    if case.get("audience"):
        text = SUITE.create_presentation(text, holder_key=holder, audience=case["audience"], nonce=case["nonce"])
    return {"text": text, "key": issuer.public_jwk()}


def main() -> None:
    act = {"verify": verify, "issue": issue, "status": status}[sys.argv[1]]
    for line in sys.stdin:
        case = json.loads(line)
        try:
            answer = {"name": case["name"], "ok": True, **act(case)}
        except Exception as error:  # a refusal is any exception: the library has several families of them
            answer = {"name": case["name"], "ok": False, "error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer))


main()
