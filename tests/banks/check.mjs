// Walks every kind of bank and every fault with the reference client, so that what our own tests meet is known to be right.
// Prints a line for each check; ends with 1 if any failed. `check.mjs WORD` runs the checks with this word in their name.
import crypto from 'node:crypto';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import readline from 'node:readline';

import * as client from 'openid-client';

import { readJwt } from './keys.mjs';

const HERE = import.meta.dirname;
const PUBLIC_URL = 'http://127.0.0.1:8080';
const EXTRA = 'http://127.0.0.1:8081/extra';

// --- the banks ---

const began = Date.now();
const process_ = spawn(process.execPath, [path.join(HERE, 'bank.mjs'), '--public-url', `${PUBLIC_URL}/`, '--extra-redirect-uri', EXTRA], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
process.on('exit', () => process_.kill());
const lines = [];
const output = readline.createInterface({ input: process_.stdout });
output.on('line', (line) => lines.push(line));
await new Promise((resolve, reject) => {
  output.once('line', resolve);
  process_.once('exit', (code) => reject(new Error(`the banks ended with ${code}`)));
});
const { kinds, control } = JSON.parse(lines[0]);
const start = Date.now() - began;

const ask = async (at, body) => {
  const response = await fetch(`${control}${at}`, body && { method: 'POST', body: JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${response.status} ${answer.error}`);
  return answer;
};

// --- one HTTP request, without redirects: plain, or with the bank's authority and the client's certificate ---

const tls = {
  ca: fs.readFileSync(kinds.mtls.ca_cert),
  cert: fs.readFileSync(kinds.mtls.client_cert),
  key: fs.readFileSync(kinds.mtls.client_key),
};

const exchange = (url, { method = 'GET', headers = {}, body, certificate = true } = {}) => new Promise((resolve, reject) => {
  const { ca, cert, key } = tls;
  const options = { method, headers, agent: false, ...(certificate ? { ca, cert, key } : { ca }) };
  const request = (url.startsWith('https:') ? https : http).request(url, options, async (answer) => {
    try {
      const chunks = [];
      for await (const chunk of answer) chunks.push(chunk);
      resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks).toString() });
    } catch (error) {
      reject(error);
    }
  });
  request.on('error', reject);
  request.end(body);
});

const clientFetch = async (url, { method, headers, body }) => {
  const answer = await exchange(url, { method, headers: Object.fromEntries(new Headers(headers)), body: body?.toString() });
  return new Response(answer.body, { status: answer.status, headers: Object.entries(answer.headers) });
};

// --- the client ---

const privateKey = (pem, alg) => crypto.subtle.importKey(
  'pkcs8',
  crypto.createPrivateKey(pem).export({ format: 'der', type: 'pkcs8' }),
  alg === 'ES256' ? { name: 'ECDSA', namedCurve: 'P-256' } : { name: 'RSA-PSS', hash: 'SHA-256' },
  false,
  ['sign'],
);

async function newClient(name, { rsa = false, audience } = {}) {
  const bank = kinds[name];
  const signer = bank.private_key_pem && (rsa
    ? { key: await privateKey(bank.rsa_private_key_pem, bank.rsa_alg), kid: bank.rsa_kid }
    : { key: await privateKey(bank.private_key_pem, bank.alg), kid: bank.kid });
  const authentication = {
    client_secret_basic: () => client.ClientSecretBasic(bank.client_secret),
    client_secret_post: () => client.ClientSecretPost(bank.client_secret),
    tls_client_auth: () => client.TlsClientAuth(),
    private_key_jwt: () => client.PrivateKeyJwt(signer, {
      [client.modifyAssertion]: (header, claims) => { if (audience) claims.aud = audience; },
    }),
  }[bank.token_endpoint_auth_method]();
  const extensions = [client.allowInsecureRequests, client.enableNonRepudiationChecks];
  if (bank.response_type === 'code id_token') extensions.push(client.useCodeIdTokenResponseType, client.enableDetachedSignatureResponseChecks);
  if (bank.response_mode === 'query.jwt') extensions.push(client.useJwtResponseMode);
  const config = await client.discovery(new URL(bank.issuer), bank.client_id, {
    id_token_signed_response_alg: bank.id_token_signed_response_alg,
    authorization_signed_response_alg: bank.authorization_signed_response_alg,
    use_mtls_endpoint_aliases: name === 'mtls',
  }, authentication, {
    execute: extensions,
    timeout: 5,
    [client.customFetch]: clientFetch,
  });
  return { name, bank, config, signer };
}

// Leaves for the bank: the URL, and what has to be remembered until the return.
async function depart({ name, bank, config, signer }, { par = bank.require_pushed_authorization_requests, redirectUri } = {}) {
  const memory = { pkceCodeVerifier: client.randomPKCECodeVerifier(), expectedState: client.randomState(), expectedNonce: client.randomNonce() };
  const parameters = {
    redirect_uri: redirectUri ?? `${PUBLIC_URL}/return/${name}`,
    scope: bank.scope,
    response_type: bank.response_type,
    response_mode: bank.response_mode,
    code_challenge: await client.calculatePKCECodeChallenge(memory.pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: memory.expectedState,
    nonce: memory.expectedNonce,
  };
  let url;
  if (bank.require_signed_request_object) url = await client.buildAuthorizationUrlWithJAR(config, parameters, signer);
  else if (par) url = await client.buildAuthorizationUrlWithPAR(config, parameters);
  else url = client.buildAuthorizationUrl(config, parameters);
  return { url: url.href, memory, parameters };
}

// --- the customer ---

const unescape = (html) => html.replace(/&#(\d+);/g, (_, n) => String.fromCodePoint(n))
  .replace(/&quot;/g, '"').replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');

class Customer {
  cookies = new Map();
  pages = 0;

  async go(url, options = {}) {
    const { pathname } = new URL(url);
    const cookie = [...this.cookies.values()].filter((c) => pathname.startsWith(c.path)).map((c) => c.pair).join('; ');
    const answer = await exchange(url, { certificate: false, ...options, headers: { ...options.headers, cookie } });
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [pair, ...attributes] = line.split(/;\s*/);
      const at = attributes.find((a) => /^path=/i.test(a))?.slice(5) ?? '/';
      const id = `${pair.split('=')[0]} ${at}`;
      if (/^[^=]+=$/.test(pair)) this.cookies.delete(id);
      else this.cookies.set(id, { path: at, pair });
    }
    return answer;
  }

  post(url, fields) {
    return this.go(url, {
      method: 'POST', body: new URLSearchParams(fields).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  }

  /** Walks until the bank sends the browser to one of ours: the URL, and the form's fields when it posts. */
  async walk(url, decision) {
    let answer = await this.go(url);
    let here = url;
    for (let step = 0; step < 12; step += 1) {
      if (answer.status >= 300 && answer.status < 400) {
        here = new URL(answer.headers.location, here).href;
        if (here.startsWith(PUBLIC_URL) || here.startsWith(EXTRA)) return { url: here, status: answer.status };
        answer = await this.go(here);
        continue;
      }
      const action = answer.body.match(/<form method="post" action="([^"]*)"/);
      if (!action) throw new Error(`stranded at ${new URL(here).pathname}: ${answer.status} ${answer.body.replace(/\s+/g, ' ').match(/<body>.*/)?.[0]}`);
      const target = new URL(unescape(action[1]), here).href;
      if (target.startsWith(PUBLIC_URL)) {
        const fields = [...answer.body.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
        return { url: target, status: answer.status, form: fields.map(([, name, value]) => [name, unescape(value)]) };
      }
      this.pages += 1;
      if (this.pages > 5) throw new Error('asked again and again');
      here = target;
      answer = await this.post(target, { login: 'alice', decision });
    }
    throw new Error('too many redirects');
  }
}

const came = ({ url, form }) => (form ? new Request(url, { method: 'POST', body: new URLSearchParams(form) }) : new URL(url));

async function walk(name, { decision = 'approve', customer = new Customer(), using, ...how } = {}) {
  const app = using ?? await newClient(name, how);
  const { url, memory } = await depart(app, how);
  const back = await customer.walk(url, decision);
  const finish = async () => {
    const tokens = await client.authorizationCodeGrant(app.config, came(back), { ...memory, idTokenExpected: true });
    return { ...tokens, sub: tokens.claims().sub };
  };
  return { app, back, memory, finish };
}

// --- the checks ---

const said = (error) => {
  const words = [];
  for (let e = error; e; e = e.cause instanceof Error ? e.cause : undefined) words.push(e.code, e.error, e.status, e.message);
  return words.filter(Boolean).join(' | ');
};

function expect(condition, what) {
  if (!condition) throw new Error(what);
}

async function refused(pattern, work) {
  let result;
  try {
    result = await work();
  } catch (error) {
    if (!pattern.test(said(error))) throw new Error(`expected ${pattern}, got: ${said(error)}`, { cause: error });
    return said(error);
  }
  throw new Error(`expected ${pattern}, went through: ${JSON.stringify(result)?.slice(0, 200)}`);
}

const once = async (name) => {
  const { codes } = (await ask('/counts'))[name];
  expect(Object.values(codes).every((n) => n === 1), 'a code came twice');
};

const word = process.argv[2];
const failures = [];
let passed = 0;

async function check(label, work) {
  if (word && !label.includes(word)) return;
  await ask('/reset', {});
  const at = Date.now();
  try {
    await work();
    passed += 1;
    console.log(`ok      ${String(Date.now() - at).padStart(5)} ms  ${label}`);
  } catch (error) {
    failures.push(label);
    console.log(`FAILED  ${String(Date.now() - at).padStart(5)} ms  ${label}\n        ${said(error)}`);
  }
}

const inAnswer = (back) => new URLSearchParams(back.form ?? back.url.split(/[?#]/)[1]);

// Every kind: approved, denied, nobody, twice.
for (const name of Object.keys(kinds)) {
  await check(`${name}: approve`, async () => {
    const { back, finish } = await walk(name);
    const { sub, scope } = await finish();
    expect(sub === 'alice', `sub is ${sub}`);
    expect(scope === 'openid accounts payments', `scope is ${scope}`);
    const form = name === 'form-post';
    expect(back.status === (form ? 200 : 303), `status ${back.status}`);
    expect(Boolean(back.form) === form && back.url.includes('#') === (name === 'hybrid'), `wrong place: ${back.url}`);
    const answer = inAnswer(back);
    expect(answer.has('iss') === !['hybrid', 'jarm'].includes(name), 'iss');
    expect(answer.has('response') === (name === 'jarm'), 'response');
    const counts = (await ask('/counts'))[name];
    expect(counts.token === 1 && counts.jwks === 1 && counts.discovery === 1 && counts.authorization === 1, JSON.stringify(counts));
    expect(counts.par === (name === 'par' ? 1 : 0), 'par');
    const codes = Object.entries(counts.codes);
    expect(codes.length === 1 && codes[0][1] === 1, JSON.stringify(codes));
  });
  await check(`${name}: deny`, async () => {
    const { back, finish } = await walk(name, { decision: 'deny' });
    await refused(/access_denied/, finish);
    expect(back.status === (name === 'form-post' ? 400 : 303), `status ${back.status}`);
    expect((await ask('/counts'))[name].token === 0, 'asked for a token');
  });
  await check(`${name}: the same customer is asked again`, async () => {
    const customer = new Customer();
    for (const decision of ['approve', 'deny', 'approve']) {
      const { finish } = await walk(name, { customer, decision });
      if (decision === 'deny') await refused(/access_denied/, finish);
      else await finish();
    }
    expect(customer.pages === 3, `${customer.pages} pages`);
  });
  await check(`${name}: a code works once, and is counted`, async () => {
    const { finish } = await walk(name);
    await finish();
    await refused(/invalid_grant/, finish);
    const { codes } = (await ask('/counts'))[name];
    expect(Object.values(codes)[0] === 2, JSON.stringify(codes));
  });
}

// What the kinds demand.
const authorizeBare = (name, parameters) => new Customer().walk(`${kinds[name].issuer}/auth?${new URLSearchParams({
  client_id: kinds[name].client_id,
  redirect_uri: `${PUBLIC_URL}/return/${name}`,
  scope: 'openid',
  response_type: kinds[name].response_type,
  response_mode: kinds[name].response_mode,
  state: 'a-state',
  nonce: 'a-nonce',
  ...parameters,
})}`, 'approve');
const PKCE = { code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' };

for (const name of ['plain', 'post', 'form-post', 'jarm', 'mtls', 'failing']) {
  await check(`${name}: no PKCE is refused`, async () => {
    const back = await authorizeBare(name, {});
    const answer = inAnswer(back);
    const { error } = answer.has('response') ? readJwt(answer.get('response')).payload : Object.fromEntries(answer);
    expect(error === 'invalid_request', `error is ${error}`);
  });
}
await check('par: without PAR is refused', async () => {
  const answer = inAnswer(await authorizeBare('par', PKCE));
  expect(answer.get('error') === 'invalid_request', `${answer}`);
});
await check('hybrid: without a request object is refused', async () => {
  const answer = inAnswer(await authorizeBare('hybrid', PKCE));
  expect(answer.get('error') === 'invalid_request', `${answer}`);
});
for (const name of ['par', 'hybrid']) {
  await check(`${name}: PS256`, async () => {
    const { finish } = await walk(name, { rsa: true });
    expect((await finish()).sub === 'alice', 'sub');
  });
}
await check('par: an assertion for the token endpoint is refused', async () => {
  const { issuer } = kinds.par;
  await refused(/invalid_client/, () => walk('par', { audience: `${issuer}/token` }));
  await refused(/invalid_client/, () => walk('par', { audience: [issuer] }));
});
await check('hybrid: c_hash, s_hash, nonce in the fragment', async () => {
  const { back, memory } = await walk('hybrid');
  const { payload } = readJwt(inAnswer(back).get('id_token'));
  expect(payload.c_hash && payload.s_hash && payload.nonce === memory.expectedNonce, JSON.stringify(payload));
});
await check('jarm: PAR is offered', async () => {
  await (await walk('jarm', { par: true })).finish();
  expect((await ask('/counts')).jarm.par === 1, 'par');
});
await check('mtls: no certificate, no token', async () => {
  const { bank, config } = await newClient('mtls');
  const metadata = config.serverMetadata();
  expect(metadata.mtls_endpoint_aliases.token_endpoint === `${bank.mtls_issuer}/token`, 'aliases');
  const body = new URLSearchParams({ grant_type: 'authorization_code', code: 'x', redirect_uri: 'x', client_id: bank.client_id }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  for (const [endpoint, certificate, expected] of [
    [metadata.token_endpoint, true, 'invalid_client'],
    [metadata.mtls_endpoint_aliases.token_endpoint, false, 'invalid_client'],
    [metadata.mtls_endpoint_aliases.token_endpoint, true, 'invalid_grant'],
  ]) {
    const answer = await exchange(endpoint, { method: 'POST', headers, body, certificate });
    expect(JSON.parse(answer.body).error === expected, `${endpoint} ${certificate}: ${answer.body}`);
  }
});
await check('mtls: userinfo wants the same certificate', async () => {
  const { app, finish } = await walk('mtls');
  const { access_token: token } = await finish();
  expect((await client.fetchUserInfo(app.config, token, 'alice')).sub === 'alice', 'sub');
  const headers = { authorization: `Bearer ${token}` };
  expect((await exchange(`${kinds.mtls.mtls_issuer}/me`, { headers, certificate: false })).status === 401, 'no certificate');
});
await check('plain: userinfo', async () => {
  const { app, finish } = await walk('plain');
  expect((await client.fetchUserInfo(app.config, (await finish()).access_token, 'alice')).sub === 'alice', 'sub');
});
await check('plain: one extra redirect URI, and one more at run time', async () => {
  await (await walk('plain', { redirectUri: EXTRA })).finish();
  const late = `${EXTRA}/return/plain`;
  await refused(/stranded.*400.*invalid_redirect_uri/, () => walk('plain', { redirectUri: late }));
  await ask('/redirect-uris', { public_url: EXTRA });
  await (await walk('plain', { redirectUri: late })).finish();
});

// What can go wrong at the token endpoint. (Wrong claims are tried where the client can see them.)
const TRANSPORT = {
  'hang:200': /ECONNRESET|socket hang up/,
  down: /ECONNRESET|socket hang up/,
  html: /RESPONSE_IS_NOT_CONFORM/,
  html200: /RESPONSE_IS_NOT_JSON/,
  500: /RESPONSE_IS_NOT_CONFORM/,
  '500json': /RESPONSE_IS_NOT_CONFORM|server_error/,
  empty: /INVALID_RESPONSE|missing/,
  huge: /INVALID_RESPONSE|missing/,
  redirect: /RESPONSE_IS_NOT_CONFORM/,
};
const TOKEN = {
  ...TRANSPORT,
  'error:invalid_grant': /invalid_grant/,
  'error:temporarily_unavailable': /temporarily_unavailable/,
  wrong_nonce: /JWT_CLAIM_COMPARISON.*nonce/,
  bad_signature: /signature/i,
  wrong_iss_claim: /JWT_CLAIM_COMPARISON.*iss/,
  wrong_aud: /JWT_CLAIM_COMPARISON.*aud/,
  expired_id_token: /JWT_TIMESTAMP_CHECK/,
  alg_none: /alg/,
  unknown_kid: /KEY_SELECTION/,
  no_id_token: /id_token/,
};
for (const name of ['failing', 'hybrid', 'mtls']) {
  for (const [fault, pattern] of Object.entries(TOKEN)) {
    await check(`${name}: token ${fault}`, async () => {
      await ask('/faults', { kind: name, token: fault });
      const { finish } = await walk(name);
      await refused(pattern, finish);
      await once(name);
    });
  }
  await check(`${name}: token two_subs`, async () => {
    await ask('/faults', { kind: name, token: 'two_subs' });
    const { app, finish } = await walk(name);
    const { sub, access_token: token } = await finish();
    expect(sub === 'mallory', `sub is ${sub}`);
    await refused(/sub/, () => client.fetchUserInfo(app.config, token, sub));
  });
}
for (const fault of ['token_type:mac', 'token_type:none']) {
  await check(`plain: token ${fault}`, async () => {
    await ask('/faults', { kind: 'plain', token: fault });
    await refused(/token_type/, (await walk('plain')).finish);
  });
}
for (const [fault, expected] of Object.entries({ 'scope:openid': 'openid', 'scope:none': undefined })) {
  await check(`plain: token ${fault}`, async () => {
    await ask('/faults', { kind: 'plain', token: fault });
    const { scope } = await (await walk('plain')).finish();
    expect(scope === expected, `scope is ${scope}`);
  });
}
const isOld = ({ iat, exp }) => iat < Date.now() / 1000 - 6 * 24 * 3600 && exp > Date.now() / 1000;
await check('plain: token old_id_token', async () => {
  await ask('/faults', { kind: 'plain', token: 'old_id_token' });
  const { id_token: token } = await (await walk('plain')).finish();
  expect(isOld(readJwt(token).payload), 'it is young');
});
for (const [name, fault, member] of [['hybrid', 'front_old', 'id_token'], ['jarm', 'old_jarm', 'response']]) {
  await check(`${name}: authorize ${fault}`, async () => {
    await ask('/faults', { kind: name, authorize: fault });
    const { back } = await walk(name);
    expect(isOld(readJwt(inAnswer(back).get(member)).payload), 'it is young');
  });
}
await check('jarm: authorize state_beside', async () => {
  await ask('/faults', { kind: 'jarm', authorize: 'state_beside' });
  const answer = inAnswer((await walk('jarm')).back);
  expect(answer.get('state') === readJwt(answer.get('response')).payload.state, `${answer}`);
});
await check('hybrid: two_subs, one in front and one behind', async () => {
  await ask('/faults', { kind: 'hybrid', token: 'two_subs' });
  const { back, finish } = await walk('hybrid');
  expect(readJwt(inAnswer(back).get('id_token')).payload.sub === 'alice', 'in front');
  expect((await finish()).sub === 'mallory', 'behind');
});
for (const name of Object.keys(kinds)) {
  for (const fault of ['slow:300', 'trickle:300']) {
    await check(`${name}: token ${fault} comes late, and comes`, async () => {
      await ask('/faults', { kind: name, token: fault });
      const { finish } = await walk(name);
      const at = Date.now();
      await finish();
      expect(Date.now() - at >= 290, `${Date.now() - at} ms`);
      await once(name);
    });
  }
  await check(`${name}: a code that met 500 is not spent`, async () => {
    await ask('/faults', { kind: name, token: '500' });
    const { finish } = await walk(name);
    await refused(/NOT_CONFORM/, finish);
    await ask('/faults', { kind: name, token: 'none' });
    await finish();
  });
  await check(`${name}: token bad_signature`, async () => {
    await ask('/faults', { kind: name, token: 'bad_signature' });
    await refused(/signature/i, (await walk(name)).finish);
  });
}

// The other endpoints.
for (const [fault, pattern] of Object.entries({ ...TRANSPORT, 'error:invalid_request': /invalid_request/ })) {
  await check(`par: par ${fault}`, async () => {
    await ask('/faults', { kind: 'par', par: fault });
    await refused(pattern, () => walk('par'));
    expect((await ask('/counts')).par.par === 1, 'par');
  });
}
await check('par: par slow:300', async () => {
  await ask('/faults', { kind: 'par', par: 'slow:300' });
  const app = await newClient('par');
  const at = Date.now();
  await (await walk('par', { using: app })).finish();
  expect(Date.now() - at >= 290, 'not slow');
});
for (const [fault, pattern] of Object.entries({ '500': /NOT_CONFORM/, html: /NOT_CONFORM/, html200: /NOT_JSON/, down: /ECONNRESET|hang up/ })) {
  await check(`plain: jwks ${fault}`, async () => {
    await ask('/faults', { kind: 'plain', jwks: fault });
    await refused(pattern, (await walk('plain')).finish);
  });
  await check(`plain: discovery ${fault}`, async () => {
    await ask('/faults', { kind: 'plain', discovery: fault });
    await refused(pattern, () => newClient('plain'));
  });
}
for (const [endpoint, at] of Object.entries({ jwks: '/jwks', discovery: '/.well-known/openid-configuration' })) {
  for (const fault of ['slow:200', 'trickle:200']) {
    await check(`plain: ${endpoint} ${fault}`, async () => {
      await ask('/faults', { kind: 'plain', [endpoint]: fault });
      const asked = Date.now();
      const { status, body } = await exchange(`${kinds.plain.issuer}${at}`);
      expect(status === 200 && JSON.parse(body) && Date.now() - asked >= 190, `${status} after ${Date.now() - asked} ms`);
    });
  }
}
await check('plain: discovery wrong_issuer', async () => {
  await ask('/faults', { kind: 'plain', discovery: 'wrong_issuer' });
  await refused(/issuer/, () => newClient('plain'));
});
for (const name of Object.keys(kinds)) {
  await check(`${name}: jwks rotate`, async () => {
    const jwks = async () => JSON.parse((await exchange(`${kinds[name].issuer}/jwks`)).body).keys;
    const before = await walk(name);
    const [old, ...others] = await jwks();
    await ask('/faults', { kind: name, jwks: 'rotate' });
    expect((await ask('/faults'))[name].jwks === 'none', 'still rotating');
    const [young, ...more] = await jwks();
    expect(others.length === 0 && more.length === 0 && old.kid !== young.kid && !('d' in young), 'keys');
    if (!['hybrid', 'jarm'].includes(name)) await before.finish();
    await (await walk(name)).finish();
  });
  await check(`${name}: port closed, and open again`, async () => {
    const { finish } = await walk(name);
    await ask('/faults', { kind: name, port: 'closed' });
    await refused(/ECONNREFUSED/, finish);
    await ask('/faults', { kind: name, port: 'none' });
    await finish();
  });
}

// What comes back through the browser.
const ANSWER = {
  'error:server_error': /server_error/,
  'error:temporarily_unavailable': /temporarily_unavailable/,
  no_state: /state/,
  wrong_state: /state/,
  no_code_no_error: /code|id.token/i,
};
for (const name of ['plain', 'form-post', 'hybrid', 'jarm']) {
  for (const [fault, pattern] of Object.entries(ANSWER)) {
    await check(`${name}: authorize ${fault}`, async () => {
      await ask('/faults', { kind: name, authorize: fault });
      const { back, finish } = await walk(name);
      // The reference client lets an answer with neither pass, and the token endpoint refuses it.
      await refused(name !== 'hybrid' && fault === 'no_code_no_error' ? /code|invalid/ : pattern, finish);
      const answer = inAnswer(back);
      if (fault.startsWith('error:')) expect(back.status === (name === 'form-post' ? 400 : 303), `status ${back.status}`);
      if (fault.startsWith('error:') && name !== 'jarm') {
        expect(answer.get('error_description') && answer.get('state') && !answer.has('code') && answer.get('iss'), `${answer}`);
      }
    });
  }
  await check(`${name}: authorize repeat_code`, async () => {
    await ask('/faults', { kind: name, authorize: 'repeat_code' });
    const { back, finish } = await walk(name);
    expect(inAnswer(back).getAll(name === 'jarm' ? 'response' : 'code').length === 2, back.url);
    await refused(/code|response/, finish);
  });
  await check(`${name}: authorize two_places`, async () => {
    await ask('/faults', { kind: name, authorize: 'two_places' });
    const { back } = await walk(name);
    const { searchParams, hash } = new URL(back.url);
    const places = [searchParams, new URLSearchParams(hash.slice(1)), new URLSearchParams(back.form ?? '')];
    expect(places.filter((p) => p.has('code') || p.has('response')).length === 2, back.url);
  });
}
for (const name of ['plain', 'post', 'par', 'form-post', 'mtls', 'failing', 'jarm']) {
  for (const fault of ['no_iss', 'wrong_iss']) {
    await check(`${name}: authorize ${fault}`, async () => {
      await ask('/faults', { kind: name, authorize: fault });
      await refused(/iss/, (await walk(name)).finish);
    });
  }
}
await check('hybrid: no iss beside an id_token, unless it is added', async () => {
  await ask('/faults', { kind: 'hybrid', authorize: 'wrong_iss' });
  await refused(/iss/, (await walk('hybrid')).finish);
});
await check('jarm: authorize clear', async () => {
  await ask('/faults', { kind: 'jarm', authorize: 'clear' });
  const { back, finish } = await walk('jarm');
  const answer = inAnswer(back);
  expect(answer.has('code') && answer.has('state') && answer.has('iss') && !answer.has('response'), back.url);
  await refused(/response/, finish);
});
await check('jarm: clear, and denied', async () => {
  await ask('/faults', { kind: 'jarm', authorize: 'clear' });
  const { back } = await walk('jarm', { decision: 'deny' });
  expect(inAnswer(back).get('error') === 'access_denied', back.url);
});
await check('jarm: authorize bad_jarm_signature', async () => {
  await ask('/faults', { kind: 'jarm', authorize: 'bad_jarm_signature' });
  await refused(/signature/i, (await walk('jarm')).finish);
});
for (const [fault, pattern] of Object.entries({
  bad_c_hash: /c_hash/, bad_s_hash: /s_hash/, no_s_hash: /s_hash/, front_wrong_nonce: /nonce/, front_bad_signature: /signature/i,
})) {
  await check(`hybrid: authorize ${fault}`, async () => {
    await ask('/faults', { kind: 'hybrid', authorize: fault });
    await refused(pattern, (await walk('hybrid')).finish);
    expect((await ask('/counts')).hybrid.token === 0, 'asked for a token');
  });
}

// The control port, and the end.
await check('control: what is misspelt is refused', async () => {
  await refused(/400 unknown kind/, () => ask('/faults', { kind: 'nobody', token: 'down' }));
  await refused(/400 unknown member/, () => ask('/faults', { kind: 'plain', tokne: 'down' }));
  await refused(/400 unknown fault/, () => ask('/faults', { kind: 'plain', token: 'slow' }));
  await refused(/400 unknown call/, () => ask('/elsewhere', {}));
});
await check('control: faults stay with their kind, and end with a reset', async () => {
  await ask('/faults', { kind: 'failing', token: 'down', authorize: 'no_iss' });
  await (await walk('plain')).finish();
  const answer = await ask('/faults', { kind: 'failing', authorize: 'none' });
  expect(answer.token === 'down' && answer.authorize === 'none', JSON.stringify(answer));
  await ask('/reset', { kind: 'failing' });
  await (await walk('failing')).finish();
  expect((await ask('/counts')).plain.token === 1, 'plain was reset too');
});
await check('control: 30 customers at once', async () => {
  const app = await newClient('plain');
  const finished = await Promise.all(Array.from({ length: 30 }, async () => (await walk('plain', { using: app })).finish()));
  expect(finished.every(({ sub }) => sub === 'alice'), 'sub');
  const { token, codes } = (await ask('/counts')).plain;
  expect(token === 30 && Object.keys(codes).length === 30, 'counts');
});

expect(lines.length === 1, 'more than one line on stdout');
const ended = new Promise((resolve) => { process_.once('exit', resolve); });
process_.stdin.end();
const late = setTimeout(() => { failures.push('the banks end with their stdin'); process_.kill('SIGKILL'); }, 2000);
await ended;
clearTimeout(late);
if (fs.existsSync(kinds.mtls.ca_cert)) failures.push('the temporary files are removed');

console.log(`\n${passed} ok, ${failures.length} FAILED; the banks started in ${start} ms, everything took ${Date.now() - began} ms`);
for (const label of failures) console.log(`FAILED: ${label}`);
process.exit(failures.length === 0 ? 0 : 1);
