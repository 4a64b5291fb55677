// A certificate authority that lives as long as the process: X.509 in as few bytes of DER as TLS clients accept.
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const tlv = (tag, ...parts) => {
  const body = Buffer.concat(parts);
  const n = body.length;
  const length = n < 128 ? [n] : n < 256 ? [0x81, n] : [0x82, n >> 8, n & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
};
const sequence = (...parts) => tlv(0x30, ...parts);
const set = (...parts) => tlv(0x31, ...parts);
const octets = (...parts) => tlv(0x04, ...parts);
const bits = (body, unused = 0) => tlv(0x03, Buffer.from([unused]), body);
const integer = (bytes) => tlv(0x02, bytes);
const text = (string) => tlv(0x0c, Buffer.from(string));
// Two digits of a year, as RFC 5280 wants them until 2049.
const time = (date) => tlv(0x17, Buffer.from(date.toISOString().slice(2).replace(/[-:T]|\.\d+/g, '')));
const yes = tlv(0x01, Buffer.from([0xff]));

const oid = (dotted) => {
  const [first, second, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const number of rest) {
    const groups = [number & 127];
    for (let left = number >> 7; left > 0; left >>= 7) groups.unshift((left & 127) | 128);
    bytes.push(...groups);
  }
  return tlv(0x06, Buffer.from(bytes));
};

const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
const name = (common) => sequence(set(sequence(oid('2.5.4.3'), text(common))));
const extension = (id, value, critical = false) => sequence(oid(id), ...(critical ? [yes] : []), octets(value));
const pem = (der) => `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`;
const keyId = (spki) => crypto.createHash('sha1').update(spki).digest();

// The alternative names of a certificate.
const dns = (host) => tlv(0x82, Buffer.from(host));
const ip = (address) => tlv(0x87, Buffer.from(address.split('.').map(Number)));

const USES = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' };

function certify(subject, { issuer, use, names }) {
  const { privateKey, publicKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const serial = crypto.randomBytes(16);
  serial[0] = (serial[0] & 0x7f) | 0x40;
  const day = 24 * 60 * 60 * 1000;
  const extensions = use
    ? [
      extension('2.5.29.19', sequence(), true),
      extension('2.5.29.15', bits(Buffer.from([0x80]), 7), true),
      extension('2.5.29.37', sequence(oid(USES[use]))),
      extension('2.5.29.17', sequence(...names)),
    ]
    : [
      extension('2.5.29.19', sequence(yes), true),
      extension('2.5.29.15', bits(Buffer.from([0x06]), 1), true),
    ];
  extensions.push(extension('2.5.29.14', octets(keyId(spki))));
  extensions.push(extension('2.5.29.35', sequence(tlv(0x80, keyId(issuer ? issuer.spki : spki)))));
  const body = sequence(
    tlv(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_SHA256,
    name(issuer ? issuer.subject : subject),
    sequence(time(new Date(Date.now() - day)), time(new Date(Date.now() + 30 * day))),
    name(subject),
    spki,
    tlv(0xa3, sequence(...extensions)),
  );
  const signature = crypto.sign('sha256', body, issuer ? issuer.privateKey : privateKey);
  return {
    subject,
    spki,
    privateKey,
    cert: pem(sequence(body, ECDSA_SHA256, bits(signature))),
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }),
  };
}

export const CLIENT_NAME = 'client.handback.test';

/** An authority, a server of 127.0.0.1 and localhost, and a client; the files that a client needs lie in `folder`. */
export function newAuthority() {
  const ca = certify('Handback test banks CA', {});
  const server = certify('127.0.0.1', { issuer: ca, use: 'server', names: [ip('127.0.0.1'), dns('localhost')] });
  const client = certify('handback-mtls', { issuer: ca, use: 'client', names: [dns(CLIENT_NAME)] });
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'handback-banks-'));
  const file = (label, content) => {
    const at = path.join(folder, label);
    fs.writeFileSync(at, content, { mode: 0o600 });
    return at;
  };
  return {
    ca,
    server,
    paths: {
      ca_cert: file('ca.pem', ca.cert),
      client_cert: file('client.pem', client.cert),
      client_key: file('client-key.pem', client.key),
    },
    remove: () => fs.rmSync(folder, { recursive: true, force: true }),
  };
}
