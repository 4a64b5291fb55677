// Stripe, as far as its adapter uses it: sessions, payment intents, refunds and signed events. No money, no network.

import Stripe from 'stripe';
import { FakeServer, Rejected, isUrl } from './fake_server.mjs';

// https://docs.stripe.com/currencies: UGX is in this list there, too, but its special case comes first.
const STRIPE_ZERO = 'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' ');
const STRIPE_STEP = { bhd: 10, jod: 10, kwd: 10, omr: 10, tnd: 10, isk: 100, ugx: 100 };
const STRIPE_TWO = ['eur', 'usd', 'gbp', 'chf', 'huf', 'twd', 'sek'];

const SESSION_PARAMETERS = {
  mode: (text) => text === 'payment',
  'line_items[0][quantity]': (text) => text === '1',
  'line_items[0][price_data][currency]': (text) =>
    STRIPE_ZERO.includes(text) || text in STRIPE_STEP || STRIPE_TWO.includes(text),
  'line_items[0][price_data][unit_amount]': () => true,
  'line_items[0][price_data][product_data][name]': (text) => text.length > 0 && text.length <= 250,
  client_reference_id: (text) => /^[\w-]{1,200}$/.test(text),
  'metadata[reference]': (text) => text.length > 0 && text.length <= 500,
  'metadata[notification_url]': (text) => isUrl(text) && text.length <= 500,
  'metadata[payee]': (text) => text.length <= 500,
  'payment_intent_data[metadata][reference]': (text) => text.length > 0,
  'payment_intent_data[metadata][notification_url]': isUrl,
  'payment_intent_data[metadata][payee]': () => true,
  'payment_intent_data[capture_method]': (text) => text === 'automatic' || text === 'manual',
  'adaptive_pricing[enabled]': (text) => text === 'false',
  success_url: isUrl,
  cancel_url: isUrl,
  expires_at: (text) => isWithinADay(Number(text)),
};

function isWithinADay(seconds) {
  const now = Date.now() / 1000;
  return Number.isInteger(seconds) && seconds >= now + 30 * 60 && seconds <= now + 24 * 60 * 60;
}

/** A fake of Stripe's API. Its customers are `pay`, `processing`, `failLater` and `expire`. */
export class FakeStripe extends FakeServer {
  sessions = new Map();
  intents = new Map();
  refunds = [];
  refundStatus = 'succeeded';

  /** The options that point Stripe's SDK here. */
  get options() {
    return { host: '127.0.0.1', port: this.port, protocol: 'http', maxNetworkRetries: 0, telemetry: false };
  }

  authorise({ authorization }) {
    if (authorization !== 'Bearer sk_test_fake')
      throw new Rejected(401, { error: { type: 'invalid_request_error', message: 'Invalid API key' } });
  }

  isMadeUp(key) {
    return key.startsWith('stripe-node-retry-');
  }

  problem(code, param, type = 'invalid_request_error') {
    return { error: { type, code, param, message: `${code}: ${param}` } };
  }

  idempotencyProblem() {
    return this.problem(undefined, undefined, 'idempotency_error');
  }

  handle(method, url, body) {
    const form = new URLSearchParams(method === 'GET' ? url.search : body);
    const [, , resource, ...rest] = url.pathname.split('/');
    switch (`${method} ${resource}/${rest.length}`) {
      case 'POST checkout/1':
        return [200, this.#createSession(form)];
      case 'GET checkout/2':
        return [200, this.#session(rest[1], form)];
      case 'POST checkout/3':
        return [200, this.#expireSession(rest[1], form)];
      case 'POST payment_intents/2':
        return [200, rest[1] === 'capture' ? this.#capture(rest[0], form) : this.#cancelIntent(rest[0], form)];
      case 'POST refunds/0':
        return [200, this.#refund(form)];
      case 'GET refunds/0':
        return [200, this.#refundsOf(form)];
      default:
        throw new Rejected(404, this.problem('url_unknown', url.pathname));
    }
  }

  #check(form, rules) {
    for (const name of form.keys())
      if (!(name in rules)) throw new Rejected(400, this.problem('parameter_unknown', name));
    for (const [name, rule] of Object.entries(rules)) {
      const value = form.get(name) ?? undefined;
      const code = value === undefined ? 'parameter_missing' : 'parameter_invalid';
      if (!rule(value)) throw new Rejected(400, this.problem(code, name));
    }
  }

  #units(text, currency, param) {
    const units = Number(text);
    const isWhole = /^[1-9]\d{0,7}$/.test(text ?? '');
    if (!isWhole || units % (STRIPE_STEP[currency] ?? 1) !== 0)
      throw new Rejected(400, this.problem('parameter_invalid_integer', param));
    return units;
  }

  #createSession(form) {
    this.#check(
      form,
      rulesOf(SESSION_PARAMETERS, ['metadata[payee]', 'payment_intent_data[metadata][payee]', 'expires_at']),
    );
    const currency = form.get('line_items[0][price_data][currency]');
    const amount = this.#units(form.get('line_items[0][price_data][unit_amount]'), currency, 'unit_amount');
    const metadata = mapOf(form, 'metadata');
    const id = this.newId('cs_test_');
    const session = {
      id,
      object: 'checkout.session',
      status: 'open',
      payment_status: 'unpaid',
      amount_total: amount,
      currency,
      metadata,
      client_reference_id: form.get('client_reference_id'),
      url: `https://checkout.stripe.example/c/${id}`,
      payment_intent: null,
      expires_at: Number(form.get('expires_at') ?? Math.floor(Date.now() / 1000) + 24 * 60 * 60),
      captureMethod: form.get('payment_intent_data[capture_method]'),
      intentMetadata: mapOf(form, 'payment_intent_data[metadata]'),
    };
    this.sessions.set(id, session);
    return this.#shown(session);
  }

  #shown({ captureMethod, intentMetadata, ...session }, expanded) {
    const intent =
      session.payment_intent && expanded ? this.intents.get(session.payment_intent) : session.payment_intent;
    return { ...session, payment_intent: intent };
  }

  #session(id, form) {
    this.#check(form, rulesOf({ 'expand[0]': (text) => text === 'payment_intent' }));
    return this.#shown(this.#known(this.sessions, id), true);
  }

  #known(map, id) {
    const known = map.get(id);
    if (!known) throw new Rejected(404, this.problem('resource_missing', 'id'));
    return known;
  }

  #expireSession(id, form) {
    this.#check(form, rulesOf({ 'expand[0]': (text) => text === 'payment_intent' }));
    const session = this.#known(this.sessions, id);
    if (session.status !== 'open') throw new Rejected(400, this.problem(undefined, 'status'));
    this.expire(id);
    return this.#shown(session, true);
  }

  #capture(id, form) {
    this.#check(form, rulesOf({ amount_to_capture: () => true, 'metadata[capture]': (text) => text.length > 0 }));
    const intent = this.#known(this.intents, id);
    if (intent.status !== 'requires_capture') throw new Rejected(400, this.problem('payment_intent_unexpected_state'));
    const amount = this.#units(form.get('amount_to_capture'), intent.currency, 'amount_to_capture');
    if (amount > intent.amount) throw new Rejected(400, this.problem('amount_too_large', 'amount_to_capture'));
    Object.assign(intent, { status: 'succeeded', amount_received: amount });
    Object.assign(intent.metadata, mapOf(form, 'metadata'));
    this.#sessionOf(intent).payment_status = 'paid';
    return intent;
  }

  #cancelIntent(id, form) {
    this.#check(form, {});
    const intent = this.#known(this.intents, id);
    if (intent.status !== 'requires_capture') throw new Rejected(400, this.problem('payment_intent_unexpected_state'));
    intent.status = 'canceled';
    return intent;
  }

  #refund(form) {
    this.#check(
      form,
      rulesOf(
        {
          payment_intent: (text) => text.startsWith('pi_'),
          amount: () => true,
          'metadata[operation]': (text) => text.length > 0,
          'metadata[description]': (text) => text.length <= 500,
        },
        ['metadata[description]'],
      ),
    );
    const intent = this.#known(this.intents, form.get('payment_intent'));
    const amount = this.#units(form.get('amount'), intent.currency, 'amount');
    const before = this.refunds
      .filter((refund) => refund.payment_intent === intent.id)
      .reduce((sum, refund) => sum + refund.amount, 0);
    if (before + amount > (intent.amount_received ?? 0))
      throw new Rejected(400, this.problem('charge_already_refunded', 'amount'));
    const refund = {
      id: this.newId('re_'),
      object: 'refund',
      payment_intent: intent.id,
      amount,
      status: this.refundStatus,
      metadata: mapOf(form, 'metadata'),
    };
    this.refunds.push(refund);
    return refund;
  }

  #refundsOf(form) {
    this.#check(
      form,
      rulesOf({ payment_intent: (text) => text.startsWith('pi_'), limit: (text) => Number(text) <= 100 }),
    );
    return {
      object: 'list',
      url: '/v1/refunds',
      has_more: false,
      data: this.refunds.filter((refund) => refund.payment_intent === form.get('payment_intent')),
    };
  }

  #sessionOf(intent) {
    return [...this.sessions.values()].find((session) => session.payment_intent === intent.id);
  }

  #complete(id, status, more = {}) {
    const session = this.sessions.get(id);
    const intent = {
      id: this.newId('pi_'),
      object: 'payment_intent',
      status,
      amount: session.amount_total,
      currency: session.currency,
      metadata: { ...session.intentMetadata },
      last_payment_error: null,
      ...more,
    };
    this.intents.set(intent.id, intent);
    Object.assign(session, {
      status: 'complete',
      url: null,
      payment_intent: intent.id,
      payment_status: status === 'succeeded' ? 'paid' : 'unpaid',
    });
    return session;
  }

  /** The customer pays; where the capture is manual, the amount is set aside. */
  pay(id) {
    const { captureMethod, amount_total: amount } = this.sessions.get(id);
    return captureMethod === 'manual'
      ? this.#complete(id, 'requires_capture')
      : this.#complete(id, 'succeeded', { amount_received: amount });
  }

  /** The customer pays by a debit that takes days. */
  processing(id) {
    return this.#complete(id, 'processing');
  }

  /** The debit fails. */
  failLater(id, error) {
    const session = this.sessions.get(id);
    Object.assign(this.intents.get(session.payment_intent), {
      status: 'requires_payment_method',
      last_payment_error: error,
    });
  }

  /** Nobody has paid in time. */
  expire(id) {
    Object.assign(this.sessions.get(id), { status: 'expired', url: null });
  }

  /** Posts an event about a session, signed as Stripe signs. */
  async sendEvent(url, type, id, { secret, timestamp = Math.floor(Date.now() / 1000) }) {
    const payload = JSON.stringify({
      id: this.newId('evt_'),
      object: 'event',
      type,
      data: { object: this.#shown(this.sessions.get(id)) },
    });
    const header = new Stripe('sk_test_fake').webhooks.generateTestHeaderString({ payload, secret, timestamp });
    return fetch(url, { method: 'POST', headers: { 'stripe-signature': header }, body: payload });
  }
}

// A parameter is required unless it is named as optional; a rule is asked with `undefined` for that.
function rulesOf(rules, optional = []) {
  return Object.fromEntries(
    Object.entries(rules).map(([name, rule]) => [
      name,
      (text) => (text === undefined ? optional.includes(name) : rule(text)),
    ]),
  );
}

// The entries of `name[…]`, but not of what is nested deeper.
function mapOf(form, name) {
  const entries = [...form].filter(
    ([key]) => key.startsWith(`${name}[`) && !key.slice(name.length + 1, -1).includes('['),
  );
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(name.length + 1, -1), value]));
}
