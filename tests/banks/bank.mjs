// All the banks in one process. README.md is its contract.
import crypto from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

// Stdout holds one line, and it is not the provider's.
console.log = console.info = console.error;
// Token requests are read here first, which is what the provider warns of.
console.warn = (line) => { if (!/already parsed request body/.test(line)) console.error(line); };
process.env.NODE_ENV ??= 'test';

const { Provider, errors } = await import('oidc-provider');
const { newAuthority } = await import('./certs.mjs');
const { answeredInstead, changeAnswer, changedToken, delayed, misspelt, noFaults } = await import('./faults.mjs');
const { newKey } = await import('./keys.mjs');
const { KINDS, SCOPE, configuration, registration, usesKeys, usesSecret } = await import('./kinds.mjs');
const { USER, consentPage, errorPage } = await import('./page.mjs');
const { Store } = await import('./store.mjs');

const HOST = '127.0.0.1';
const ENDPOINTS = {
  '/.well-known/openid-configuration': 'discovery',
  '/jwks': 'jwks',
  '/auth': 'authorization',
  '/request': 'par',
  '/token': 'token',
  '/me': 'userinfo',
};

const { values: args } = parseArgs({
  options: {
    'public-url': { type: 'string', default: process.env.BANKS_PUBLIC_URL ?? 'http://127.0.0.1:8080' },
    'extra-redirect-uri': { type: 'string', multiple: true, default: [] },
    'port-base': { type: 'string', default: process.env.BANKS_PORT_BASE ?? '0' },
  },
});

let nextPort = Number(args['port-base']);
const port = () => (nextPort === 0 ? 0 : nextPort++);

async function listen(server, at) {
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(at, HOST, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
  return server.address().port;
}

// Meanwhile an outgoing connection may have been given this port.
async function listenAgain(server, at) {
  for (let left = 20; ; left -= 1) {
    try {
      await listen(server, at);
      return;
    } catch (error) {
      if (error.code !== 'EADDRINUSE' || left === 0) throw error;
      await sleep(100);
    }
  }
}

async function read(req) {
  const chunks = [];
  for await (const chunk of req) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const noCounts = () => ({
  discovery: 0, jwks: 0, authorization: 0, par: 0, token: 0, userinfo: 0, codes: Object.create(null),
});

class Bank {
  faults = noFaults();
  counts = noCounts();
  redirectUris = [];
  rotations = 0;
  ports = [];

  constructor(name) {
    this.name = name;
    this.kind = KINDS[name];
    this.id = `handback-${name}`;
    this.secret = crypto.randomBytes(24).toString('base64url');
    this.people = Object.keys(this.kind.people ?? { [USER]: {} });
    this.store = new Store(() => registration(this.kind, this));
  }

  async open(authority) {
    const handle = (req, res) => {
      this.handle(req, res).catch((error) => {
        console.error(`${this.name}: ${error.stack}`);
        if (!res.headersSent) res.writeHead(500);
        res.end();
      });
    };
    const options = { keepAliveTimeout: 60_000 };
    if (this.kind.tls) {
      const { ca, server } = authority;
      const tls = { ...options, key: server.key, cert: server.cert, ca: ca.cert };
      this.servers = [
        https.createServer(tls, handle),
        https.createServer({ ...tls, requestCert: true, rejectUnauthorized: false }, handle),
      ];
    } else {
      this.servers = [http.createServer(options, handle)];
    }
    for (const server of this.servers) this.ports.push(await listen(server, port()));
    const scheme = this.kind.tls ? 'https' : 'http';
    this.issuer = `${scheme}://${HOST}:${this.ports[0]}`;
    this.alias = this.kind.tls ? `${scheme}://${HOST}:${this.ports[1]}` : undefined;
    this.keys = usesKeys(this.kind)
      ? await Promise.all([newKey('ES256', `${this.id}-es256`), newKey('PS256', `${this.id}-ps256`)])
      : [];
    await this.rotate();
  }

  /** A new key signs from now on, and the old one is gone. */
  async rotate() {
    this.rotations += 1;
    this.key = await newKey(this.kind.alg, `${this.name}-${this.rotations}`);
    const provider = new Provider(this.issuer, configuration(this.name, this.kind, {
      adapter: this.store.adapter,
      key: this.key,
      aliases: this.alias && { token_endpoint: `${this.alias}/token`, userinfo_endpoint: `${this.alias}/me` },
    }));
    // Loopback over http is all there is here, for clients with an id_token in the answer too.
    const { invalidate } = provider.Client.Schema.prototype;
    provider.Client.Schema.prototype.invalidate = function lenient(message, code) {
      if (code !== 'implicit-force-https' && code !== 'implicit-forbid-localhost') invalidate.call(this, message);
    };
    provider.use((ctx, next) => this.afterwards(ctx, next));
    provider.on('server_error', (ctx, error) => console.error(`${this.name}: ${error.stack}`));
    this.provider = provider;
    this.callback = provider.callback();
  }

  async handle(req, res) {
    const { pathname } = new URL(req.url, this.issuer);
    const endpoint = ENDPOINTS[pathname];
    if (pathname.startsWith('/interaction/')) {
      await this.interaction(req, res);
      return;
    }
    if (endpoint) this.counts[endpoint] += 1;
    if (endpoint === 'token' || endpoint === 'par') {
      req.body = await read(req);
      const code = endpoint === 'token' && new URLSearchParams(req.body).get('code');
      if (code) this.counts.codes[code] = (this.counts.codes[code] ?? 0) + 1;
    }
    req.fault = this.faults[endpoint] ?? 'none';
    if (await answeredInstead(req.fault, { endpoint, issuer: this.issuer }, req, res)) return;
    await this.callback(req, res);
  }

  async afterwards(ctx, next) {
    // The answer is signed with, and changed as, what holds when it is made.
    const { key, issuer, redirectUris } = this;
    await next();
    const { fault = 'none' } = ctx.req;
    if (ctx.path === '/token') {
      if (ctx.body) ctx.body = changedToken(fault, key, ctx.body);
    } else if (fault === 'wrong_issuer') {
      ctx.body = { ...ctx.body, issuer: 'https://wrong.example' };
    } else if (ctx.path === '/auth' || ctx.path.startsWith('/auth/')) {
      changeAnswer(this.faults.authorize, { issuer, key, redirectUris }, ctx);
    }
    await delayed(fault, ctx);
  }

  /** The page where the customer logs in and decides. */
  async interaction(req, res) {
    const html = (status, body) => res
      .writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).end(body);
    let details;
    try {
      details = await this.provider.interactionDetails(req, res);
    } catch (error) {
      if (!(error instanceof errors.SessionNotFound)) throw error;
      html(400, errorPage(error));
      return;
    }
    const { params } = details;
    const ask = (status, trouble) => html(status, consentPage({
      kind: this.name, client: 'Handback', scope: params.scope, action: req.url, trouble,
    }));
    if (req.method !== 'POST') {
      ask(200);
      return;
    }
    const form = new URLSearchParams(await read(req));
    const decision = form.get('decision');
    if (decision === 'deny') {
      await this.provider.interactionFinished(req, res, {
        error: 'access_denied', error_description: 'The customer said no',
      });
    } else if (decision !== 'approve') {
      ask(400, 'Approve or deny, please.');
    } else if (!this.people.includes(form.get('login'))) {
      ask(400, `Nobody of that name banks here. Try ${USER}.`);
    } else {
      const accountId = form.get('login');
      const grant = new this.provider.Grant({ accountId, clientId: params.client_id });
      grant.addOIDCScope(params.scope);
      await this.provider.interactionFinished(req, res, {
        login: { accountId, remember: false },
        consent: { grantId: await grant.save() },
      });
    }
  }

  /** Sets these faults, which are spelt well. */
  async fail(faults) {
    const { jwks, port: listening, ...others } = faults;
    Object.assign(this.faults, others);
    if (jwks === 'rotate') {
      await this.rotate();
      this.faults.jwks = 'none';
    } else if (jwks) {
      this.faults.jwks = jwks;
    }
    if (listening && listening !== this.faults.port) {
      for (const [i, server] of this.servers.entries()) {
        if (listening === 'none') {
          await listenAgain(server, this.ports[i]);
        } else {
          const done = new Promise((resolve) => { server.close(resolve); });
          server.closeAllConnections();
          await done;
        }
      }
      this.faults.port = listening;
    }
  }

  async reset() {
    await this.fail(noFaults());
    this.counts = noCounts();
  }

  described(authority) {
    const { kind } = this;
    const [first, second] = this.keys;
    return {
      issuer: this.issuer,
      client_id: this.id,
      ...(usesSecret(kind) && { client_secret: this.secret }),
      token_endpoint_auth_method: kind.auth,
      response_type: kind.response_type,
      response_mode: kind.response_mode,
      scope: SCOPE,
      id_token_signed_response_alg: kind.alg,
      require_pushed_authorization_requests: kind.par === 'required',
      require_signed_request_object: Boolean(kind.fapi),
      redirect_uris: this.redirectUris,
      user: USER,
      ...(first && {
        private_key_pem: first.pem(),
        kid: first.kid,
        alg: first.alg,
        rsa_private_key_pem: second.pem(),
        rsa_kid: second.kid,
        rsa_alg: second.alg,
      }),
      ...(kind.fapi && { request_object_signing_alg: first.alg }),
      ...(kind.response_mode.endsWith('jwt') && { authorization_signed_response_alg: kind.alg }),
      ...(kind.tls && { ...authority.paths, mtls_issuer: this.alias }),
    };
  }
}

class Refused extends Error {}

class Control {
  constructor(banks) {
    this.banks = banks;
  }

  bank(name) {
    if (!Object.hasOwn(this.banks, name)) throw new Refused(`unknown kind ${name}: one of ${Object.keys(this.banks).join(', ')}`);
    return this.banks[name];
  }

  each(member) {
    return Object.fromEntries(Object.values(this.banks).map((bank) => [bank.name, bank[member]]));
  }

  register(uris) {
    for (const bank of Object.values(this.banks)) {
      for (const uri of uris(bank.name)) {
        if (!URL.canParse(uri)) throw new Refused(`no URL: ${uri}`);
        if (!bank.redirectUris.includes(uri)) bank.redirectUris.push(uri);
      }
    }
  }

  registerPublicUrl(url) {
    this.register((name) => [`${url.replace(/\/+$/, '')}/return/${name}`]);
  }

  async answer(call, body) {
    switch (call) {
      case 'GET /faults': return this.each('faults');
      case 'GET /counts': return this.each('counts');
      case 'POST /faults': {
        const { kind, ...faults } = body;
        const bank = this.bank(kind);
        const trouble = misspelt(faults);
        if (trouble) throw new Refused(trouble);
        await bank.fail(faults);
        return bank.faults;
      }
      case 'POST /reset': {
        const { kind, ...more } = body;
        if (Object.keys(more).length > 0) throw new Refused('only kind');
        for (const bank of kind ? [this.bank(kind)] : Object.values(this.banks)) await bank.reset();
        return {};
      }
      case 'POST /redirect-uris': {
        const { public_url: url, uris, ...more } = body;
        if (Object.keys(more).length > 0 || (!url && !Array.isArray(uris))) throw new Refused('public_url or uris');
        if (url) this.registerPublicUrl(url);
        if (uris) this.register(() => uris);
        return this.each('redirectUris');
      }
      default: throw new Refused(`unknown call ${call}`);
    }
  }

  server() {
    return http.createServer({ keepAliveTimeout: 60_000 }, async (req, res) => {
      let status = 200;
      let answer;
      try {
        const body = req.method === 'POST' ? JSON.parse(await read(req) || '{}') : {};
        answer = await this.answer(`${req.method} ${req.url}`, body);
      } catch (error) {
        status = error instanceof Refused || error instanceof SyntaxError ? 400 : 500;
        answer = { error: error.message };
      }
      res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  }
}

const authority = newAuthority();
process.on('exit', authority.remove);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(0));
process.stdin.on('end', () => process.exit(0)).on('error', () => process.exit(0)).resume();

const banks = Object.fromEntries(Object.keys(KINDS).map((name) => [name, new Bank(name)]));
const control = new Control(banks);
control.registerPublicUrl(args['public-url']);
control.register(() => args['extra-redirect-uri']);
const controlPort = await listen(control.server(), port());
// Ports are taken one after the other, keys are made all at once.
await Promise.all(Object.values(banks).map((bank) => bank.open(authority)));

process.stdout.write(`${JSON.stringify({
  kinds: Object.fromEntries(Object.values(banks).map((bank) => [bank.name, bank.described(authority)])),
  control: `http://${HOST}:${controlPort}`,
})}\n`);
