// Both adapters, asked as Handback asks, over payment services that are played here.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { createMollieClient } from '@mollie/api-client';
import Stripe from 'stripe';
import { MAX_BODY } from './adapter.mjs';
import { FakeMollie, FakeStripe, redirectMollie } from './fakes.mjs';
import { FakeHandback, newSecret } from './handback.mjs';
import { mollieAdapter } from './mollie.mjs';
import { stripeAdapter } from './stripe.mjs';

const STRIPE_WEBHOOK_SECRET = 'whsec_stripe_test';
const quick = { waits: [5, 5], timeout: 1_000 };
const silent = () => {};
const DAY_MS = 24 * 60 * 60 * 1000;
const cents = (amount) => Number(amount.replace('.', ''));

/** Starts an adapter on a free port; `url` is its address. */
async function open(adapter) {
  await new Promise((resolve) => adapter.listen(0, '127.0.0.1', resolve));
  const close = () => {
    adapter.closeAllConnections();
    adapter.close();
  };
  return { url: `http://127.0.0.1:${adapter.address().port}`, close };
}

const SERVICES = {
  stripe: {
    fake: () => new FakeStripe(),
    adapter: (fake, secrets, log = silent) =>
      stripeAdapter({
        stripe: new Stripe('sk_test_fake', fake.options),
        webhookSecret: STRIPE_WEBHOOK_SECRET,
        secrets,
        log,
        notifyOptions: quick,
      }),
    pay: (fake, id) => fake.pay(id),
    expire: (fake, id) => fake.expire(id),
    made: (fake) => fake.sessions.size,
    unknownId: 'cs_test_unknown',
    webhook: (fake, url, id) =>
      fake.sendEvent(`${url}/stripe-webhook`, 'checkout.session.completed', id, { secret: STRIPE_WEBHOOK_SECRET }),
    failing: [500, { error: { type: 'api_error', message: 'sk_test_fake' } }],
    createdAt: (fake, id) => fake.sessions.get(id).created * 1000,
    captureInDashboard: (fake, id, amount) => `${fake.captureInDashboard(id, cents(amount)).id}-capture`,
    refundInDashboard: (fake, id, amount, more) => fake.refundInDashboard(id, cents(amount), more),
    refundReason: { reason: 'requested_by_customer' },
    refundDone: 'succeeded',
    refundsNotDone: ['pending', 'requires_action', 'failed', 'canceled'],
    chargeBack: (fake, id, amount, more) => fake.dispute(id, { amount: cents(amount), reason: 'fraudulent', ...more }),
    inDollars: { currency: 'usd' },
    reverse: (dispute) => {
      dispute.status = 'won';
      return `${dispute.id}-won`;
    },
  },
  mollie: {
    fake: () => new FakeMollie(),
    adapter: (fake, secrets, log = silent) =>
      mollieAdapter({
        mollie: createMollieClient(fake.options),
        webhookUrl: 'https://adapter.example/mollie-webhook',
        secrets,
        log,
        notifyOptions: quick,
      }),
    pay: (fake, id) => fake.move(id, fake.payments.get(id).captureMode === 'manual' ? 'authorized' : 'paid'),
    expire: (fake, id) => fake.move(id, 'expired'),
    made: (fake) => fake.payments.size,
    unknownId: 'tr_unknown',
    webhook: (fake, url, id) => fake.sendWebhook(`${url}/mollie-webhook`, id),
    failing: [429, { status: 429, title: 'Too Many Requests', detail: 'test_fake' }],
    createdAt: (fake, id) => Date.parse(fake.payments.get(id).createdAt),
    captureInDashboard: (fake, id, amount) => fake.captureInDashboard(id, amount).id,
    refundInDashboard: (fake, id, amount, more) => fake.refundInDashboard(id, amount, more),
    refundReason: { description: 'requested_by_customer' },
    refundDone: 'processing',
    refundsNotDone: ['queued', 'pending', 'failed', 'canceled'],
    chargeBack: (fake, id, amount, more) =>
      fake.chargeBack(id, amount, { reason: { code: 'MD06', description: 'fraudulent' }, ...more }),
    inDollars: { amount: { currency: 'USD', value: '25.00' } },
    reverse: (chargeback) => {
      chargeback.reversedAt = '2026-11-30T08:00:00+00:00';
      return `${chargeback.id}-reversed`;
    },
  },
};

let restoreMollie;
before(() => {
  restoreMollie = redirectMollie();
});
after(() => restoreMollie());

/** A fresh service, adapter and Handback for each test of a suite. */
function fixture(service) {
  const context = {};
  beforeEach(async () => {
    context.handback = await new FakeHandback().listen();
    context.fake = await service.fake().listen();
    context.adapter = await open(service.adapter(context.fake, [context.handback.secret]));
    context.url = context.adapter.url;
  });
  afterEach(() => {
    for (const part of [context.handback, context.fake, context.adapter]) part.close();
  });
  return context;
}

for (const [name, service] of Object.entries(SERVICES)) {
  describe(name, () => {
    const it = fixture(service);
    const ask = (type, data, options) => it.handback.ask(it.url, type, data, options);
    const get = async (id) => (await ask('payment.get', { id, reference: '1-1' })).body;
    const order = (type, id, payment, more) =>
      ask(type, { id, payment, description: '', ...more }, { id: `operation-${id}` });
    const euros = (amount) => ({ amount, currency: 'EUR' });
    const byId = (operations) => Object.fromEntries(operations.map(({ id, ...rest }) => [id, rest]));

    async function created(reference, more) {
      const { status, body } = await it.handback.create(it.url, reference, more);
      assert.equal(status, 200, JSON.stringify(body));
      return body;
    }

    test('answers a ping', async () => {
      assert.deepEqual(await ask('ping', {}), { status: 200, body: {} });
    });

    test('creates an open payment with its page', async () => {
      const { id, page_url: page, ...rest } = await created('166185898881043-1');
      assert.deepEqual(rest, { reference: '166185898881043-1', amount: '25.00', currency: 'EUR', status: 'open' });
      assert.match(id, /^(cs_test|tr)_/);
      assert.match(page, /^https:\/\/checkout\./);
    });

    test('creates one payment, however often it is asked', async () => {
      const first = await created('1-1');
      assert.deepEqual(await created('1-1'), first);
      assert.equal(service.made(it.fake), 1);
      await created('1-2');
      assert.equal(service.made(it.fake), 2);
    });

    test('does not answer for another request under the same webhook-id', async () => {
      await created('1-1');
      const { status } = await it.handback.create(it.url, '1-1', { amount: '26.00' });
      assert.equal(status, 502);
    });

    test('says paid once it is paid', async () => {
      const { id } = await created('1-1');
      assert.equal((await get(id)).status, 'open');
      service.pay(it.fake, id);
      const { status, amount, currency, reference } = await get(id);
      assert.deepEqual(
        { status, amount, currency, reference },
        { status: 'paid', amount: '25.00', currency: 'EUR', reference: '1-1' },
      );
    });

    test('says closed once it is expired', async () => {
      const { id } = await created('1-1');
      service.expire(it.fake, id);
      const payment = await get(id);
      assert.equal(payment.status, 'closed');
      assert.equal(payment.page_url, undefined);
    });

    test('sets an amount aside, captures it once, and refunds it', async () => {
      const { id } = await created('1-1', { capture: 'manual' });
      service.pay(it.fake, id);
      assert.equal((await get(id)).status, 'authorised');
      const done = { status: 200, body: { id: 'c1', status: 'done' } };
      assert.deepEqual(await order('payment.capture', 'c1', id, euros('25.00')), done);
      assert.deepEqual(await order('payment.capture', 'c1', id, euros('25.00')), done);
      // When the key is forgotten, the operation is still known.
      const again = await ask('payment.capture', { id: 'c1', payment: id, ...euros('25.00'), description: '' });
      assert.deepEqual(again, done);
      assert.equal((await get(id)).status, 'paid');
      assert.equal((await order('payment.capture', 'c2', id, euros('1.00'))).status, 422);
    });

    test('refuses to capture more than was set aside', async () => {
      const { id } = await created('1-1', { capture: 'manual' });
      service.pay(it.fake, id);
      assert.equal((await order('payment.capture', 'c1', id, euros('25.01'))).status, 422);
      assert.equal((await get(id)).status, 'authorised');
    });

    test('releases what is set aside', async () => {
      const { id } = await created('1-1', { capture: 'manual' });
      service.pay(it.fake, id);
      const done = { status: 200, body: { id: 'v1', status: 'done' } };
      assert.deepEqual(await order('payment.void', 'v1', id), done);
      assert.deepEqual(await order('payment.void', 'v1', id), done);
      assert.equal((await get(id)).status, 'closed');
    });

    test('does not void what was paid', async () => {
      const { id } = await created('1-1');
      service.pay(it.fake, id);
      const { status, body } = await order('payment.void', 'v1', id);
      assert.deepEqual([status, body.code], [422, 'operation_not_possible']);
      assert.equal((await get(id)).status, 'paid');
    });

    test('refunds once, also in parts, and not more than was paid', async () => {
      const { id } = await created('1-1');
      service.pay(it.fake, id);
      it.fake.refundStatus = service.refundDone;
      for (let times = 0; times < 2; times += 1) {
        const { body } = await order('payment.refund', 'r1', id, euros('5.01'));
        assert.deepEqual(body, { id: 'r1', status: 'done' });
      }
      // When the key is forgotten, the operation is still known.
      await ask('payment.refund', { id: 'r1', payment: id, ...euros('5.01'), description: '' });
      assert.equal(it.fake.refunds.length, 1);
      assert.equal((await order('payment.refund', 'r2', id, euros('20.00'))).status, 422);
      assert.equal((await order('payment.refund', 'r3', id, euros('19.99'))).body.status, 'done');
      assert.equal((await get(id)).status, 'paid');
    });

    test('says what has become of a pending refund under the same webhook-id', async () => {
      const { id } = await created('1-1');
      service.pay(it.fake, id);
      it.fake.refundStatus = 'pending';
      assert.equal((await order('payment.refund', 'r1', id, euros('5.00'))).body.status, 'pending');
      it.fake.refunds[0].status = name === 'stripe' ? 'succeeded' : 'refunded';
      assert.equal((await order('payment.refund', 'r1', id, euros('5.00'))).body.status, 'done');
      it.fake.refunds[0].status = 'failed';
      const { body } = await order('payment.refund', 'r1', id, euros('5.00'));
      assert.deepEqual([body.status, body.refusal.code], ['refused', 'refund_failed']);
      assert.equal(it.fake.refunds.length, 1);
    });

    test('refuses a refund in another currency', async () => {
      const { id } = await created('1-1');
      service.pay(it.fake, id);
      const { status, body } = await order('payment.refund', 'r1', id, { amount: '5.00', currency: 'USD' });
      assert.deepEqual([status, body.code], [422, 'invalid_currency']);
    });

    test('reports a refund once: as it was ordered, or else as the payment service names it', async () => {
      const { id } = await created('1-1');
      service.pay(it.fake, id);
      assert.equal((await get(id)).operations, undefined);
      it.fake.refundStatus = service.refundDone;
      await order('payment.refund', 'r1', id, euros('5.01'));
      const { id: theirs } = service.refundInDashboard(it.fake, id, '4.00', service.refundReason);
      const { id: other } = service.refundInDashboard(it.fake, id, '1.00', { reason: null, description: '' });
      const { operations } = await get(id);
      assert.deepEqual(byId(operations), {
        r1: { kind: 'refund', amount: '5.01' },
        [theirs]: { kind: 'refund', amount: '4.00', reason: 'requested_by_customer' },
        [other]: { kind: 'refund', amount: '1.00' },
      });
      assert.deepEqual((await get(id)).operations, operations);
      const canceled = await ask('payment.cancel', { id, reference: '1-1' });
      assert.deepEqual(canceled.body.operations, operations);
    });

    test('does not report a refund before the money goes back', async () => {
      const { id } = await created('1-1');
      service.pay(it.fake, id);
      const refund = service.refundInDashboard(it.fake, id, '4.00');
      for (const status of service.refundsNotDone) {
        refund.status = status;
        assert.equal((await get(id)).operations, undefined, status);
      }
      refund.status = service.refundDone;
      assert.equal((await get(id)).operations.length, 1);
    });

    test('reports a capture once: as it was ordered, or else as the payment service names it', async () => {
      for (const [reference, amount] of Object.entries({ '1-1': '25.00', '2-1': '9.99' })) {
        const { id } = await created(reference, { capture: 'manual' });
        service.pay(it.fake, id);
        assert.equal((await get(id)).operations, undefined);
        await order('payment.capture', `c${reference}`, id, euros(amount));
        assert.deepEqual(byId((await get(id)).operations), { [`c${reference}`]: { kind: 'capture', amount } });
      }
      const { id } = await created('3-1', { capture: 'manual' });
      service.pay(it.fake, id);
      const theirs = service.captureInDashboard(it.fake, id, '25.00');
      assert.deepEqual(byId((await get(id)).operations), { [theirs]: { kind: 'capture', amount: '25.00' } });
      const { operations } = await get(id);
      service.refundInDashboard(it.fake, id, '25.00', { id: 're_all', reason: null, description: '' });
      assert.deepEqual((await get(id)).operations, [...operations, { id: 're_all', kind: 'refund', amount: '25.00' }]);
    });

    test('reports a chargeback and its reversal, always under the same ids', async () => {
      const { id } = await created('1-1');
      service.pay(it.fake, id);
      const chargeback = service.chargeBack(it.fake, id, '12.34');
      const taken = { id: chargeback.id, kind: 'chargeback', amount: '12.34', reason: 'fraudulent' };
      for (let times = 0; times < 2; times += 1) assert.deepEqual((await get(id)).operations, [taken]);
      const given = { id: service.reverse(chargeback), kind: 'chargeback_reversal', amount: '12.34' };
      assert.notEqual(given.id, taken.id);
      for (let times = 0; times < 2; times += 1) assert.deepEqual((await get(id)).operations, [taken, given]);
      assert.equal((await get(id)).status, 'paid');
    });

    test('passes over a chargeback in another currency', async () => {
      const { id } = await created('1-1');
      service.pay(it.fake, id);
      service.reverse(service.chargeBack(it.fake, id, '25.00', service.inDollars));
      assert.equal((await get(id)).operations, undefined);
    });

    test('writes amounts of operations in yen without decimals', async () => {
      const { id } = await created('1-1', { amount: '500', currency: 'JPY' });
      service.pay(it.fake, id);
      service.refundInDashboard(it.fake, id, '120');
      service.chargeBack(it.fake, id, '380');
      const { operations } = await get(id);
      assert.deepEqual(
        operations.map(({ amount }) => amount),
        ['120', '380'],
      );
    });

    test('reports nothing of what was released', async () => {
      const { id } = await created('1-1', { capture: 'manual' });
      service.pay(it.fake, id);
      await order('payment.void', 'v1', id);
      const { status, operations, changes_until, instrument } = await get(id);
      assert.deepEqual([status, operations, changes_until, instrument], ['closed', undefined, undefined, undefined]);
    });

    test('says until when a payment may change once it is made, and always the same', async (t) => {
      const { id } = await created('1-1');
      const { id: aside } = await created('2-1', { capture: 'manual' });
      assert.equal((await get(id)).changes_until, undefined);
      service.pay(it.fake, id);
      service.pay(it.fake, aside);
      const until = new Date(service.createdAt(it.fake, id) + 180 * DAY_MS).toISOString();
      assert.equal((await get(id)).changes_until, until);
      assert.equal((await get(aside)).status, 'authorised');
      assert.ok((await get(aside)).changes_until >= until);
      t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 90 * DAY_MS });
      service.refundInDashboard(it.fake, id, '4.00');
      assert.equal((await get(id)).changes_until, until);
    });

    test('closes an open payment, and leaves a paid one', async () => {
      const { id } = await created('1-1');
      const cancel = () => ask('payment.cancel', { id, reference: '1-1' }, { id: 'cancel-1-1' });
      assert.equal((await cancel()).body.status, 'closed');
      assert.equal((await cancel()).body.status, 'closed');

      const paid = await created('2-1');
      service.pay(it.fake, paid.id);
      const { body } = await ask('payment.cancel', { id: paid.id, reference: '2-1' });
      assert.equal(body.status, 'paid');
      assert.equal((await get(paid.id)).status, 'paid');
    });

    test('leaves what is set aside when it is asked to close', async () => {
      const { id } = await created('1-1', { capture: 'manual' });
      service.pay(it.fake, id);
      assert.equal((await ask('payment.cancel', { id, reference: '1-1' })).body.status, 'authorised');
      assert.equal((await get(id)).status, 'authorised');
    });

    test('takes yen without decimals', async () => {
      const { id, amount } = await created('1-1', { amount: '500', currency: 'JPY' });
      assert.equal(amount, '500');
      service.pay(it.fake, id);
      assert.equal((await get(id)).amount, '500');
      for (const amount of ['500.00', '500.5', '0', '-5', '1e3', '']) {
        assert.equal((await it.handback.create(it.url, '2-1', { amount, currency: 'JPY' })).status, 422, amount);
      }
    });

    test('refuses a payment that does not exist', async () => {
      for (const id of [service.unknownId, '../customers', '']) {
        assert.equal((await ask('payment.get', { id, reference: '1-1' })).status, 422, id);
      }
    });

    test('loses nothing when it is started again', async () => {
      const { id } = await created('1-1');
      it.adapter.close();
      it.adapter = await open(service.adapter(it.fake, [it.handback.secret]));
      it.url = it.adapter.url;
      service.pay(it.fake, id);
      assert.equal((await get(id)).reference, '1-1');
      assert.equal((await service.webhook(it.fake, it.url, id)).status, 204);
      assert.deepEqual(
        it.handback.notified.map(({ data }) => data),
        [{ reference: '1-1' }],
      );
    });

    test('notifies Handback, signed, until it is received', async () => {
      const { id } = await created('1-1');
      it.handback.nextStatuses = [500, 503];
      assert.equal((await service.webhook(it.fake, it.url, id)).status, 204);
      const [first, second, third] = it.handback.notified;
      assert.deepEqual([first.type, first.data], ['payment.updated', { reference: '1-1' }]);
      assert.ok(!Number.isNaN(Date.parse(first.timestamp)));
      assert.deepEqual([second.id, third.id], [first.id, first.id]);
    });

    test('leaves a notification that does not arrive to the payment service', async () => {
      const { id } = await created('1-1');
      it.handback.nextStatuses = [500, 500, 500];
      assert.equal((await service.webhook(it.fake, it.url, id)).status, 502);
      it.handback.nextStatuses = [404];
      assert.equal((await service.webhook(it.fake, it.url, id)).status, 204);
      assert.equal(it.handback.notified.length, 4);
    });

    test('refuses what is forged with 401, and asks nobody', async () => {
      const forged = await ask('payment.create', { reference: '1-1' }, { secret: newSecret() });
      assert.equal(forged.status, 401);
      const unsigned = await fetch(`${it.url}/handback`, { method: 'POST', body: '{"type":"ping","data":{}}' });
      assert.equal(unsigned.status, 401);
      assert.equal(it.fake.writes, 0);
    });

    test('refuses what is outdated with 401', async () => {
      const minutes = (count) => new Date(Date.now() + count * 60_000);
      for (const at of [minutes(-6), minutes(6)]) assert.equal((await ask('ping', {}, { at })).status, 401);
      for (const at of [minutes(-4), minutes(4)]) assert.equal((await ask('ping', {}, { at })).status, 200);
    });

    test('takes either secret while one replaces the other', async (t) => {
      const adapter = await open(service.adapter(it.fake, [newSecret(), it.handback.secret]));
      t.after(adapter.close);
      assert.equal((await it.handback.ask(adapter.url, 'ping', {})).status, 200);
    });

    test('refuses an unknown type, and what is not a message', async () => {
      for (const type of ['payment.delete', 'toString', '__proto__', '']) {
        const { status, body } = await ask(type, {});
        assert.deepEqual([status, body.code], [422, 'unknown_type'], type);
      }
      assert.equal((await ask('payment.get', [])).status, 400);
      assert.equal((await ask(undefined, {})).status, 400);
      assert.equal((await ask('payment.get', {})).status, 422);
    });

    test('reads 64 KiB and no more', async () => {
      const padding = (length) => ({ padding: 'x'.repeat(length) });
      assert.equal((await ask('ping', padding(MAX_BODY))).status, 413);
      assert.equal((await ask('ping', padding(MAX_BODY - 200))).status, 200);
    });

    test('answers POST at its own addresses alone', async () => {
      assert.equal((await fetch(`${it.url}/handback`)).status, 405);
      assert.equal((await fetch(`${it.url}/other`, { method: 'POST' })).status, 404);
    });

    test('leaves open what it does not know, and says nothing of why', async (t) => {
      const lines = [];
      const adapter = await open(service.adapter(it.fake, [it.handback.secret], (line) => lines.push(line)));
      t.after(adapter.close);
      it.fake.answerNext('POST', ...service.failing);
      const { status, body } = await it.handback.create(adapter.url, '1-1');
      assert.deepEqual([status, body], [502, { code: 'not_answered' }]);
      assert.equal(lines.length, 1);
      assert.doesNotMatch(lines[0], /fake/);
      assert.equal((await it.handback.create(adapter.url, '1-1')).status, 200);
    });
  });
}

describe('stripe alone', () => {
  const it = fixture(SERVICES.stripe);
  const ask = (type, data, options) => it.handback.ask(it.url, type, data, options);
  const create = async (more) => (await it.handback.create(it.url, '1-1', more)).body;
  const get = async (id) => (await ask('payment.get', { id, reference: '1-1' })).body;

  test('a debit is pending until it is paid or has failed', async () => {
    const { id } = await create();
    it.fake.processing(id);
    assert.equal((await get(id)).status, 'pending');
    it.fake.failLater(id, {
      code: 'payment_intent_payment_attempt_failed',
      decline_code: 'insufficient_funds',
      message: 'Your account has too little.',
    });
    const { status, refusal } = await get(id);
    assert.deepEqual(
      { status, refusal },
      { status: 'refused', refusal: { code: 'insufficient_funds', detail: 'Your account has too little.' } },
    );
  });

  test('a card error is a refusal', async () => {
    const { id } = await create({ capture: 'manual' });
    it.fake.pay(id);
    it.fake.answerNext('POST', 402, {
      error: {
        type: 'card_error',
        code: 'card_declined',
        decline_code: 'expired_card',
        message: 'Your card has expired.',
      },
    });
    const answer = await ask('payment.capture', {
      id: 'c1',
      payment: id,
      amount: '25.00',
      currency: 'EUR',
      description: '',
    });
    assert.deepEqual(answer, { status: 422, body: { code: 'expired_card', detail: 'Your card has expired.' } });
  });

  test('captures a part', async () => {
    const { id } = await create({ capture: 'manual' });
    it.fake.pay(id);
    const { body } = await ask('payment.capture', {
      id: 'c1',
      payment: id,
      amount: '9.99',
      currency: 'EUR',
      description: '',
    });
    assert.equal(body.status, 'done');
    assert.equal([...it.fake.intents.values()][0].amount_received, 999);
    assert.equal((await get(id)).amount, '25.00');
  });

  test('takes dinars with two decimals and a zero', async () => {
    const { amount } = await create({ amount: '5.120', currency: 'KWD' });
    assert.equal(amount, '5.120');
    assert.equal([...it.fake.sessions.values()][0].amount_total, 5120);
    const refused = await it.handback.create(it.url, '2-1', { amount: '5.123', currency: 'KWD' });
    assert.deepEqual([refused.status, refused.body.code], [422, 'invalid_amount']);
  });

  test('sends a session to an end that Stripe accepts, and the same one when asked again', async () => {
    for (const minutes of [1, 15, 60, 23 * 60, 24 * 60, 7 * 24 * 60]) {
      const expires_at = new Date(Date.now() + minutes * 60_000).toISOString();
      const ask = () => it.handback.create(it.url, `${minutes}-1`, { expires_at });
      const [first, second] = [await ask(), await ask()];
      assert.equal(first.status, 200, `${minutes} minutes: ${JSON.stringify(first.body)}`);
      assert.deepEqual(second, first);
    }
  });

  test('answers the same when the end comes within a day only the second time', async (t) => {
    const now = Date.now();
    t.mock.timers.enable({ apis: ['Date'], now });
    const expires_at = new Date(now + (23 * 60 + 30) * 60_000).toISOString();
    const first = await create({ expires_at });
    t.mock.timers.tick(2 * 60_000);
    assert.deepEqual(await create({ expires_at }), first);
    assert.equal(it.fake.sessions.size, 1);
  });

  test('does not take what is released after a capture of a part for a refund', async () => {
    // A refund of as much is one, and so is another.
    for (const [reference, units, amount] of [
      ['1-1', 1250, '12.50'],
      ['2-1', 500, '5.00'],
    ]) {
      const { id } = (await it.handback.create(it.url, reference, { capture: 'manual' })).body;
      it.fake.pay(id);
      const capture = `${it.fake.captureInDashboard(id, 1250).id}-capture`;
      const captured = { id: capture, kind: 'capture', amount: '12.50' };
      assert.equal(it.fake.refunds.at(-1).amount, 1250);
      assert.deepEqual((await get(id)).operations, [captured]);
      const { id: refund } = it.fake.refundInDashboard(id, units);
      assert.deepEqual((await get(id)).operations, [captured, { id: refund, kind: 'refund', amount }]);
    }
  });

  test('reports all refunds, also where they do not come with the payment', async () => {
    const { id } = await create();
    it.fake.pay(id);
    const ids = () => get(id).then(({ operations }) => operations.map((operation) => operation.id).sort());
    const made = [];
    for (const count of [10, 11, 120]) {
      while (made.length < count) made.push(it.fake.refundInDashboard(id, 1).id);
      assert.deepEqual(await ids(), [...made].sort());
    }
  });

  test('asks for disputes only where there are some', async () => {
    const { id } = await create();
    it.fake.pay(id);
    it.fake.refundInDashboard(id, 500);
    await get(id);
    assert.equal(it.fake.reads, 1);
    it.fake.dispute(id);
    await get(id);
    assert.equal(it.fake.reads, 3);
  });

  test('reports a dispute only when it has taken money', async () => {
    const { id } = await create();
    it.fake.pay(id);
    const dispute = it.fake.dispute(id);
    for (const status of ['warning_needs_response', 'warning_under_review', 'warning_closed']) {
      dispute.status = status;
      assert.equal((await get(id)).operations, undefined, status);
    }
    for (const status of ['needs_response', 'under_review', 'lost', 'prevented']) {
      dispute.status = status;
      assert.deepEqual(
        (await get(id)).operations,
        [{ id: dispute.id, kind: 'chargeback', amount: '25.00', reason: 'fraudulent' }],
        status,
      );
    }
    dispute.balance_transactions = [];
    assert.equal((await get(id)).operations, undefined);
  });

  test('says which card has paid, and of its number only the end', async () => {
    const { id } = await create();
    assert.equal((await get(id)).instrument, undefined);
    it.fake.pay(id);
    const visa = {
      type: 'card',
      brand: 'visa',
      holder: 'Ada Lovelace',
      last_four: '4242',
      expiry: '2031-04',
      fingerprint: 'Xt5EWLLDS7FJjR1c',
      three_d_secure: 'authenticated',
    };
    assert.deepEqual((await get(id)).instrument, visa);
    const charge = it.fake.chargeOf(id);
    const card = { brand: 'mastercard', exp_month: 12, exp_year: 2030, last4: '5555555555554444', iin: '555555' };
    charge.billing_details.name = null;
    charge.payment_method_details = { type: 'card', card: { ...card, fingerprint: null, three_d_secure: null } };
    assert.deepEqual((await get(id)).instrument, {
      type: 'card',
      brand: 'mastercard',
      bin: '555555',
      last_four: '4444',
      expiry: '2030-12',
    });
  });

  test('says which account has paid by a debit, and nothing of what it does not know', async () => {
    const { id } = await create();
    it.fake.paidWith = {
      billing_details: { name: 'Ada Lovelace' },
      payment_method_details: {
        type: 'sepa_debit',
        sepa_debit: { country: 'DE', last4: '3000', fingerprint: 'Jc8YQ5kYpHHpCyrO', mandate: 'mandate_1' },
      },
    };
    it.fake.processing(id);
    assert.equal((await get(id)).instrument, undefined);
    it.fake.settle(id);
    const account = { type: 'bank_account', holder: 'Ada Lovelace', iban: 'DE**3000', fingerprint: 'Jc8YQ5kYpHHpCyrO' };
    assert.deepEqual((await get(id)).instrument, account);
    it.fake.chargeOf(id).payment_method_details = { type: 'klarna', klarna: {} };
    assert.equal((await get(id)).instrument, undefined);
  });

  test('tells Handback of a refund and of a dispute', async () => {
    const { id } = await create();
    it.fake.pay(id);
    const send = (type, about) =>
      it.fake.sendEvent(`${it.url}/stripe-webhook`, type, about, { secret: STRIPE_WEBHOOK_SECRET });
    const notified = () => it.handback.notified.map(({ data }) => data);
    assert.equal((await send('charge.refunded', it.fake.chargeOf(id).id)).status, 204);
    assert.deepEqual(notified(), [{ reference: '1-1' }]);
    const dispute = it.fake.dispute(id, { metadata: { reference: '9-9', notification_url: 'https://x.example' } });
    for (const type of ['charge.dispute.created', 'charge.dispute.closed']) {
      assert.equal((await send(type, dispute.id)).status, 204);
    }
    assert.deepEqual(notified(), [{ reference: '1-1' }, { reference: '1-1' }, { reference: '1-1' }]);
    // Stripe sends it again when its payment could not be asked for.
    it.fake.answerNext('GET', 500, { error: { type: 'api_error' } });
    assert.equal((await send('charge.dispute.closed', dispute.id)).status, 502);
  });

  test('passes over a dispute of a payment that is not of Handback', async () => {
    const { id } = await create();
    it.fake.pay(id);
    const dispute = it.fake.dispute(id);
    const send = () =>
      it.fake.sendEvent(`${it.url}/stripe-webhook`, 'charge.dispute.created', dispute.id, {
        secret: STRIPE_WEBHOOK_SECRET,
      });
    it.fake.intents.get(dispute.payment_intent).metadata = {};
    assert.equal((await send()).status, 204);
    dispute.payment_intent = null;
    assert.equal((await send()).status, 204);
    assert.equal(it.handback.notified.length, 0);
  });

  test('takes no event that Stripe did not sign, or signed long ago', async () => {
    const { id } = await create();
    const send = (options) => it.fake.sendEvent(`${it.url}/stripe-webhook`, 'checkout.session.completed', id, options);
    assert.equal((await send({ secret: 'whsec_other' })).status, 401);
    assert.equal(
      (await send({ secret: STRIPE_WEBHOOK_SECRET, timestamp: Math.floor(Date.now() / 1000) - 600 })).status,
      401,
    );
    assert.equal((await fetch(`${it.url}/stripe-webhook`, { method: 'POST', body: '{}' })).status, 401);
    assert.equal(it.handback.notified.length, 0);
  });

  test('passes over an event about a payment that is not of Handback', async () => {
    const { id } = await create();
    it.fake.sessions.get(id).metadata = {};
    assert.equal((await SERVICES.stripe.webhook(it.fake, it.url, id)).status, 204);
    assert.equal(it.handback.notified.length, 0);
  });
});

describe('mollie alone', () => {
  const it = fixture(SERVICES.mollie);
  const ask = (type, data, options) => it.handback.ask(it.url, type, data, options);
  const create = async (more) => (await it.handback.create(it.url, '1-1', more)).body;
  const get = async (id) => (await ask('payment.get', { id, reference: '1-1' })).body;

  test('every status is one of the protocol', async () => {
    const { id } = await create();
    const expected = {
      open: 'open',
      pending: 'pending',
      paid: 'paid',
      failed: ['refused', 'declined'],
      canceled: ['refused', 'user_cancelled'],
      expired: 'closed',
      authorized: 'authorised',
    };
    for (const [theirs, ours] of Object.entries(expected)) {
      it.fake.move(id, theirs);
      const { status, refusal } = await get(id);
      assert.deepEqual(refusal ? [status, refusal.code] : status, ours, theirs);
    }
    it.fake.move(id, 'surprise');
    assert.equal((await ask('payment.get', { id, reference: '1-1' })).status, 502);
  });

  test('leaves open what cannot be cancelled', async () => {
    const { id } = await create();
    it.fake.move(id, 'pending', { isCancelable: false });
    assert.equal((await ask('payment.cancel', { id, reference: '1-1' })).body.status, 'pending');
  });

  test('a release that takes time is pending, and then done', async () => {
    const { id } = await create({ capture: 'manual' });
    it.fake.move(id, 'authorized');
    it.fake.releaseTakesTime = true;
    const voided = async () =>
      (await ask('payment.void', { id: 'v1', payment: id, description: '' }, { id: 'operation-v1' })).body.status;
    assert.equal(await voided(), 'pending');
    assert.equal(await voided(), 'pending');
    it.fake.move(id, 'canceled');
    assert.equal(await voided(), 'done');
  });

  test('releases what is left after a capture of a part', async () => {
    const { id } = await create({ capture: 'manual' });
    it.fake.move(id, 'authorized');
    it.fake.captureStatus = 'pending';
    const order = async (type, id, more) =>
      (await ask(type, { id, description: '', ...more }, { id: `operation-${id}` })).body.status;
    const part = { payment: id, amount: '9.99', currency: 'EUR' };
    assert.equal(await order('payment.capture', 'c1', part), 'pending');
    it.fake.captures[0].status = 'succeeded';
    assert.equal(await order('payment.capture', 'c1', part), 'done');
    assert.equal(await order('payment.void', 'v1', { payment: id }), 'done');
    assert.equal((await get(id)).status, 'paid');
    assert.equal(await order('payment.void', 'v1', { payment: id }), 'done');
  });

  test('reports a capture of a part while the rest is set aside, and none that is not done', async () => {
    const { id } = await create({ capture: 'manual' });
    it.fake.move(id, 'authorized');
    it.fake.captureStatus = 'pending';
    const theirs = it.fake.captureInDashboard(id, '9.99');
    assert.equal((await get(id)).operations, undefined);
    theirs.status = 'succeeded';
    const { status, operations } = await get(id);
    assert.deepEqual([status, operations], ['authorised', [{ id: theirs.id, kind: 'capture', amount: '9.99' }]]);
  });

  test('reports no capture that Mollie makes by itself', async () => {
    const { id } = await create();
    it.fake.move(id, 'paid');
    it.fake.captureInDashboard(id, '25.00');
    assert.equal((await get(id)).operations, undefined);
  });

  test('a chargeback without a reason has none', async () => {
    const { id } = await create();
    it.fake.move(id, 'paid');
    const chargeback = it.fake.chargeBack(id, '25.00');
    assert.deepEqual((await get(id)).operations, [{ id: chargeback.id, kind: 'chargeback', amount: '25.00' }]);
  });

  test('asks for a payment and what was done to it at once', async () => {
    const { id } = await create({ capture: 'manual' });
    it.fake.move(id, 'authorized');
    it.fake.captureInDashboard(id, '25.00');
    it.fake.refundInDashboard(id, '5.00');
    it.fake.chargeBack(id, '20.00');
    assert.equal((await get(id)).operations.length, 3);
    assert.equal(it.fake.reads, 1);
  });

  test('a direct debit may change for 400 days', async () => {
    const { id } = await create();
    it.fake.move(id, 'paid', { method: 'directdebit', createdAt: '2026-01-31T10:00:00+01:00' });
    assert.equal((await get(id)).changes_until, '2027-03-07T09:00:00.000Z');
    it.fake.move(id, 'paid', { method: 'creditcard' });
    assert.equal((await get(id)).changes_until, '2026-07-30T09:00:00.000Z');
  });

  test('says with which card or account was paid', async () => {
    const { id } = await create();
    const instrument = async (details) => {
      it.fake.move(id, 'paid', { details });
      return (await get(id)).instrument;
    };
    const card = {
      cardHolder: 'Ada Lovelace',
      cardNumber: '6787',
      cardLabel: 'Mastercard',
      cardFingerprint: 'fHB3CCKx9REkz8fPplT8N4nq',
      cardSecurity: '3dsecure',
      cardCountryCode: 'NL',
      feeRegion: 'intra-eu',
    };
    const shown = {
      type: 'card',
      brand: 'Mastercard',
      holder: 'Ada Lovelace',
      last_four: '6787',
      fingerprint: 'fHB3CCKx9REkz8fPplT8N4nq',
    };
    assert.deepEqual(await instrument(card), { ...shown, three_d_secure: '3dsecure' });
    assert.deepEqual(await instrument({ ...card, cardSecurity: 'normal' }), shown);
    assert.deepEqual(await instrument({ cardNumber: '5555555555556787', cardLabel: null }), {
      type: 'card',
      last_four: '6787',
    });

    const iban = 'NL53INGB0654422370';
    const consumer = { consumerName: 'Ada Lovelace', consumerAccount: iban, consumerBic: 'INGBNL2A' };
    const account = { type: 'bank_account', holder: 'Ada Lovelace', iban, bic: 'INGBNL2A' };
    assert.deepEqual(await instrument(consumer), account);
    assert.deepEqual(await instrument({ ...consumer, cardNumber: '6787' }), account);
    assert.deepEqual(await instrument({ ...consumer, consumerName: null, consumerBic: null }), {
      type: 'bank_account',
      iban,
    });
    for (const nothing of [{ consumerName: 'Ada', consumerAccount: 'ada@shop.example' }, {}, null, undefined]) {
      assert.equal(await instrument(nothing), undefined);
    }
    it.fake.move(id, 'pending', { details: card });
    assert.equal((await get(id)).instrument, undefined);
  });

  test('a currency that Mollie does not take is refused, with the field', async () => {
    const { status, body } = await it.handback.create(it.url, '1-1', { amount: '5.120', currency: 'KWD' });
    assert.equal(status, 422);
    assert.match(body.detail, /amount\.currency/);
  });

  test('a webhook with an unknown id says nothing', async () => {
    for (const id of ['tr_unknown', '../../x', '']) {
      assert.equal((await it.fake.sendWebhook(`${it.url}/mollie-webhook`, id)).status, 204);
    }
    assert.equal(it.handback.notified.length, 0);
  });
});
