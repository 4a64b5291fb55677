// A Handback provider over Mollie payments.
//
// Mollie keeps what an idempotency key led to for about an hour (https://docs.mollie.com/reference/api-idempotency). A
// capture or a refund can be asked for again after that, so the operation's id is written into the metadata too, and
// looked for before anything is sent. A second payment would do no harm: no customer knows the page of the first.

import { MollieApiError, PaymentEmbed, createMollieClient } from '@mollie/api-client';
import {
  Refused,
  createAdapter,
  fromMinor,
  isMain,
  notify,
  parseSecrets,
  required,
  shorten,
  start,
  texts,
  toMinor,
} from './adapter.mjs';
import { additions, done, instrumentOf, lastFour } from './operations.mjs';

// A direct debit that nobody had allowed can be charged back for 13 months.
const CHANGES_DAYS = 180;
const DEBIT_CHANGES_DAYS = 400;

// What was done to a payment comes with it, so that nothing more is asked.
const EMBED = [PaymentEmbed.refunds, PaymentEmbed.chargebacks, PaymentEmbed.captures];

/** The server of this provider, over a client of Mollie's SDK. Mollie posts its webhooks to `webhookUrl`. */
export function mollieAdapter({ mollie, webhookUrl, secrets, log, notifyOptions }) {
  return createAdapter({
    secrets,
    log,
    refusalOf,
    operations: {
      'payment.create': (data, key) => create(mollie, webhookUrl, data, key),
      'payment.get': async (data) => payment(await paymentOf(mollie, texts(data, 'id').id)),
      'payment.cancel': (data, key) => cancel(mollie, data, key),
      'payment.capture': (data, key) => capture(mollie, data, key),
      'payment.refund': (data, key) => refund(mollie, data, key),
      'payment.void': (data, key) => voidPayment(mollie, data, key),
    },
    routes: { '/mollie-webhook': (request) => receiveWebhook(mollie, secrets, request, notifyOptions) },
  });
}

async function create(mollie, webhookUrl, data, key) {
  texts(data, 'reference', 'amount', 'currency', 'capture', 'description', 'return_url', 'notification_url');
  const created = await mollie.payments.create({
    amount: toMollie(data),
    description: shorten(data.description || data.reference, 255),
    redirectUrl: data.return_url,
    webhookUrl,
    metadata: { reference: data.reference, notification_url: data.notification_url },
    ...(data.capture === 'manual' && { captureMode: 'manual' }),
    idempotencyKey: key,
  });
  return payment(created);
}

// Mollie writes amounts as Handback does, with all decimals of the currency.
function toMollie({ amount, currency }) {
  return { currency, value: fromMinor(toMinor(amount, currency), currency) };
}

async function cancel(mollie, data, key) {
  let known = await paymentOf(mollie, texts(data, 'id').id);
  // Mollie would release what is set aside, too. The customer has paid then, and it stays.
  if (known.isCancelable && known.status !== 'authorized') {
    try {
      known = await mollie.payments.cancel(known.id, { idempotencyKey: key });
    } catch (error) {
      if (error?.statusCode !== 422) throw error;
      // It is no longer open: it was paid meanwhile.
      known = await paymentOf(mollie, known.id);
    }
  }
  // Mollie does not say who cancelled. This way the question has the same answer when it is asked again.
  return known.status === 'canceled' ? { ...payment(known), status: 'closed', refusal: undefined } : payment(known);
}

async function capture(mollie, data, key) {
  const known = await operationContext(mollie, data);
  for await (const done of mollie.paymentCaptures.iterate({ paymentId: known.id })) {
    if (done.metadata?.operation === data.id) return captured(data.id, done);
  }
  if (known.status !== 'authorized') throw new Refused('operation_not_possible', 'Nothing is set aside.');
  const created = await mollie.paymentCaptures.create({
    paymentId: known.id,
    amount: toMollie(data),
    description: shorten(data.description || data.id, 255),
    metadata: { operation: data.id },
    idempotencyKey: key,
  });
  return captured(data.id, created);
}

function captured(id, { status }) {
  if (status === 'succeeded') return { id, status: 'done' };
  if (status !== 'failed') return { id, status: 'pending' };
  return { id, status: 'refused', refusal: { code: 'capture_failed', detail: 'Mollie could not capture the amount.' } };
}

async function refund(mollie, data, key) {
  const known = await operationContext(mollie, data);
  for await (const done of mollie.paymentRefunds.iterate({ paymentId: known.id })) {
    if (done.metadata?.operation === data.id) return refunded(data.id, done);
  }
  const created = await mollie.paymentRefunds.create({
    paymentId: known.id,
    amount: toMollie(data),
    description: shorten(data.description || data.id, 255),
    metadata: { operation: data.id },
    idempotencyKey: key,
  });
  return refunded(data.id, created);
}

// While a refund is queued or pending, it can still be cancelled in the dashboard. From `processing` on, the bank has
// it.
function isRefunded(status) {
  return status === 'processing' || status === 'refunded';
}

function refunded(id, { status }) {
  if (isRefunded(status)) return { id, status: 'done' };
  if (status !== 'failed' && status !== 'canceled') return { id, status: 'pending' };
  return { id, status: 'refused', refusal: { code: 'refund_failed', detail: 'Mollie could not refund the payment.' } };
}

async function voidPayment(mollie, data, key) {
  const known = await operationContext(mollie, data, 'void');
  if (isReleased(known)) return { id: data.id, status: 'done' };
  if (known.status !== 'authorized') throw new Refused('operation_not_possible', 'Nothing is set aside.');
  await mollie.payments.releaseAuthorization(known.id, { idempotencyKey: key });
  // Mollie passes the release on to the bank, and answers before that has taken place.
  return { id: data.id, status: isReleased(await paymentOf(mollie, known.id)) ? 'done' : 'pending' };
}

// What was set aside and is released reads `canceled`, or `paid` where a part of it was captured.
function isReleased({ status, authorizedAt, amount, amountCaptured }) {
  if (!authorizedAt) return false;
  if (status === 'canceled' || status === 'expired') return true;
  const minor = (money) => toMinor(money.value, money.currency);
  return status === 'paid' && amountCaptured !== undefined && minor(amountCaptured) < minor(amount);
}

async function operationContext(mollie, data, kind) {
  texts(data, 'id', 'payment', ...(kind === 'void' ? [] : ['amount', 'currency']));
  const known = await paymentOf(mollie, data.payment);
  if (kind !== 'void' && data.currency !== known.amount.currency) {
    throw new Refused('invalid_currency', 'The payment has another currency.');
  }
  return known;
}

async function paymentOf(mollie, id) {
  if (!/^tr_\w{1,64}$/.test(id)) throw new Refused('payment_not_found', 'Mollie has no such payment.');
  return mollie.payments.get(id, { embed: EMBED });
}

/** A payment of Mollie, as a payment of the protocol. */
function payment(known) {
  const page = known.getCheckoutUrl();
  const status = statusOf(known);
  return {
    id: known.id,
    reference: known.metadata?.reference,
    amount: known.amount.value,
    currency: known.amount.currency,
    ...status,
    ...(page && { page_url: page }),
    ...additions({
      ...status,
      created: Date.parse(known.createdAt),
      days: known.method === 'directdebit' ? DEBIT_CHANGES_DAYS : CHANGES_DAYS,
      operations: operationsOf(known),
      instrument: paidWith(known.details),
    }),
  };
}

function operationsOf({ amount: { currency }, captureMode, _embedded: embedded }) {
  const { captures = [], refunds = [], chargebacks = [] } = embedded ?? {};
  const operations = [];
  for (const { id, status, metadata, amount } of captureMode === 'manual' ? captures : []) {
    if (status === 'succeeded') operations.push(done('capture', metadata?.operation ?? id, amount.value));
  }
  for (const { id, status, metadata, amount, description } of refunds) {
    const ordered = metadata?.operation;
    // Of one that was ordered from there, Handback knows the reason.
    const reason = ordered ? undefined : description;
    if (isRefunded(status)) operations.push(done('refund', ordered ?? id, amount.value, reason));
  }
  for (const { id, amount, reason, reversedAt } of chargebacks) {
    if (amount.currency !== currency) continue;
    operations.push(done('chargeback', id, amount.value, reason?.description));
    if (reversedAt) operations.push(done('chargeback_reversal', `${id}-reversed`, amount.value));
  }
  return operations;
}

// Which details there are depends on the method, and also on the customer's bank.
function paidWith(details) {
  const { consumerName, consumerAccount, consumerBic: bic, cardHolder, cardNumber } = details ?? {};
  // PayPal has an address of e-mail there, which is no account at a bank.
  const iban = /^[A-Z]{2}\d{2}[A-Z\d]{11,30}$/.test(consumerAccount) ? consumerAccount : undefined;
  if (iban || bic) return instrumentOf('bank_account', { holder: consumerName, iban, bic });
  return instrumentOf('card', {
    brand: details?.cardLabel,
    holder: cardHolder,
    last_four: lastFour(cardNumber),
    fingerprint: details?.cardFingerprint,
    three_d_secure: details?.cardSecurity === '3dsecure' ? details.cardSecurity : undefined,
  });
}

function statusOf({ status, authorizedAt, details }) {
  switch (status) {
    case 'open':
      return { status: 'open' };
    // Its customer is done, and the bank is not.
    case 'pending':
      return { status: 'pending' };
    case 'paid':
      return { status: 'paid' };
    case 'authorized':
      return { status: 'authorised' };
    case 'failed':
      return { status: 'refused', refusal: { code: 'declined', detail: details?.failureReason } };
    case 'expired':
      return { status: 'closed' };
    case 'canceled':
      // What was set aside was released. That is not the customer's no.
      return authorizedAt ? { status: 'closed' } : { status: 'refused', refusal: { code: 'user_cancelled' } };
    default:
      throw new Error('UnknownPaymentStatus');
  }
}

/** The refusal that an error of Mollie's SDK stands for: what Mollie does not accept, or does not know. */
export function refusalOf(error) {
  if (!(error instanceof MollieApiError)) return undefined;
  if (error.statusCode === 404) return new Refused('payment_not_found', 'Mollie has no such payment.');
  if (error.statusCode !== 422) return undefined;
  const field = error.field ? ` Its field ${error.field} is not accepted.` : '';
  return new Refused('invalid_request', `Mollie does not accept this request.${field}`);
}

// Mollie's webhook is an id in a form and is not signed. So the payment is fetched, and the id decides nothing: an
// unknown one is answered like a known one.
async function receiveWebhook(mollie, secrets, { body }, notifyOptions) {
  let known;
  try {
    known = await paymentOf(mollie, new URLSearchParams(body.toString()).get('id') ?? '');
  } catch (error) {
    if (error instanceof Refused || error?.statusCode === 404) return;
    throw error;
  }
  const { reference, notification_url: url } = known.metadata ?? {};
  if (reference && url) await notify(secrets, url, reference, notifyOptions);
}

if (isMain(import.meta)) {
  const env = process.env;
  const mollie = createMollieClient({ apiKey: required(env, 'MOLLIE_API_KEY') });
  const webhookUrl = new URL('/mollie-webhook', required(env, 'PUBLIC_URL')).href;
  start(mollieAdapter({ mollie, webhookUrl, secrets: parseSecrets(required(env, 'HANDBACK_SECRET')) }));
}
