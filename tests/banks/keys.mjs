// Keys and signatures: each bank signs with its own, so that what it said can be changed and signed again.
import crypto from 'node:crypto';
import { promisify } from 'node:util';

const generate = promisify(crypto.generateKeyPair);

/** A key that signs with `alg`: ES256 (P-256), or RS256 and PS256 (RSA 2048). */
export async function newKey(alg, kid) {
  const { privateKey, publicKey } = alg === 'ES256'
    ? await generate('ec', { namedCurve: 'P-256' })
    : await generate('rsa', { modulusLength: 2048 });
  const names = { kid, alg, use: 'sig' };
  return {
    alg,
    kid,
    privateKey,
    privateJwk: { ...privateKey.export({ format: 'jwk' }), ...names },
    publicJwk: { ...publicKey.export({ format: 'jwk' }), ...names },
    pem: () => privateKey.export({ format: 'pem', type: 'pkcs8' }),
  };
}

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (part) => JSON.parse(Buffer.from(part, 'base64url'));

export function readJwt(jwt) {
  const [header, payload] = jwt.split('.');
  return { header: decode(header), payload: decode(payload) };
}

export function signJwt(key, payload, header = {}) {
  const body = `${encode({ alg: key.alg, kid: key.kid, ...header })}.${encode(payload)}`;
  const how = {
    ES256: { dsaEncoding: 'ieee-p1363' },
    PS256: { padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
    RS256: {},
  }[key.alg];
  const signature = crypto.sign('sha256', Buffer.from(body), { key: key.privateKey, ...how });
  return `${body}.${signature.toString('base64url')}`;
}

export function unsignedJwt(payload) {
  return `${encode({ alg: 'none' })}.${encode(payload)}.`;
}

/** The same token, one bit of its signature flipped. */
export function flipSignature(jwt) {
  const [header, payload, signature] = jwt.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  bytes[bytes.length >> 1] ^= 1;
  return `${header}.${payload}.${bytes.toString('base64url')}`;
}

/** The claims changed by `change`, signed again under the same header. */
export function resign(key, jwt, change) {
  const { header, payload } = readJwt(jwt);
  const changed = { ...payload };
  change(changed);
  return signJwt(key, changed, header);
}
