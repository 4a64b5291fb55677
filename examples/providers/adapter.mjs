// The server side of Handback's provider protocol (docs/PROVIDERS.md), for any payment service.
//
// An adapter keeps no database. What it must remember of a payment (its reference and its notification_url) it writes
// into the metadata of the payment service, so a restart loses nothing. That a question is carried out once, however
// often it is asked, is left to the service's own idempotency keys: the key is the webhook-id.

import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { Refused } from './refused.mjs';

export { Refused } from './refused.mjs';
export { decimalsOf, fromMinor, toMinor } from './money.mjs';

/** The longest body that is read, in bytes. */
export const MAX_BODY = 64 * 1024;

// Handback waits 10 seconds for an answer.
const ANSWER_WITHIN_MS = 9_000;

const PAYMENT_TYPES = [
  'payment.create',
  'payment.get',
  'payment.cancel',
  'payment.capture',
  'payment.refund',
  'payment.void',
];

/** An error whose status is the whole answer. */
export class HttpError extends Error {
  constructor(status, code) {
    super(code);
    this.name = 'HttpError';
    this.status = status;
    this.code = code;
  }
}

/** Reads the secret that is shared with Handback; two with a comma while one replaces the other. */
export function parseSecrets(text = '') {
  const secrets = text.split(',').map((secret) => secret.trim());
  const isValid = (secret) => {
    const base64 = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1] ?? '';
    const length = Buffer.from(base64, 'base64').length;
    return length >= 24 && length <= 64;
  };
  if (secrets.length > 2 || !secrets.every(isValid)) {
    throw new Error(
      'HANDBACK_SECRET is not whsec_ with 24 to 64 bytes in base64; two with a comma while one replaces the other',
    );
  }
  return secrets;
}

/**
 * A server that answers Handback at POST /handback, and the payment service at its own routes.
 *
 * - `operations`: from a type of the protocol to `(data, webhookId) => answer`.
 * - `routes`: from a path to `({ body, headers }) => void`, answered 204.
 * - `refusalOf`: turns an error of the payment service into a `Refused`, where it is one.
 */
export function createAdapter({ secrets, operations, routes = {}, refusalOf = () => undefined, log = console.error }) {
  const adapter = { secrets, operations, refusalOf };
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, 'http://adapter').pathname;
    try {
      const answer = await withDeadline(dispatch(adapter, routes, path, request));
      reply(response, answer === undefined ? 204 : 200, answer);
    } catch (error) {
      replyError(response, error, (why) => log(`${path}: ${why}`));
    }
  });
  server.requestTimeout = 10_000;
  server.headersTimeout = 5_000;
  return server;
}

async function dispatch(adapter, routes, path, request) {
  const isRoute = Object.hasOwn(routes, path);
  if (path !== '/handback' && !isRoute) throw new HttpError(404, 'not_found');
  if (request.method !== 'POST') throw new HttpError(405, 'method_not_allowed');
  const body = await readBody(request);
  if (!isRoute) return answerQuestion(adapter, body, request.headers);
  await routes[path]({ body, headers: request.headers });
}

async function answerQuestion({ secrets, operations, refusalOf }, body, headers) {
  if (!isSigned(secrets, body, headers)) throw new HttpError(401, 'not_signed');
  const { type, data } = parseMessage(body);
  if (type === 'ping') return {};
  if (!PAYMENT_TYPES.includes(type)) throw new Refused('unknown_type', 'The type is not one of the protocol.');
  if (!Object.hasOwn(operations, type))
    throw new Refused('operation_not_possible', 'This provider has no such operation.');
  try {
    return await operations[type](data, headers['webhook-id']);
  } catch (error) {
    throw refusalOf(error) ?? error;
  }
}

function isSigned(secrets, body, headers) {
  return secrets.some((secret) => {
    try {
      new Webhook(secret).verify(body, headers, { jsonParse: false });
      return true;
    } catch (error) {
      if (error instanceof WebhookVerificationError) return false;
      throw error;
    }
  });
}

function parseMessage(body) {
  let message;
  try {
    message = JSON.parse(body.toString());
  } catch {
    throw new HttpError(400, 'not_json');
  }
  const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject(message) || typeof message.type !== 'string' || !isObject(message.data)) {
    throw new HttpError(400, 'not_a_message');
  }
  return message;
}

/** The texts of these fields; a field that is missing is refused. Only `description` may be empty. */
export function texts(data, ...fields) {
  for (const field of fields) {
    const value = data[field];
    if (typeof value !== 'string' || (value === '' && field !== 'description')) {
      throw new Refused('invalid_request', `The field ${field} is missing.`);
    }
  }
  return data;
}

/** The beginning of a text, as long as a payment service takes it. */
export function shorten(text, length) {
  // A character that was cut in half cannot be encoded.
  return String(text).slice(0, length).toWellFormed();
}

async function readBody(request) {
  const chunks = [];
  let size = 0;
  // What is too long is read on and thrown away for a while: the sender still gets its 413.
  for await (const chunk of request) {
    size += chunk.length;
    if (size > 16 * MAX_BODY) request.destroy();
    if (size <= MAX_BODY) chunks.push(chunk);
  }
  if (size > MAX_BODY) throw new HttpError(413, 'too_large');
  return Buffer.concat(chunks);
}

function withDeadline(work) {
  const timer = new AbortController();
  const late = sleep(ANSWER_WITHIN_MS, undefined, { signal: timer.signal, ref: false }).then(
    () => Promise.reject(new HttpError(504, 'no_answer_in_time')),
    () => undefined,
  );
  return Promise.race([work, late]).finally(() => timer.abort());
}

function reply(response, status, body) {
  if (response.destroyed) return;
  const text = body === undefined ? '' : JSON.stringify(body);
  response.writeHead(status, text === '' ? {} : { 'content-type': 'application/json' }).end(text);
}

// An error of the payment service may quote a key or a customer, so only its name is written down, and nothing of it
// is answered. 502 leaves open whether something was done, and Handback asks again.
function replyError(response, error, log) {
  if (error instanceof Refused) return reply(response, 422, { code: error.code, detail: error.detail });
  if (error instanceof HttpError) {
    if (error.status >= 500) log(error.code);
    return reply(response, error.status, { code: error.code });
  }
  log(error?.type ?? error?.name ?? 'unknown error');
  reply(response, 502, { code: 'not_answered' });
}

/**
 * Tells Handback that something has become of a payment.
 *
 * Rejects when that did not reach it. The route that called answers 502 then, and the payment service, which keeps
 * what is not delivered, sends its own webhook again.
 */
export async function notify(secrets, notificationUrl, reference, { waits = [500, 1_000], timeout = 2_000 } = {}) {
  const id = `msg_${randomUUID()}`;
  for (const wait of [...waits, undefined]) {
    const status = await post(secrets[0], notificationUrl, id, reference, timeout);
    if (status >= 200 && status < 300) return;
    // Handback does not know the payment any more: there is nobody left to tell.
    if (status === 400 || status === 404) return;
    if (wait !== undefined) await sleep(wait);
  }
  throw new HttpError(502, 'not_notified');
}

async function post(secret, url, id, reference, timeout) {
  const now = new Date();
  const body = JSON.stringify({ type: 'payment.updated', timestamp: now.toISOString(), data: { reference } });
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, now, body),
  };
  try {
    const signal = AbortSignal.timeout(timeout);
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
    await response.body?.cancel();
    return response.status;
  } catch {
    return 0;
  }
}

/** Whether a module is the program that was started, and not imported. */
export function isMain({ filename }) {
  return process.argv[1] !== undefined && realpathSync(process.argv[1]) === filename;
}

/** Starts a server as HOST and PORT say, and ends it when the process is asked to end. */
export function start(server, { HOST = '127.0.0.1', PORT = '8090' } = process.env) {
  server.listen(Number(PORT), HOST, () => console.error(`listening on ${HOST}:${server.address().port}`));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close());
}

/** The value of an environment variable that must be set. */
export function required(env, name) {
  if (!env[name]) throw new Error(`${name} is not set`);
  return env[name];
}
