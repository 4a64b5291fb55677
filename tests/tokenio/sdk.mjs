// Token.io's published JavaScript SDK against an address, one errand a run:
//
//   node sdk.mjs <errand> <base> [<member>]      with the errand's arguments as a JSON object on standard input
//
// It prints one line of JSON: {"ok": …}, or {"error": "…"} where the SDK threw. The argument `now`, in milliseconds since
// 1970, is what the SDK takes for the time: its signatures name it.
//
// The npm package has no built file in it, only sources in Flow and ES modules: they are read as they are, with the types
// taken off. Nothing of the SDK is changed. It wants two globals from its build, which go into headers of ours to ignore.

import { createRequire } from 'node:module';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { text } from 'node:stream/consumers';

const require = createRequire(import.meta.url);
require('sucrase/dist/register').addHook(
  '.js',
  { transforms: ['imports', 'flow'] },
  { ignoreNodeModules: false, matcher: (file) => file.includes('/@token-io/') },
);
globalThis.TOKEN_VERSION = '1.0.90';
globalThis.TOKEN_MEMBER = 'js-tpp';
const { TokenClient } = require('@token-io/tpp/src/index.js');

const [, , errand, base, member] = process.argv;
const given = JSON.parse((await text(process.stdin)) || '{}');
if (given.now) Date = class extends Date {
  constructor(...parts) { super(...(parts.length ? parts : [given.now])); }
  static now() { return given.now; }
};
const client = new TokenClient({ customSdkUrl: base, developerKey: 'handback-tests' });

// The key of RFC 8032, test 1, as every vector of the contract has it.
const SEED = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';

// The member signs with its key; nothing is asked of anybody for that.
async function signing() {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.from(SEED, 'hex')]);
  const publicKey = createPublicKey(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })).export({ format: 'jwk' }).x;
  // The SDK signs with NaCl's form of a secret key: the seed, then the public key.
  const privateKey = Buffer.concat([Buffer.from(SEED, 'hex'), Buffer.from(publicKey, 'base64url')]).toString('base64url');
  await client.ManualCryptoEngine.setKeys([{ publicKey, privateKey, level: 'LOW' }]);
  return client.getMember(client.ManualCryptoEngine, member);
}

const errands = {
  // A request for a payment, stored; then where its customer is sent.
  async store({ amount, currency, redirectUrl, state, csrf, refId, description, bankId }) {
    const request = client
      .createTransferTokenRequest(amount, currency)
      .setToMemberId(member)
      .setRedirectUrl(redirectUrl)
      .addTransferDestination({ sepa: { iban: 'GB29NWBK60161331926819' }, customerData: { legalNames: ['Customer Inc.'] } });
    if (refId) request.setRefId(refId);
    if (description) request.setDescription(description);
    if (bankId) request.setBankId(bankId);
    if (state !== undefined) request.setCallbackState(state);
    if (csrf) request.setCSRFToken(csrf);
    const stored = await (await signing()).storeTokenRequest(request);
    return { request: stored, url: client.generateTokenRequestUrl(stored.id) };
  },
  // The URL that the customer came home on: the SDK fetches Token's keys and verifies it.
  callback: ({ url, csrf }) => client.parseTokenRequestCallbackUrl(url, csrf),
  retrieve: ({ id }) => client.retrieveTokenRequest(id),
  result: ({ id }) => client.getTokenRequestResult(id),
  async setWebhook({ config }) {
    await (await signing()).setWebhookConfig(config);
    return null;
  },
  webhook: async () => (await signing()).getWebhookConfig(),
  async deleteWebhook() {
    await (await signing()).deleteWebhookConfig();
    return null;
  },
};

try {
  console.log(JSON.stringify({ ok: (await errands[errand](given)) ?? null }));
} catch (error) {
  // An answer that was refused says why in its body.
  const said = error.response?.data;
  console.log(JSON.stringify({ error: error.message, status: error.response?.status, body: said }));
}
