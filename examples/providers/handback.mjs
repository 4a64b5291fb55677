// Handback, as a provider meets it, for tests: it asks signed questions, and takes signed notifications.

import { createServer } from 'node:http';
import { randomBytes, randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

/** A secret such as Handback and a provider share. */
export const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`;

/** One Handback: `ask` asks a provider, `notified` is what providers have told it. */
export class FakeHandback {
  notified = [];
  /** The statuses of the next answers to notifications; 204 when there are none. */
  nextStatuses = [];
  #server = createServer((request, response) => this.#receive(request, response));

  constructor(secret = newSecret()) {
    this.secret = secret;
  }

  async listen() {
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.notificationUrl = `http://127.0.0.1:${this.#server.address().port}/notify/example`;
    return this;
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** Asks a provider. The answer is `{ status, body }`. */
  async ask(url, type, data, { id = `q-${randomUUID()}`, at = new Date(), secret = this.secret } = {}) {
    const body = JSON.stringify({ type, timestamp: at.toISOString(), data });
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, at, body),
    };
    const response = await fetch(`${url}/handback`, { method: 'POST', headers, body });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  }

  /** A `payment.create` under its reference; `more` replaces fields. */
  create(url, reference, more = {}) {
    const data = {
      reference,
      amount: '25.00',
      currency: 'EUR',
      capture: 'automatic',
      payee: 'shop',
      description: 'Order 81',
      return_url: 'https://gateway.example/return/example?state=s1',
      notification_url: this.notificationUrl,
      expires_at: this.expiresAt,
      ...more,
    };
    return this.ask(url, 'payment.create', data, { id: `create-${reference}` });
  }

  expiresAt = new Date(Date.now() + 15 * 60_000).toISOString();

  async #receive(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    try {
      const message = new Webhook(this.secret).verify(Buffer.concat(chunks), request.headers);
      this.notified.push({ id: request.headers['webhook-id'], ...message });
      response.writeHead(this.nextStatuses.shift() ?? 204).end();
    } catch {
      response.writeHead(401).end();
    }
  }
}
