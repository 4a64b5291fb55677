// What the fakes of Stripe and of Mollie share: a server on this machine, and idempotency keys.
//
// They are strict where a mistake would cost money: a parameter that is not known, a write without an idempotency key
// of the caller, an amount in other units, a key that is used again for another request. None of them is accepted.
// Their tables of decimals are their own, so that a mistake in money.mjs is not repeated here.

import { createServer } from 'node:http';

/** An answer that is an error. */
export class Rejected extends Error {
  constructor(status, body) {
    super(`rejected with ${status}`);
    Object.assign(this, { status, body });
  }
}

/** A payment service that is played here; a class of its own says how it answers. */
export class FakeServer {
  /** How many objects were created by requests that carried a key for the first time. */
  writes = 0;
  /** How many questions were answered. */
  reads = 0;
  #answered = new Map();
  #planned = [];
  #server = createServer((request, response) => this.#answer(request, response));
  #ids = 0;

  async listen() {
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.port = this.#server.address().port;
    return this;
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** Answers the next request of this method like this, whatever it is. */
  answerNext(method, status, body) {
    this.#planned.push({ method, status, body });
  }

  newId(prefix) {
    this.#ids += 1;
    return `${prefix}${String(this.#ids).padStart(10, '0')}`;
  }

  async #answer(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    let status, answer;
    try {
      [status, answer] = this.#respond(request, body);
    } catch (error) {
      [status, answer] = error instanceof Rejected ? [error.status, error.body] : [500, { detail: String(error) }];
      if (!(error instanceof Rejected)) console.error(error);
    }
    response.writeHead(status, { 'content-type': 'application/json' }).end(answer ? JSON.stringify(answer) : '');
  }

  #respond(request, body) {
    const { method, headers } = request;
    const url = new URL(request.url, 'http://fake');
    this.authorise(headers);
    const planned = this.#planned.findIndex((answer) => answer.method === method);
    if (planned >= 0) {
      const [{ status, body: answer }] = this.#planned.splice(planned, 1);
      return [status, answer];
    }
    const handle = () => JSON.parse(JSON.stringify(this.handle(method, url, body)));
    if (method === 'GET') {
      this.reads += 1;
      return handle();
    }
    const key = headers['idempotency-key'];
    // Both SDKs make up a key where the caller gives none, which protects their own repetitions alone.
    if (!key || this.isMadeUp(key)) throw new Rejected(400, this.problem('idempotency_key_missing'));
    const fingerprint = `${method} ${url.pathname} ${body}`;
    const known = this.#answered.get(key);
    if (known && known.fingerprint !== fingerprint) throw new Rejected(400, this.idempotencyProblem());
    if (known) return known.answer;
    const answer = handle();
    this.writes += 1;
    this.#answered.set(key, { fingerprint, answer });
    return answer;
  }
}

/** Whether a text is a URL. */
export const isUrl = (text) => typeof text === 'string' && URL.canParse(text);
