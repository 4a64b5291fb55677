// Everything that a bank can do wrong, on demand. README.md describes each word.
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

import { flipSignature, readJwt, resign, signJwt, unsignedJwt } from './keys.mjs';
import { page } from './page.mjs';

const TRANSPORT = [
  /^slow:\d{1,6}$/, /^hang:\d{1,6}$/, /^trickle:\d{1,6}$/, 'down', 'html', 'html200', '500', '500json', 'empty', 'huge', 'redirect',
];
const REFUSAL = /^error:[a-z_]{1,64}$/;

const aWeekOld = (claims) => { claims.iat = Math.floor(Date.now() / 1000) - 7 * 24 * 3600; };

const TOKEN = {
  wrong_nonce: (jwt, key) => resign(key, jwt, (claims) => { claims.nonce = 'another-nonce'; }),
  bad_signature: (jwt) => flipSignature(jwt),
  two_subs: (jwt, key) => resign(key, jwt, (claims) => { claims.sub = 'mallory'; }),
  wrong_iss_claim: (jwt, key) => resign(key, jwt, (claims) => { claims.iss = 'https://wrong.example'; }),
  wrong_aud: (jwt, key) => resign(key, jwt, (claims) => { claims.aud = 'another-client'; }),
  expired_id_token: (jwt, key) => resign(key, jwt, (claims) => {
    claims.exp = Math.floor(Date.now() / 1000) - 3600;
    claims.iat = claims.exp - 3600;
  }),
  alg_none: (jwt) => unsignedJwt(readJwt(jwt).payload),
  unknown_kid: (jwt, key) => signJwt(key, readJwt(jwt).payload, { kid: 'unknown' }),
  no_id_token: () => undefined,
  old_id_token: (jwt, key) => resign(key, jwt, aWeekOld),
};

// Members of the token response itself; `none` takes one away.
const MEMBER = /^(token_type|scope):([A-Za-z_ ]{1,64})$/;

// On the answer's parameters: for JARM those inside of the JWT.
const ANSWER = {
  no_state: (answer) => { delete answer.state; },
  wrong_state: (answer) => { answer.state = 'another-state'; },
  no_iss: (answer) => { delete answer.iss; },
  wrong_iss: (answer) => { answer.iss = 'https://wrong.example'; },
  no_code_no_error: (answer) => {
    for (const name of ['code', 'id_token', 'error', 'error_description']) delete answer[name];
  },
};

const FRONT = {
  bad_c_hash: (jwt, key) => resign(key, jwt, (claims) => { claims.c_hash = 'AAAAAAAAAAAAAAAAAAAAAA'; }),
  no_s_hash: (jwt, key) => resign(key, jwt, (claims) => { delete claims.s_hash; }),
  front_old: TOKEN.old_id_token,
  bad_s_hash: (jwt, key) => resign(key, jwt, (claims) => { claims.s_hash = 'AAAAAAAAAAAAAAAAAAAAAA'; }),
  front_wrong_nonce: TOKEN.wrong_nonce,
  front_bad_signature: TOKEN.bad_signature,
};

const KNOWN = {
  token: [...TRANSPORT, REFUSAL, MEMBER, ...Object.keys(TOKEN)],
  par: [...TRANSPORT, REFUSAL],
  jwks: [...TRANSPORT, 'rotate'],
  discovery: [...TRANSPORT, 'wrong_issuer'],
  authorize: [
    REFUSAL, ...Object.keys(ANSWER), ...Object.keys(FRONT), 'repeat_code', 'two_places', 'clear', 'state_beside', 'old_jarm', 'bad_jarm_signature',
  ],
  port: ['closed'],
};

export const noFaults = () => Object.fromEntries(Object.keys(KNOWN).map((name) => [name, 'none']));

/** What is wrong with these faults, if anything. */
export function misspelt(faults) {
  for (const [name, fault] of Object.entries(faults)) {
    if (!KNOWN[name]) return `unknown member ${name}: one of kind, ${Object.keys(KNOWN).join(', ')}`;
    const fits = (known) => (known instanceof RegExp ? known.test(fault) : known === fault);
    if (fault !== 'none' && !KNOWN[name].some(fits)) {
      return `unknown fault for ${name}: ${fault}; known: none, ${KNOWN[name].map((k) => k.source ?? k).join(', ')}`;
    }
  }
  return undefined;
}

const milliseconds = (fault) => Number(fault.split(':')[1]);

function reset({ socket }) {
  try {
    socket.resetAndDestroy();
  } catch {
    socket.destroy();
  }
}

/** Answers in the provider's place, if this fault is one that does: true when it did. */
export async function answeredInstead(fault, { endpoint, issuer }, req, res) {
  const success = endpoint === 'par' ? 201 : 200;
  const send = (status, type, body, headers = {}) => {
    res.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...headers }).end(body);
    return true;
  };
  const json = (status, body) => send(status, 'application/json', JSON.stringify(body));
  const closed = page('Maintenance', '  <h1>We will be back soon</h1>');
  if (fault.startsWith('hang:')) {
    await sleep(milliseconds(fault));
    reset(req);
    return true;
  }
  if (REFUSAL.test(fault)) return json(400, { error: fault.slice(6), error_description: 'Scripted refusal' });
  switch (fault) {
    case 'down':
      reset(req);
      return true;
    case 'html': return send(503, 'text/html; charset=utf-8', closed);
    case 'html200': return send(success, 'text/html; charset=utf-8', closed);
    case '500': return send(500, 'text/plain', 'Internal Server Error');
    case '500json': return json(500, { error: 'server_error', error_description: 'Scripted failure' });
    case 'empty': return json(success, {});
    case 'huge': return json(success, { filler: 'x'.repeat(16 * 1024 * 1024) });
    case 'redirect': return send(307, 'text/plain', '', { location: `${issuer}/elsewhere` });
    default: return false;
  }
}

/** Delays what the provider has answered. */
export async function delayed(fault, ctx) {
  if (fault.startsWith('slow:')) await sleep(milliseconds(fault));
  if (!fault.startsWith('trickle:') || ctx.body === undefined) return;
  const body = Buffer.from(typeof ctx.body === 'string' ? ctx.body : JSON.stringify(ctx.body));
  // Timers are good for ten milliseconds, no less.
  const pieces = Math.min(body.length, Math.max(1, Math.floor(milliseconds(fault) / 10)));
  const end = Date.now() + milliseconds(fault);
  ctx.body = Readable.from((async function* trickle() {
    for (let i = 0; i < pieces; i += 1) {
      yield body.subarray(Math.floor(i * body.length / pieces), Math.floor((i + 1) * body.length / pieces));
      await sleep(Math.max(0, (end - Date.now()) / (pieces - i)));
    }
  }()));
}

/** Changes the body of a token response. */
export function changedToken(fault, key, body) {
  const member = body?.access_token && fault.match(MEMBER);
  if (member) return { ...body, [member[1]]: member[2] === 'none' ? undefined : member[2] };
  if (!TOKEN[fault] || !body?.id_token) return body;
  const { id_token: jwt, ...rest } = body;
  const changed = TOKEN[fault](jwt, key);
  return changed === undefined ? rest : { ...rest, id_token: changed };
}

const unescape = (html) => html
  .replace(/&#(\d+);|&#x([0-9a-f]+);/gi, (_, dec, hex) => String.fromCodePoint(dec ? Number(dec) : parseInt(hex, 16)))
  .replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&quot;/g, '"').replace(/&amp;/g, '&');
const escape = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

const INPUTS = /(?:<input type="hidden" name="[^"]*" value="[^"]*"\/>\s*)+/;
const ACTION = /<form method="post" action="([^"]*)">/;

// The answer that `ctx` sends to one of these redirect URIs: where it stands, what it says. Undefined if it is none.
function readAnswer(ctx, redirectUris) {
  const location = ctx.response.get('location');
  if (location) {
    for (const uri of redirectUris) {
      const rest = location.slice(uri.length);
      if (location.startsWith(uri) && /^[?&#]/.test(rest)) {
        return { uri, place: rest[0] === '#' ? 'fragment' : 'query', fields: [...new URLSearchParams(rest.slice(1))] };
      }
    }
  }
  const action = typeof ctx.body === 'string' && ctx.body.match(ACTION);
  if (action && redirectUris.includes(unescape(action[1]))) {
    const inputs = [...ctx.body.match(INPUTS)[0].matchAll(/name="([^"]*)" value="([^"]*)"/g)];
    return { uri: unescape(action[1]), place: 'form', fields: inputs.map(([, name, value]) => [name, unescape(value)]) };
  }
  return undefined;
}

const withQuery = (uri, fields) => `${uri}${uri.includes('?') ? '&' : '?'}${new URLSearchParams(fields)}`;

function writeAnswer(ctx, { uri, place, fields, elsewhere }) {
  if (place === 'form') {
    const action = elsewhere ? withQuery(uri, elsewhere) : uri;
    const inputs = fields.map(([name, value]) => `<input type="hidden" name="${escape(name)}" value="${escape(value)}"/>`);
    ctx.body = ctx.body
      .replace(ACTION, () => `<form method="post" action="${escape(action)}">`)
      .replace(INPUTS, () => `${inputs.join('\n    ')}\n    `);
    return;
  }
  const [query, fragment] = place === 'query' ? [fields, elsewhere] : [elsewhere, fields];
  ctx.set('location', (query ? withQuery(uri, query) : uri) + (fragment ? `#${new URLSearchParams(fragment)}` : ''));
}

/** Changes the answer that goes back through the browser. */
export function changeAnswer(fault, { issuer, key, redirectUris }, ctx) {
  const answer = fault !== 'none' && readAnswer(ctx, redirectUris);
  if (!answer) return;
  const outer = Object.fromEntries(answer.fields);
  const jarm = outer.response && readJwt(outer.response);
  let fields = jarm ? { ...jarm.payload } : outer;

  if (REFUSAL.test(fault)) {
    const { state, aud, exp } = fields;
    fields = { error: fault.slice(6), error_description: 'Scripted refusal', state, iss: issuer, aud, exp };
    for (const name of Object.keys(fields)) if (fields[name] === undefined) delete fields[name];
  }
  const { state } = fields;
  ANSWER[fault]?.(fields);
  if (jarm && fault === 'old_jarm') aWeekOld(fields);
  if (FRONT[fault] && fields.id_token) fields.id_token = FRONT[fault](fields.id_token, key);

  if (jarm && fault === 'clear') {
    delete fields.aud;
    delete fields.exp;
  } else if (jarm) {
    const response = signJwt(key, fields, jarm.header);
    fields = { response: fault === 'bad_jarm_signature' ? flipSignature(response) : response };
    if (fault === 'state_beside') fields.state = state;
  }
  if (answer.place === 'form' && 'error' in fields) ctx.status = 400;
  answer.fields = Object.entries(fields);
  const again = answer.fields.filter(([name]) => name === 'code' || name === 'response');
  if (fault === 'repeat_code') answer.fields.push(...again);
  if (fault === 'two_places') answer.elsewhere = [...again, ...answer.fields.filter(([name]) => name === 'state')];
  writeAnswer(ctx, answer);
}
