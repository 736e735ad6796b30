// @sd-jwt/sd-jwt-vc, and jose by itself: JSON lines in, JSON lines out (see README.md).

import { createHash, generateKeyPairSync, randomBytes, sign, verify, createPublicKey } from 'node:crypto';
import { createInterface } from 'node:readline';
import { StatusList, getListFromStatusListJWT } from '@sd-jwt/jwt-status-list';
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc';
import { compactVerify, decodeJwt, decodeProtectedHeader, importJWK } from 'jose';

const hasher = (data) => createHash('sha256').update(data).digest();
const saltGenerator = () => randomBytes(16).toString('base64url');

// The library leaves signatures to its caller.
const signs = (alg, key) => (data) =>
  (alg === 'ES256'
    ? sign('sha256', Buffer.from(data), { key, dsaEncoding: 'ieee-p1363' })
    : sign(null, Buffer.from(data), key)
  ).toString('base64url');

const verifies = (jwk) => (data, signature) => {
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const bytes = Buffer.from(signature, 'base64url');
  return jwk.kty === 'EC'
    ? verify('sha256', Buffer.from(data), { key, dsaEncoding: 'ieee-p1363' }, bytes)
    : verify(null, Buffer.from(data), key, bytes);
};

// It fetches the status list on its own; what a list says is not asked here, so each list says "valid".
const validList = (index) => {
  const list = new StatusList(new Array(index + 1).fill(0), 1);
  const encode = (object) => Buffer.from(JSON.stringify(object)).toString('base64url');
  const header = encode({ alg: 'ES256', typ: 'statuslist+jwt' });
  const payload = encode({ status_list: { bits: 1, lst: list.compressStatusList() } });
  return `${header}.${payload}.${Buffer.alloc(64).toString('base64url')}`;
};

async function verifyVc({ text, key, audience, nonce, now }) {
  const claims = decodeJwt(text.split('~')[0]);
  const instance = new SDJwtVcInstance({
    hasher,
    hashAlg: 'sha-256',
    verifier: verifies(key),
    kbVerifier: (data, signature, payload) => verifies(payload.cnf.jwk)(data, signature),
    statusVerifier: () => true,
    statusListFetcher: () => validList(claims.status.status_list.idx),
  });
  const result = await instance.verify(text, { currentDate: now, keyBindingNonce: nonce });
  if (audience && result.kb?.payload.aud !== audience) throw new Error('aud compared by the caller');
  return { claims: result.payload };
}

// The library checks the list's signature (by our callback, with the list's own key) and refuses every number but 0.
async function verifyStatus({ text, key, token, status_key }) {
  const { typ } = decodeProtectedHeader(token);
  if (typ !== 'statuslist+jwt') throw new Error(`typ ${typ}`);
  const { uri, idx } = decodeJwt(text.split('~')[0]).status.status_list;
  if (decodeJwt(token).sub !== uri) throw new Error('another list');
  const instance = new SDJwtVcInstance({
    hasher,
    hashAlg: 'sha-256',
    verifier: verifies(key),
    statusVerifier: verifies(status_key),
    statusListFetcher: () => token,
  });
  const accepted = await instance.verify(text).then(
    () => true,
    (error) => {
      if (!String(error?.message).includes('Status is not valid')) throw error;
      return false;
    },
  );
  return { status: getListFromStatusListJWT(token).getStatus(idx), accepted };
}

// jose knows JWS only: the issuer's signature and, if there is one, the holder's.
async function verifyJws({ text, key }) {
  const parts = text.split('~');
  const check = async (jwt, jwk, typ) => {
    const { alg } = decodeProtectedHeader(jwt);
    const { protectedHeader } = await compactVerify(jwt, await importJWK(jwk, alg), {
      algorithms: ['EdDSA', 'Ed25519', 'ES256'],
    });
    if (protectedHeader.typ !== typ) throw new Error(`typ ${protectedHeader.typ}`);
  };
  await check(parts[0], key, 'dc+sd-jwt');
  if (parts.at(-1)) await check(parts.at(-1), decodeJwt(parts[0]).cnf.jwk, 'kb+jwt');
  return {};
}

async function issue({ alg, claims, vct, disclosable, audience, nonce }) {
  const pair = (alg) =>
    alg === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
  const issuer = pair(alg);
  const holder = pair('ES256');
  const instance = new SDJwtVcInstance({
    hasher,
    hashAlg: 'sha-256',
    saltGenerator,
    signer: signs(alg, issuer.privateKey),
    signAlg: alg,
    kbSigner: signs('ES256', holder.privateKey),
    kbSignAlg: 'ES256',
  });
  const cnf = { jwk: holder.publicKey.export({ format: 'jwk' }) };
  const now = Math.floor(Date.now() / 1000);
  const payload = { iat: now, ...claims, vct, cnf };
  const frame = { _sd: disclosable, _sd_decoy: 2, achievements: { _sd: [0] } };
  let text = await instance.issue(payload, frame);
  if (audience) {
    const shown = Object.fromEntries(disclosable.map((name) => [name, true]));
    const kb = { payload: { iat: now, aud: audience, nonce } };
    text = await instance.present(text, { ...shown, achievements: { 0: true } }, { kb });
  }
  return { text, key: issuer.publicKey.export({ format: 'jwk' }) };
}

const act = { verify: verifyVc, jws: verifyJws, status: verifyStatus, issue }[process.argv[2]];
for await (const line of createInterface({ input: process.stdin })) {
  const { name, ...given } = JSON.parse(line);
  const answer = await act(given).then(
    (found) => ({ name, ok: true, ...found }),
    (error) => ({ name, ok: false, error: String(error?.message ?? error) }),
  );
  console.log(JSON.stringify(answer));
}
