// Mollie, as far as its adapter uses it: payments, captures, refunds, chargebacks and a webhook that is an id. No
// money, no network.

import { request as httpRequest } from 'node:http';
import https from 'node:https';
import { FakeServer, Rejected, isUrl } from './fake_server.mjs';

const MOLLIE_DECIMALS = { EUR: 2, USD: 2, GBP: 2, CHF: 2, HUF: 2, SEK: 2, JPY: 0, ISK: 0 };
const MOLLIE_HOST = 'mollie.fake';

// The only questions that take anything in their address.
const QUERIES = { 'GET payment/': ['embed'], 'GET payment/refunds': ['limit'], 'GET payment/captures': ['limit'] };

// What can be embedded in a payment (https://docs.mollie.com/reference/get-payment).
const EMBEDDABLE = ['refunds', 'chargebacks', 'captures'];

/** A fake of Mollie's API. Its customers are `move`, which sets a status. */
export class FakeMollie extends FakeServer {
  payments = new Map();
  refunds = [];
  captures = [];
  chargebacks = [];
  refundStatus = 'pending';
  captureStatus = 'succeeded';
  releaseTakesTime = false;

  /** The options that point Mollie's SDK here. The SDK connects by TLS alone, so see `redirectMollie`. */
  get options() {
    return { apiKey: 'test_fake0000000000000000000000000000', apiEndpoint: `https://${MOLLIE_HOST}:${this.port}/v2/` };
  }

  authorise({ authorization }) {
    if (authorization !== `Bearer ${this.options.apiKey}`)
      throw new Rejected(401, { status: 401, title: 'Unauthorized Request', detail: 'The key is not known.' });
  }

  // Mollie's SDK makes up 18 random bytes in base64.
  isMadeUp(key) {
    return /^[A-Za-z0-9+/]{24}$/.test(key);
  }

  problem(detail, field, status = 422) {
    return { status, title: 'Unprocessable Entity', detail, field };
  }

  // What Mollie answers here is not documented; an adapter must never come to know.
  idempotencyProblem() {
    return this.problem('The key belongs to another request.', undefined, 400);
  }

  #unprocessable(detail, field) {
    return new Rejected(422, this.problem(detail, field));
  }

  handle(method, url, body) {
    const [, , , id, resource] = url.pathname.split('/');
    const data = method === 'POST' && body !== '' ? JSON.parse(body) : {};
    const route = `${method} ${id ? 'payment' : 'payments'}/${resource ?? ''}`;
    const query = Object.fromEntries(url.searchParams);
    this.#check(query, QUERIES[route] ?? [], []);
    switch (route) {
      case 'POST payments/':
        return [201, this.#create(data)];
      case 'GET payment/':
        return [200, this.#withEmbedded(this.#known(id), query)];
      case 'DELETE payment/':
        return [200, this.#cancel(id, body)];
      case 'POST payment/refunds':
        return [201, this.#refund(this.#known(id), data)];
      case 'GET payment/refunds':
        return [200, this.#list('refunds', id)];
      case 'POST payment/captures':
        return [201, this.#capture(this.#known(id), data)];
      case 'GET payment/captures':
        return [200, this.#list('captures', id)];
      case 'POST payment/release-authorization':
        return [202, this.#release(this.#known(id), data)];
      default:
        throw new Rejected(404, { status: 404, title: 'Not Found', detail: 'No such resource.' });
    }
  }

  #known(id) {
    const known = this.payments.get(id);
    if (!known) throw new Rejected(404, { status: 404, title: 'Not Found', detail: 'No payment exists with this id.' });
    return known;
  }

  // A list that is empty is not there, and nothing is that was not asked for.
  #withEmbedded(payment, { embed }) {
    const names = embed?.split(',') ?? [];
    if (!names.every((name) => EMBEDDABLE.includes(name))) throw this.#unprocessable('It cannot be embedded.', 'embed');
    const lists = names.map((name) => [name, this[name].filter((entry) => entry.paymentId === payment.id)]);
    const filled = lists.filter(([, list]) => list.length > 0);
    return filled.length === 0 ? payment : { ...payment, _embedded: Object.fromEntries(filled) };
  }

  #check(data, known, required) {
    for (const name of Object.keys(data))
      if (!known.includes(name)) throw this.#unprocessable('The parameter is not known.', name);
    for (const name of required)
      if (data[name] === undefined || data[name] === '') throw this.#unprocessable('The parameter is missing.', name);
  }

  #amount({ amount }) {
    const decimals = MOLLIE_DECIMALS[amount.currency];
    if (decimals === undefined) throw this.#unprocessable('The currency is not supported.', 'amount.currency');
    const form = decimals === 0 ? /^[1-9]\d*$/ : /^(0|[1-9]\d*)\.\d\d$/;
    if (Object.keys(amount).length !== 2 || typeof amount.value !== 'string' || !form.test(amount.value)) {
      throw this.#unprocessable('The amount has the wrong number of decimals.', 'amount.value');
    }
    return amount;
  }

  #create(data) {
    this.#check(
      data,
      ['amount', 'description', 'redirectUrl', 'webhookUrl', 'metadata', 'captureMode'],
      ['amount', 'description', 'redirectUrl', 'webhookUrl', 'metadata'],
    );
    const amount = this.#amount(data);
    for (const name of ['redirectUrl', 'webhookUrl'])
      if (!isUrl(data[name])) throw this.#unprocessable('It is not a URL.', name);
    if (data.description.length > 255) throw this.#unprocessable('It is too long.', 'description');
    if (!data.metadata.reference || !isUrl(data.metadata.notification_url))
      throw this.#unprocessable('It is incomplete.', 'metadata');
    if (![undefined, 'manual', 'automatic'].includes(data.captureMode))
      throw this.#unprocessable('It is not a mode.', 'captureMode');
    const id = this.newId('tr_');
    const payment = {
      resource: 'payment',
      id,
      mode: 'test',
      createdAt: now(),
      status: 'open',
      isCancelable: true,
      amount,
      description: data.description,
      metadata: data.metadata,
      captureMode: data.captureMode,
      redirectUrl: data.redirectUrl,
      webhookUrl: data.webhookUrl,
      _links: {
        self: { href: `https://api.mollie.example/v2/payments/${id}` },
        checkout: { href: `https://checkout.mollie.example/${id}` },
      },
    };
    this.payments.set(id, payment);
    return payment;
  }

  #cancel(id, body) {
    const payment = this.#known(id);
    if (body !== '' && body !== '{}') throw this.#unprocessable('The parameter is not known.');
    if (!payment.isCancelable) throw this.#unprocessable('The payment cannot be canceled.');
    return this.move(id, 'canceled');
  }

  #refund(payment, data) {
    this.#check(data, ['amount', 'description', 'metadata'], ['amount', 'description', 'metadata']);
    const amount = this.#amount(data);
    const before = this.refunds
      .filter((refund) => refund.paymentId === payment.id)
      .reduce((sum, refund) => sum + cents(refund.amount), 0);
    if (
      payment.status !== 'paid' ||
      amount.currency !== payment.amount.currency ||
      before + cents(amount) > cents(payment.amount)
    ) {
      throw this.#unprocessable('The amount is higher than what is left.', 'amount');
    }
    return this.#add('refunds', 're_', payment.id, { status: this.refundStatus, ...data });
  }

  #capture(payment, data) {
    this.#check(data, ['amount', 'description', 'metadata'], ['metadata']);
    const amount = this.#amount(data);
    if (payment.status !== 'authorized' || cents(amount) > cents(payment.amount))
      throw this.#unprocessable('The amount cannot be captured.', 'amount');
    return this.#collect(payment, data);
  }

  #collect(payment, data) {
    payment.amountCaptured = data.amount;
    if (cents(data.amount) === cents(payment.amount)) this.move(payment.id, 'paid');
    return this.#add('captures', 'cpt_', payment.id, { status: this.captureStatus, ...data });
  }

  #release(payment, data) {
    this.#check(data, [], []);
    if (payment.status !== 'authorized') throw this.#unprocessable('The payment is not authorized.');
    if (!this.releaseTakesTime) this.move(payment.id, payment.amountCaptured ? 'paid' : 'canceled');
    return undefined;
  }

  #add(list, prefix, paymentId, entry) {
    const resource = list.slice(0, -1);
    const added = { resource, id: this.newId(prefix), paymentId, createdAt: now(), ...entry, _links: {} };
    this[list].push(added);
    return added;
  }

  #list(list, id) {
    this.#known(id);
    return {
      count: 1,
      _embedded: { [list]: this[list].filter((entry) => entry.paymentId === id) },
      _links: { next: null },
    };
  }

  /** Gives a payment another status, and what belongs to it. */
  move(id, status, more = {}) {
    const payment = this.payments.get(id);
    Object.assign(payment, { status, isCancelable: status === 'open' || status === 'authorized', ...more });
    if (status === 'authorized') payment.authorizedAt = now();
    if (status !== 'open') delete payment._links.checkout;
    return payment;
  }

  /** Somebody captures what is set aside, in the dashboard. */
  captureInDashboard(id, value) {
    const payment = this.payments.get(id);
    return this.#collect(payment, { amount: { ...payment.amount, value }, metadata: null });
  }

  /** Somebody refunds an amount, in the dashboard. */
  refundInDashboard(id, value, more = {}) {
    const amount = { ...this.payments.get(id).amount, value };
    const entry = { status: 'refunded', amount, description: 'Returned', metadata: null, ...more };
    return this.#add('refunds', 're_', id, entry);
  }

  /** The customer's bank takes an amount back. The test sets `reversedAt` itself. */
  chargeBack(id, value, more = {}) {
    const amount = { ...this.payments.get(id).amount, value };
    return this.#add('chargebacks', 'chb_', id, { amount, reason: null, reversedAt: null, ...more });
  }

  /** Posts the id of a payment, as Mollie does: as a form, not signed. */
  async sendWebhook(url, id) {
    return fetch(url, { method: 'POST', body: new URLSearchParams({ id }) });
  }
}

// Mollie writes times without fractions.
const now = () => new Date().toISOString().replace(/\.\d+Z$/, '+00:00');

const cents = ({ value }) => Number(value.replace('.', ''));

/**
 * Leads what Mollie's SDK sends to the fake's host there, without TLS. Returns a function that ends this.
 *
 * The SDK takes an endpoint, but no other certificates than its own list, and no address without TLS.
 */
export function redirectMollie() {
  const original = https.request;
  https.request = (options, ...rest) => {
    if (options.hostname !== MOLLIE_HOST) return original(options, ...rest);
    const { method, path, headers, port } = options;
    return httpRequest({ host: '127.0.0.1', port, method, path, headers }, ...rest);
  };
  return () => {
    https.request = original;
  };
}
