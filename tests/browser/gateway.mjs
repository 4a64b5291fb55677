// What a walk needs: a gateway (the real binary), a merchant of it, and servers that play merchants' sites and banks.
//
// The gateway is 127.0.0.1 and everybody else is localhost, so that a browser takes them for different sites.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BINARY = process.env.HANDBACK_BINARY;

// Starts a gateway of its own, with the test bank. Stop it when done. `configure` is given its address, and answers the
// text of a configuration file and what has to end with the gateway; then it is an operator's own gateway instead of a demo.
export async function openGateway(configure) {
  if (!BINARY) throw new Error('HANDBACK_BINARY has to name the gateway (cargo build makes it); scripts/test does so');
  const folder = mkdtempSync(join(tmpdir(), 'handback-browser-'));
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const env = {
    HANDBACK_LISTEN: `127.0.0.1:${port}`, HANDBACK_STORE: `embedded:${join(folder, 'data')}`, HANDBACK_LOG: 'warn',
  };
  const own = await configure?.(base);
  if (own) {
    env.HANDBACK_CONFIG = join(folder, 'handback.toml');
    writeFileSync(env.HANDBACK_CONFIG, own.text);
  }
  const child = spawn(BINARY, [], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  let printed = '';
  await new Promise((listens, reject) => {
    child.stdout.on('data', (said) => { printed += said; if (printed.includes('listens on')) listens(); });
    child.on('error', reject);
    ended.then(() => reject(new Error('the gateway ended before it listened')));
  });
  const added = spawnSync(BINARY, ['merchant', 'add', '--json', '--mode', 'test', '--name', 'Corner shop'], { cwd: folder, env });
  if (added.status !== 0) throw new Error(`merchant add: ${added.stderr}`);
  const merchant = JSON.parse(added.stdout);
  return {
    base,
    ...shop(base, merchant),
    // The link into its merchant's console that a demo prints when it starts. It works once.
    async printedLink() {
      const link = () => printed.match(/^ *(http\S+\/console\/sign-in\?link=\S+)$/m);
      await until('the link is printed', () => link() !== null);
      return link()[1];
    },
    // A link that signs an admin in to the merchant's console.
    consoleLink() {
      const made = spawnSync(BINARY, ['console', 'link', '--merchant', merchant.merchant_id], { cwd: folder, env });
      if (made.status !== 0) throw new Error(`console link: ${made.stderr}`);
      return String(made.stdout).trim();
    },
    async close() {
      child.kill('SIGTERM');
      await ended;
      own?.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

// A merchant's app: what it calls.
function shop(base, { merchant_id: id, api_key: key }) {
  const post = (path, headers, body, method = 'POST') => call(`${base}${path}`, {
    method, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body),
  });
  const own = { authorization: `Bearer ${key}` };
  const basic = { authorization: `Basic ${Buffer.from(`${id}:${key}`).toString('base64')}` };
  return {
    // Changes the merchant's settings.
    choose: (settings) => post('/v1/profile/settings', own, settings, 'PATCH'),
    // Saves a callback.
    save: (url) => post('/v1/profile/callbacks', own, { url }),
    // Saves a webhook endpoint.
    listen: (url) => post('/v1/profile/endpoints', own, { url }),
    // The address of a payment of 25 EUR that comes home to this callback, with these fields more.
    async payment(callback, more = {}) {
      const made = await post('/secpaid/api/v2/createLink', { token: key }, { amount: 25, callback_url: callback, ...more });
      return made.data.pay_link;
    },
    // The address of a payment of 25 EUR that a page opens in a window of its own.
    async popup(callback) {
      const payment = { amount: '25.00', currency: 'EUR', display: 'popup', callback, one_time_token: true };
      return (await post('/v1/journeys', own, payment)).pay_link;
    },
    // A payment on Token.io's hosted pages, which comes home to this callback.
    async hosted(callbackUrl) {
      const initiation = {
        refId: 'order-7', remittanceInformationPrimary: 'Order 7', amount: { value: '10.23', currency: 'EUR' },
        localInstrument: 'SEPA', creditor: { iban: 'GB29NWBK60161331926819', name: 'Customer Inc.' },
        callbackUrl, callbackState: 'of-the-shop', flowType: 'FULL_HOSTED_PAGES',
      };
      const authorization = `Basic ${Buffer.from(key).toString('base64')}`;
      return (await post('/token-io/v2/payments', { authorization }, { initiation })).payment;
    },
    // The address at which a customer chooses a bank for account access, and comes home to this callback.
    async hostedConsent(redirectUrl) {
      const body = { redirectUrl, applicationUserId: 'ada', institutionIdentifiers: { institutionCountryCode: 'GB' } };
      return (await post('/yapily/hosted/consent-requests', basic, body)).data.hostedUrl;
    },
    // The address at which a customer agrees to account access, and comes home to this callback.
    async consent(institutionId, callback) {
      const body = { institutionId, callback, applicationUserId: 'ada' };
      const made = await post('/yapily/account-auth-requests', basic, body);
      return made.data.authorisationUrl;
    },
  };
}

// Waits until it is so, for as long as anything may take on a busy machine.
export async function until(what, isSo) {
  const deadline = Date.now() + 15_000;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`it never came about that ${what}`);
    await new Promise((later) => setTimeout(later, 20));
  }
}

// Serves other people's sites on localhost. Each path is a function of the request, which answers HTML, or a response's
// status, headers and body. Every request is kept, with its body.
export async function openSite(paths) {
  const requests = [];
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const url = new URL(request.url, 'http://localhost');
    const seen = { method: request.method, path: url.pathname, url, headers: request.headers, body: String(Buffer.concat(chunks)) };
    const answer = paths[url.pathname]?.(seen);
    if (url.pathname === '/favicon.ico') return response.writeHead(204).end();
    if (answer === undefined) return response.writeHead(404).end();
    requests.push(seen);
    const { status = 200, headers = {}, body } = typeof answer === 'string' ? { body: answer } : answer;
    response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(body);
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  return {
    base: `http://localhost:${server.address().port}`,
    requests,
    to: (path) => requests.filter((request) => request.path === path),
    close: () => { server.closeAllConnections(); server.close(); },
  };
}

async function call(url, init) {
  const answer = await fetch(url, init);
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

async function freePort() {
  const server = http.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
