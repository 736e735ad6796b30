// The ledger's signed word at a checkpoint, and the holder's binding (SPEC.md, "Standing and head tokens", "Presentation").
import { base64urlDecode, base64urlEncode, utf8Encode } from '../lib/bytes.js';
import { isInteger } from '../lib/json.js';
import { parseJws, verifyJws } from '../lib/jose.js';
import { hasExactly } from '../lib/statement.js';
import { CLOCK_SKEW } from './report.js';

const BYTES_MAX = 4096;
const GRID_SECONDS = 3600;
const TOKEN_SECONDS = 7776000;
const BOUND = ['origin', 'size', 'root', 'iat', 'exp'];

/** A token of this type with exactly these members, or null. */
function readToken(text, typ, names) {
  if (utf8Encode(text).length > BYTES_MAX) return null;
  try {
    const jws = parseJws(text);
    const isRight = jws.typ === typ && jws.kid !== null && hasExactly(jws.payload, names);
    return isRight ? { jws, said: jws.payload } : null;
  } catch {
    return null;
  }
}

function isHash(value, length = 32) {
  return typeof value === 'string' && base64urlDecode(value)?.length === length;
}

function isUnsigned(value) {
  return isInteger(value) && value >= 0;
}

/** Signed integers of 64 bits. */
function isSigned(value) {
  return isInteger(value) && value <= 2n ** 63n - 1n;
}

function isBoundRight({ origin, size, root, iat, exp }) {
  const isShaped = typeof origin === 'string' && isUnsigned(size) && isHash(root) && isSigned(iat) && isSigned(exp);
  return isShaped && iat >= 0 && Number(iat) % GRID_SECONDS === 0 && exp === iat + TOKEN_SECONDS;
}

function readStanding(text) {
  const token = readToken(text, 'skillpass-standing+jwt', [...BOUND, 's', 'status', 'since']);
  if (token === null || !isBoundRight(token.said)) return null;
  const { s, status, since } = token.said;
  const isShaped = isHash(s) && [0, 1, 2, 3].includes(status) && (since === null || isSigned(since));
  return isShaped && (since === null) === (status === 0) ? token : null;
}

function readHead(text) {
  const names = [...BOUND, 'revision', 'leaf'];
  const token = readToken(text, 'skillpass-head+jwt', [...names, 'stream']) ?? readToken(text, 'skillpass-head+jwt', [...names, 'l']);
  if (token === null || !isBoundRight(token.said)) return null;
  const { stream, l, revision, leaf } = token.said;
  const isNamed = stream === undefined ? isHash(l) : isHash(stream, 16);
  const isEnd = isUnsigned(revision) && revision < 2 ** 32 && isUnsigned(leaf);
  return isNamed && (isEnd || (revision === null && leaf === null)) ? token : null;
}

/** The holder's binding, or null. */
export function readBinding(text) {
  const token = readToken(text, 'skillpass-presentation+jwt', ['aud', 'nonce', 'iat', 'exp', 'file_hash']);
  if (token === null) return null;
  const { aud, nonce, iat, exp, file_hash: hash } = token.said;
  const isShort = (value) => typeof value === 'string' && utf8Encode(value).length <= 512;
  return isShort(aud) && isShort(nonce) && isSigned(iat) && isSigned(exp) && isHash(hash) && iat < exp ? token : null;
}

const FAILS = (why) => ({ status: 'FAIL', why });
const OPEN = (why) => ({ status: 'UNKNOWN', why });

/** Why a token does not count, or null if it does. */
async function whyNot({ jws, said }, ledger, now) {
  const { checkpoint } = ledger;
  if (checkpoint === null) return OPEN('without a checkpoint no token counts');
  const isHere = said.origin === checkpoint.origin && said.size === checkpoint.size && said.root === base64urlEncode(checkpoint.root);
  if (!isHere) return FAILS('a token belongs to another ledger or checkpoint');
  const known = ledger.statusKeys.find(({ key }) => key.thumbprint === jws.kid);
  if (!known) return FAILS("a token is signed by a key that is not the ledger's status key");
  if (ledger.state.hasEndedOwnKey(jws.kid, checkpoint.size)) return FAILS('a token is signed by a status key that had ended');
  try {
    await verifyJws(jws, known.key);
  } catch {
    return FAILS("a token's signature does not verify");
  }
  if (!known.isTrusted) return OPEN('the trust file does not name the status key that signed the token');
  if (now > said.exp) return OPEN('the token is past its end: ask for a new export');
  if (said.iat > now + CLOCK_SKEW) return OPEN("the token is dated after this verifier's clock");
  return null;
}

/**
 * What the ledger says of a statement: `{status, code, said, why}`. `said` is null unless the token counts; `status` is the row's; `code`
 * is 0 to 3, or null where nothing recent enough is said.
 */
export async function readStandingOf(text, hash, ledger, { now }, maxAge) {
  const none = (finding, isShaped = true) => ({ status: finding.status, why: finding.why, code: null, said: null, isShaped });
  if (text === undefined) return none(FAILS('the file lacks its standing token'), false);
  const token = readStanding(text);
  if (token === null) return none(FAILS('its standing token is malformed'), false);
  if (token.said.s !== hash) return none(FAILS('its standing token speaks of another statement'), false);
  const reason = await whyNot(token, ledger, now);
  if (reason !== null) return none(reason, reason.status !== 'FAIL');
  const { status: number } = token.said;
  const isOld = number === 0 && now - token.said.iat > maxAge;
  const words = ['it stands, says the ledger', 'revoked', 'suspended', 'replaced by a later record'];
  const why = isOld ? 'it stood when the file was made; that is too long ago: ask for a new export' : words[number];
  const status = number !== 0 ? 'FAIL' : isOld ? 'UNKNOWN' : 'PASS';
  return { status, why, code: isOld ? null : number, said: token.said, isShaped: true };
}

/** Whether a stream ends where the file says; `of` is `{stream}` or `{l}`, `end` `{revision, leaf}` with nulls for an empty one. */
export async function checkHead(text, of, end, ledger, { now }) {
  if (text === undefined) return FAILS('a head token is missing');
  const token = readHead(text);
  if (token === null) return FAILS('a head token is malformed');
  const { said } = token;
  if (said.stream !== of.stream || said.l !== of.l) return FAILS('a head token speaks of another stream');
  if (said.revision !== end.revision || said.leaf !== end.leaf) {
    return FAILS('the stream is not whole: its head token names another end');
  }
  return (await whyNot(token, ledger, now)) ?? { status: 'PASS', why: 'the stream is whole' };
}
