// The fakes refuse what the payment services refuse: otherwise the tests over them would prove nothing.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { FakeMollie, FakeStripe } from './fakes.mjs';

describe('the fakes', () => {
  const stripeForm = {
    mode: 'payment',
    'line_items[0][quantity]': '1',
    'line_items[0][price_data][currency]': 'eur',
    'line_items[0][price_data][unit_amount]': '2500',
    'line_items[0][price_data][product_data][name]': 'Order',
    client_reference_id: '1-1',
    'metadata[reference]': '1-1',
    'metadata[notification_url]': 'https://gateway.example/notify/x',
    'payment_intent_data[metadata][reference]': '1-1',
    'payment_intent_data[metadata][notification_url]': 'https://gateway.example/notify/x',
    'payment_intent_data[capture_method]': 'automatic',
    'adaptive_pricing[enabled]': 'false',
    success_url: 'https://gateway.example/r',
    cancel_url: 'https://gateway.example/r',
  };
  const mollieData = {
    amount: { currency: 'EUR', value: '25.00' },
    description: 'Order',
    redirectUrl: 'https://gateway.example/r',
    webhookUrl: 'https://adapter.example/w',
    metadata: { reference: '1-1', notification_url: 'https://gateway.example/notify/x' },
  };
  const soon = (minutes) => String(Math.floor(Date.now() / 1000) + minutes * 60);
  const jpy = { 'line_items[0][price_data][currency]': 'jpy' };
  let stripe,
    mollie,
    keys = 0;
  beforeEach(async () => {
    stripe = await new FakeStripe().listen();
    mollie = await new FakeMollie().listen();
  });
  afterEach(() => {
    stripe.close();
    mollie.close();
  });

  const without = (fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  function sendStripe(more = {}, headers = {}) {
    keys += 1;
    return fetch(`http://127.0.0.1:${stripe.port}/v1/checkout/sessions`, {
      method: 'POST',
      body: new URLSearchParams(without({ ...stripeForm, ...more })),
      headers: without({ authorization: 'Bearer sk_test_fake', 'idempotency-key': `key-${keys}`, ...headers }),
    });
  }
  function sendMollie(more = {}, headers = {}) {
    keys += 1;
    return fetch(`http://127.0.0.1:${mollie.port}/v2/payments`, {
      method: 'POST',
      body: JSON.stringify({ ...mollieData, ...more }),
      headers: without({
        authorization: `Bearer ${mollie.options.apiKey}`,
        'idempotency-key': `key-${keys}`,
        ...headers,
      }),
    });
  }

  test('Stripe takes what is right, and no field that is wrong', async () => {
    assert.equal((await sendStripe()).status, 200);
    assert.equal((await sendStripe({ ...jpy, 'line_items[0][price_data][unit_amount]': '500' })).status, 200);
    const broken = {
      'a float': { 'line_items[0][price_data][unit_amount]': '25.00' },
      'a negative amount': { 'line_items[0][price_data][unit_amount]': '-1' },
      'no amount': { 'line_items[0][price_data][unit_amount]': undefined },
      'dinars with a third decimal': {
        'line_items[0][price_data][currency]': 'kwd',
        'line_items[0][price_data][unit_amount]': '5123',
      },
      'krónur without two zeros': {
        'line_items[0][price_data][currency]': 'isk',
        'line_items[0][price_data][unit_amount]': '505',
      },
      'a currency in capitals': { 'line_items[0][price_data][currency]': 'EUR' },
      'another mode': { mode: 'subscription' },
      'an unknown parameter': { notification_url: 'https://gateway.example/notify/x' },
      'no reference': { 'metadata[reference]': undefined },
      'no notification_url': { 'metadata[notification_url]': undefined },
      'no metadata of the intent': { 'payment_intent_data[metadata][reference]': undefined },
      'another way to capture': { 'payment_intent_data[capture_method]': 'later' },
      'an end too soon': { expires_at: soon(29) },
      'an end too late': { expires_at: soon(24 * 60 + 1) },
      'a return that is no URL': { success_url: '/r' },
      'adaptive pricing': { 'adaptive_pricing[enabled]': 'true' },
    };
    for (const [what, more] of Object.entries(broken)) assert.equal((await sendStripe(more)).status, 400, what);
    assert.equal(stripe.sessions.size, 2);
  });

  test('Mollie takes what is right, and no field that is wrong', async () => {
    assert.equal((await sendMollie()).status, 201);
    assert.equal((await sendMollie({ amount: { currency: 'JPY', value: '500' } })).status, 201);
    const broken = {
      'one decimal': { amount: { currency: 'EUR', value: '25.0' } },
      'no decimals': { amount: { currency: 'EUR', value: '25' } },
      'three decimals': { amount: { currency: 'EUR', value: '25.000' } },
      'a number': { amount: { currency: 'EUR', value: 25.5 } },
      'yen with decimals': { amount: { currency: 'JPY', value: '500.00' } },
      'a currency in small letters': { amount: { currency: 'eur', value: '25.00' } },
      'no description': { description: '' },
      'no return': { redirectUrl: undefined },
      'a webhook that is no URL': { webhookUrl: '/w' },
      'no reference': { metadata: { notification_url: 'https://gateway.example/n' } },
      'an unknown parameter': { expires_at: '2030-01-01T00:00:00Z' },
      'another way to capture': { captureMode: 'later' },
    };
    for (const [what, more] of Object.entries(broken)) assert.equal((await sendMollie(more)).status, 422, what);
    assert.equal(mollie.payments.size, 2);
  });

  test('Stripe expands and lists what it is asked for, and knows no other parameter', async () => {
    const { id } = await (await sendStripe()).json();
    const { payment_intent } = stripe.pay(id);
    const ask = async (path, query) => {
      const headers = { authorization: 'Bearer sk_test_fake' };
      const url = `http://127.0.0.1:${stripe.port}/v1/${path}?${new URLSearchParams(query)}`;
      return (await fetch(url, { headers })).status;
    };
    const session = `checkout/sessions/${id}`;
    const list = { payment_intent, limit: '100' };
    assert.equal(await ask(session, { 'expand[0]': 'payment_intent.latest_charge.refunds' }), 200);
    assert.equal(await ask('disputes', list), 200);
    assert.equal(await ask('refunds', list), 200);
    assert.equal(await ask(`payment_intents/${payment_intent}`, {}), 200);
    const broken = [
      [session, {}],
      [session, { 'expand[0]': 'payment_intent' }],
      [session, { 'expand[0]': 'payment_intent.latest_charge.refunds', 'expand[1]': 'customer' }],
      ['disputes', { limit: '100' }],
      ['disputes', { ...list, limit: '101' }],
      ['disputes', { ...list, status: 'won' }],
      ['refunds', { ...list, starting_after: 're_unknown' }],
      [`payment_intents/${payment_intent}`, { 'expand[0]': 'latest_charge' }],
    ];
    for (const [path, query] of broken) assert.equal(await ask(path, query), 400, JSON.stringify([path, query]));
    assert.equal(await ask('payment_intents/pi_unknown', {}), 404);
  });

  test('Mollie embeds what it is asked for, and knows no other parameter', async () => {
    const { id } = await (await sendMollie()).json();
    mollie.move(id, 'paid');
    mollie.refundInDashboard(id, '5.00');
    mollie.chargeBack(id, '20.00');
    const ask = (path, query) =>
      fetch(`http://127.0.0.1:${mollie.port}/v2/payments/${path}?${new URLSearchParams(query)}`, {
        headers: { authorization: `Bearer ${mollie.options.apiKey}` },
      });
    const embedded = async (query) => Object.keys((await (await ask(id, query)).json())._embedded ?? {});
    assert.deepEqual(await embedded({}), []);
    assert.deepEqual(await embedded({ embed: 'captures,refunds' }), ['refunds']);
    assert.deepEqual(await embedded({ embed: 'refunds,chargebacks' }), ['refunds', 'chargebacks']);
    for (const [path, query] of [
      [id, { embed: 'refunds,orders' }],
      [id, { include: 'refunds' }],
      [`${id}/refunds`, { embed: 'payment' }],
    ]) {
      assert.equal((await ask(path, query)).status, 422, JSON.stringify(query));
    }
  });

  for (const [name, send, madeUp] of [
    ['Stripe', sendStripe, 'stripe-node-retry-0b7c'],
    ['Mollie', sendMollie, 'AAAAAAAAAAAAAAAAAAAAAAAA'],
  ]) {
    test(`${name} wants a key of the caller, and the same request under the same key`, async () => {
      assert.equal((await send({}, { 'idempotency-key': undefined })).status, 400);
      assert.equal((await send({}, { 'idempotency-key': madeUp })).status, 400);
      assert.equal((await send({}, { authorization: 'Bearer other' })).status, 401);
      const same = { 'idempotency-key': 'create-1-1' };
      const first = await (await send({}, same)).json();
      assert.deepEqual(await (await send({}, same)).json(), first);
      const other = name === 'Stripe' ? { client_reference_id: '1-2' } : { description: 'Another' };
      assert.equal((await send(other, same)).status, 400);
    });
  }
});
