// A passport file as an object, and back into the one spelling that readers ask for.
import { createHash } from 'node:crypto';

export const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts.map((part) => Buffer.from(part)))).digest();
export const encode = (bytes) => Buffer.from(bytes).toString('base64url');
export const decode = (text) => Buffer.from(text, 'base64url');

export function readFileModel(bytes) {
  return JSON.parse(Buffer.from(bytes).toString());
}

/** The bytes of a file: members in order, the digest made anew. */
export function writeFileModel(file) {
  const { presentation, digest: _, ...rest } = file;
  const bound = presentation === undefined ? {} : { presentation };
  const body = JSON.stringify({ ...rest, ...bound }).slice(0, -1);
  return Buffer.from(`${body},"digest":"${sha256(body).toString('hex')}"}\n`);
}

/** What the holder signs by its hash. */
export function fileHash(file) {
  const { presentation: _, digest: __, ...rest } = file;
  return sha256(JSON.stringify(rest).slice(0, -1));
}

/** A JWS as its parts. */
export function readJwt(jwt) {
  const [header, payload, signature] = jwt.split('.');
  return { header: JSON.parse(decode(header)), payload: JSON.parse(decode(payload)), signature };
}

/** An SD-JWT as its parts: `claims` are `[salt, name, value]`. */
export function readSdJwt(text) {
  const [jwt, ...rest] = text.split('~');
  const claims = rest.slice(0, -1).map((disclosure) => JSON.parse(decode(disclosure)));
  return { ...readJwt(jwt), jwt, claims, disclosures: rest.slice(0, -1) };
}
