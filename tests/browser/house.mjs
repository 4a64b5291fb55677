// What a walk needs: a gateway (the real binary), a merchant of it, and servers that play merchants' sites and banks.
//
// The gateway is 127.0.0.1 and everybody else is localhost, so that a browser takes them for different sites.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BINARY = process.env.HANDBACK_BINARY;

// Starts a gateway of its own, with the test bank. Stop it when done.
export async function openHouse(settings = {}) {
  if (!BINARY) throw new Error('HANDBACK_BINARY has to name the gateway (cargo build makes it); scripts/test does so');
  const folder = mkdtempSync(join(tmpdir(), 'handback-browser-'));
  const port = await freePort();
  const env = {
    HANDBACK_LISTEN: `127.0.0.1:${port}`, HANDBACK_STORE: `embedded:${join(folder, 'data')}`,
    HANDBACK_LOG: 'warn', ...settings,
  };
  const child = spawn(BINARY, [], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await new Promise((listens, reject) => {
    child.stdout.on('data', (said) => { if (String(said).includes('listens on')) listens(); });
    child.on('error', reject);
    ended.then(() => reject(new Error('the gateway ended before it listened')));
  });
  const base = `http://127.0.0.1:${port}`;
  const added = spawnSync(BINARY, ['merchant', 'add', '--json', '--name', 'Corner shop'], { cwd: folder, env });
  if (added.status !== 0) throw new Error(`merchant add: ${added.stderr}`);
  const { api_key: key } = JSON.parse(added.stdout);
  return {
    base,
    // Changes the merchant's settings.
    async choose(settings) {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      await call(`${base}/v1/profile/settings`, { method: 'PATCH', headers, body: JSON.stringify(settings) });
    },
    // The address of a payment of 25 EUR that comes home to this callback.
    async payment(callback) {
      const headers = { token: key, 'content-type': 'application/json' };
      const body = JSON.stringify({ amount: 25, callback_url: callback });
      const made = await call(`${base}/secpaid/api/v2/createLink`, { method: 'POST', headers, body });
      return made.data.pay_link;
    },
    async close() {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
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
