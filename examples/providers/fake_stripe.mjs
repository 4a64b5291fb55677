// Stripe, as far as its adapter uses it: sessions, payment intents, refunds, disputes and signed events. No money, no
// network.

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

// What the adapter may have expanded, and nothing else.
const EXPAND = { 'expand[0]': (text) => text === 'payment_intent.latest_charge.refunds' };

// So many refunds come with a charge. Where there are more, they must be listed.
const EXPANDED_REFUNDS = 10;

const CARD = {
  type: 'card',
  card: {
    brand: 'visa',
    country: 'FR',
    exp_month: 4,
    exp_year: 2031,
    fingerprint: 'Xt5EWLLDS7FJjR1c',
    last4: '4242',
    three_d_secure: { result: 'authenticated', version: '2.2.0' },
  },
};

function isWithinADay(seconds) {
  const now = Date.now() / 1000;
  return Number.isInteger(seconds) && seconds >= now + 30 * 60 && seconds <= now + 24 * 60 * 60;
}

/** A fake of Stripe's API. Its customers are `pay`, `processing`, `settle`, `failLater` and `expire`. */
export class FakeStripe extends FakeServer {
  sessions = new Map();
  intents = new Map();
  charges = new Map();
  refunds = [];
  disputes = [];
  refundStatus = 'succeeded';
  /** What the customers pay with. */
  paidWith = { billing_details: { name: 'Ada Lovelace' }, payment_method_details: CARD };

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
      case 'GET payment_intents/1':
        this.#check(form, {});
        return [200, this.#known(this.intents, rest[0])];
      case 'POST payment_intents/2':
        return [200, rest[1] === 'capture' ? this.#capture(rest[0], form) : this.#cancelIntent(rest[0], form)];
      case 'POST refunds/0':
        return [200, this.#refund(form)];
      case 'GET refunds/0':
        return [200, this.#listed(form, '/v1/refunds', this.refunds)];
      case 'GET disputes/0':
        return [200, this.#listed(form, '/v1/disputes', this.disputes)];
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
      created: now(),
      status: 'open',
      payment_status: 'unpaid',
      amount_total: amount,
      currency,
      metadata,
      client_reference_id: form.get('client_reference_id'),
      url: `https://checkout.stripe.example/c/${id}`,
      payment_intent: null,
      expires_at: Number(form.get('expires_at') ?? now() + 24 * 60 * 60),
      captureMethod: form.get('payment_intent_data[capture_method]'),
      intentMetadata: mapOf(form, 'payment_intent_data[metadata]'),
    };
    this.sessions.set(id, session);
    return this.#shown(session);
  }

  #shown({ captureMethod, intentMetadata, ...session }, isExpanded) {
    const intent = isExpanded ? this.intents.get(session.payment_intent) : undefined;
    if (!intent) return session;
    const data = this.#refundsOf(intent);
    const refunds = {
      object: 'list',
      url: `/v1/charges/${intent.latest_charge}/refunds`,
      has_more: data.length > EXPANDED_REFUNDS,
      data: data.slice(0, EXPANDED_REFUNDS),
    };
    const latest_charge = { ...this.charges.get(intent.latest_charge), refunds };
    return { ...session, payment_intent: { ...intent, latest_charge } };
  }

  #session(id, form) {
    this.#check(form, rulesOf(EXPAND));
    return this.#shown(this.#known(this.sessions, id), true);
  }

  #known(map, id) {
    const known = map.get(id);
    if (!known) throw new Rejected(404, this.problem('resource_missing', 'id'));
    return known;
  }

  #expireSession(id, form) {
    this.#check(form, rulesOf(EXPAND));
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
    Object.assign(intent.metadata, mapOf(form, 'metadata'));
    return this.#collect(intent, amount);
  }

  // What is left of the amount is released, and is in the list of refunds.
  #collect(intent, amount) {
    Object.assign(intent, { status: 'succeeded', amount_received: amount });
    this.#sessionOf(intent).payment_status = 'paid';
    if (amount < intent.amount) this.#addRefund(intent, intent.amount - amount);
    return intent;
  }

  #cancelIntent(id, form) {
    this.#check(form, {});
    const intent = this.#known(this.intents, id);
    if (intent.status !== 'requires_capture') throw new Rejected(400, this.problem('payment_intent_unexpected_state'));
    intent.status = 'canceled';
    this.#addRefund(intent, intent.amount);
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
    const before = this.#refundsOf(intent).reduce((sum, refund) => sum + refund.amount, 0);
    if (before + amount > (intent.status === 'succeeded' ? intent.amount : 0))
      throw new Rejected(400, this.problem('charge_already_refunded', 'amount'));
    return this.#addRefund(intent, amount, { status: this.refundStatus, metadata: mapOf(form, 'metadata') });
  }

  #addRefund({ id: payment_intent, latest_charge: charge, currency }, amount, more = {}) {
    const refund = {
      id: this.newId('re_'),
      object: 'refund',
      payment_intent,
      charge,
      amount,
      currency,
      status: 'succeeded',
      reason: null,
      metadata: {},
      ...more,
    };
    this.refunds.push(refund);
    return refund;
  }

  // The newest first, as in every list of Stripe's.
  #refundsOf(intent) {
    return this.refunds.filter((refund) => refund.payment_intent === intent.id).toReversed();
  }

  #listed(form, url, entries) {
    const rules = {
      payment_intent: (text) => text.startsWith('pi_'),
      limit: (text) => Number(text) >= 1 && Number(text) <= 100,
      starting_after: (text) => entries.some(({ id }) => id === text),
    };
    this.#check(form, rulesOf(rules, ['starting_after']));
    const all = entries.filter((entry) => entry.payment_intent === form.get('payment_intent')).toReversed();
    const after = all.slice(all.findIndex(({ id }) => id === form.get('starting_after')) + 1);
    const data = after.slice(0, Number(form.get('limit')));
    return { object: 'list', url, has_more: data.length < after.length, data };
  }

  #sessionOf(intent) {
    return [...this.sessions.values()].find((session) => session.payment_intent === intent.id);
  }

  #intentOf(id) {
    return this.intents.get(this.sessions.get(id).payment_intent);
  }

  #complete(id, status, more = {}) {
    const session = this.sessions.get(id);
    const { amount_total: amount, currency, captureMethod: capture_method, intentMetadata } = session;
    const intent = {
      id: this.newId('pi_'),
      object: 'payment_intent',
      status,
      amount,
      amount_received: 0,
      currency,
      capture_method,
      metadata: { ...intentMetadata },
      last_payment_error: null,
      latest_charge: this.newId('ch_'),
      ...more,
    };
    this.intents.set(intent.id, intent);
    this.charges.set(intent.latest_charge, {
      id: intent.latest_charge,
      object: 'charge',
      payment_intent: intent.id,
      amount,
      currency,
      disputed: false,
      metadata: { ...intentMetadata },
      ...this.paidWith,
    });
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

  /** The debit arrives. */
  settle(id) {
    const intent = this.#intentOf(id);
    return this.#collect(intent, intent.amount);
  }

  /** The debit fails. */
  failLater(id, error) {
    Object.assign(this.#intentOf(id), { status: 'requires_payment_method', last_payment_error: error });
  }

  /** Nobody has paid in time. */
  expire(id) {
    Object.assign(this.sessions.get(id), { status: 'expired', url: null });
  }

  /** Somebody captures what is set aside for a session, in the dashboard. */
  captureInDashboard(id, amount) {
    return this.#collect(this.#intentOf(id), amount);
  }

  /** Somebody refunds an amount of a session, in the dashboard. */
  refundInDashboard(id, amount, more = {}) {
    return this.#addRefund(this.#intentOf(id), amount, more);
  }

  /** The customer's bank disputes what was paid. The test changes the dispute's status itself. */
  dispute(id, more = {}) {
    const { id: payment_intent, latest_charge: charge, amount_received: amount, currency } = this.#intentOf(id);
    const dispute = {
      id: this.newId('dp_'),
      object: 'dispute',
      payment_intent,
      charge,
      amount,
      currency,
      status: 'needs_response',
      reason: 'fraudulent',
      metadata: {},
      balance_transactions: [{ id: this.newId('txn_') }],
      ...more,
    };
    this.disputes.push(dispute);
    this.charges.get(charge).disputed = true;
    return dispute;
  }

  /** The charge of a session. */
  chargeOf(id) {
    return this.charges.get(this.#intentOf(id).latest_charge);
  }

  /** Posts an event about a session, a charge or a dispute, signed as Stripe signs. */
  async sendEvent(url, type, id, { secret, timestamp = now() }) {
    const session = this.sessions.get(id);
    const other = this.charges.get(id) ?? this.disputes.find((dispute) => dispute.id === id);
    const payload = JSON.stringify({
      id: this.newId('evt_'),
      object: 'event',
      type,
      data: { object: session ? this.#shown(session) : other },
    });
    const header = new Stripe('sk_test_fake').webhooks.generateTestHeaderString({ payload, secret, timestamp });
    return fetch(url, { method: 'POST', headers: { 'stripe-signature': header }, body: payload });
  }
}

const now = () => Math.floor(Date.now() / 1000);

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
