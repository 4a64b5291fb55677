// A Handback provider over Stripe Checkout.
//
// A payment is a Checkout session; its id is the payment's id. Stripe keeps what an idempotency key led to for at
// least 24 hours (https://docs.stripe.com/api/idempotent_requests). A capture or a refund can be asked for again after
// that, so the operation's id is written into the metadata too, and looked for before anything is sent.

import Stripe from 'stripe';
import {
  HttpError,
  Refused,
  createAdapter,
  decimalsOf,
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
import { additions } from './operations.mjs';
import { operationsOf, paidWith } from './stripe_operations.mjs';

// Where Stripe counts otherwise than ISO 4217 (https://docs.stripe.com/currencies): the ariary has no decimals there,
// and ISK and UGX have two, which are always 00.
const STRIPE_DECIMALS = { MGA: 0, ISK: 2, UGX: 2 };

const DAY = 24 * 60 * 60;

// Most disputes come within 120 days. Handback does not ask about what is done after these.
const CHANGES_DAYS = 180;

// The refunds come with the payment, so that nothing more is asked of most of them.
const EXPAND = ['payment_intent.latest_charge.refunds'];

/** An amount as Stripe counts it: an integer in its own minor units. */
export function toStripe(amount, currency) {
  const iso = decimalsOf(currency);
  const shift = (STRIPE_DECIMALS[currency] ?? iso) - iso;
  let units = toMinor(amount, currency);
  if (shift >= 0) units *= 10n ** BigInt(shift);
  else {
    const factor = 10n ** BigInt(-shift);
    if (units % factor !== 0n) throw new Refused('invalid_amount', 'Stripe has no decimals in this currency.');
    units /= factor;
  }
  if (iso === 3 && units % 10n !== 0n)
    throw new Refused('invalid_amount', 'Stripe accepts two decimals of this currency; the third must be 0.');
  if (units > BigInt(Number.MAX_SAFE_INTEGER)) throw new Refused('invalid_amount', 'The amount is too large.');
  return Number(units);
}

/** The decimal text of an amount that Stripe counted. */
export function fromStripe(units, currency) {
  const iso = decimalsOf(currency);
  const shift = (STRIPE_DECIMALS[currency] ?? iso) - iso;
  const exact = BigInt(units);
  return fromMinor(shift >= 0 ? exact / 10n ** BigInt(shift) : exact * 10n ** BigInt(-shift), currency);
}

/** The server of this provider. `stripe` is a client of Stripe's SDK. */
export function stripeAdapter({ stripe, webhookSecret, secrets, log, notifyOptions }) {
  return createAdapter({
    secrets,
    log,
    refusalOf,
    operations: {
      'payment.create': (data, key) => create(stripe, data, key),
      'payment.get': async (data) => payment(stripe, await sessionOf(stripe, texts(data, 'id').id)),
      'payment.cancel': (data, key) => cancel(stripe, data, key),
      'payment.capture': (data, key) => capture(stripe, data, key),
      'payment.refund': (data, key) => refund(stripe, data, key),
      'payment.void': (data, key) => voidPayment(stripe, data, key),
    },
    routes: { '/stripe-webhook': (request) => receiveWebhook(stripe, webhookSecret, secrets, request, notifyOptions) },
  });
}

async function create(stripe, data, key) {
  texts(
    data,
    'reference',
    'amount',
    'currency',
    'capture',
    'description',
    'return_url',
    'notification_url',
    'expires_at',
  );
  const parameters = sessionParameters(data);
  const expiresAt = expiryOf(data);
  try {
    const all = { ...parameters, ...expiresAt };
    return payment(stripe, await stripe.checkout.sessions.create(all, { idempotencyKey: key }));
  } catch (error) {
    // The first time that this was asked, the end was more than a day away, and was not sent.
    if (!(error instanceof Stripe.errors.StripeIdempotencyError) || !expiresAt) throw error;
    return payment(stripe, await stripe.checkout.sessions.create(parameters, { idempotencyKey: key }));
  }
}

// Nothing here may depend on the time: asked again, Stripe must get the same parameters under the same key.
function sessionParameters({ reference, amount, currency, capture, payee, description, return_url, notification_url }) {
  const metadata = { reference, notification_url, ...(payee && { payee: shorten(payee, 500) }) };
  return {
    mode: 'payment',
    line_items: [
      {
        quantity: 1,
        price_data: {
          currency: currency.toLowerCase(),
          unit_amount: toStripe(amount, currency),
          product_data: { name: shorten(description || reference, 250) },
        },
      },
    ],
    client_reference_id: reference,
    metadata,
    payment_intent_data: { capture_method: capture === 'manual' ? 'manual' : 'automatic', metadata },
    // Otherwise Stripe may show the customer another currency, and the amount would be another one.
    adaptive_pricing: { enabled: false },
    success_url: return_url,
    cancel_url: return_url,
  };
}

// A session ends 30 minutes to 24 hours after it was created. So its end is half an hour after the end of the journey,
// and Handback closes it before; a journey that takes almost a day or longer gets Stripe's default, 24 hours.
function expiryOf({ expires_at }) {
  const end = Math.floor(Date.parse(expires_at) / 1000) + 31 * 60;
  if (Number.isNaN(end)) throw new Refused('invalid_request', 'The field expires_at is not a time.');
  return end - Date.now() / 1000 < DAY ? { expires_at: end } : undefined;
}

async function cancel(stripe, data, key) {
  const { id } = texts(data, 'id');
  try {
    return payment(stripe, await stripe.checkout.sessions.expire(id, { expand: EXPAND }, { idempotencyKey: key }));
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
    // It is not open any more: it was paid, or closed before.
    return payment(stripe, await sessionOf(stripe, id));
  }
}

async function capture(stripe, data, key) {
  const { intent, amount } = await operationContext(stripe, data);
  if (intent.metadata?.capture === data.id) return captured(data.id, intent);
  if (intent.status !== 'requires_capture') throw new Refused('operation_not_possible', 'Nothing is set aside.');
  const parameters = { amount_to_capture: amount, metadata: { capture: data.id } };
  return captured(data.id, await stripe.paymentIntents.capture(intent.id, parameters, { idempotencyKey: key }));
}

function captured(id, intent) {
  if (intent.status === 'succeeded') return { id, status: 'done' };
  const hasFailed = intent.status === 'requires_payment_method' || intent.status === 'canceled';
  return hasFailed ? { id, status: 'refused', refusal: refusalOfIntent(intent) } : { id, status: 'pending' };
}

async function refund(stripe, data, key) {
  const { intent, amount } = await operationContext(stripe, data);
  // A pending refund is asked for again under the same key, which would repeat that it is pending for ever.
  for await (const known of stripe.refunds.list({ payment_intent: intent.id, limit: 100 })) {
    if (known.metadata?.operation === data.id) return refunded(data.id, known);
  }
  const metadata = { operation: data.id, ...(data.description && { description: shorten(data.description, 500) }) };
  const parameters = { payment_intent: intent.id, amount, metadata };
  return refunded(data.id, await stripe.refunds.create(parameters, { idempotencyKey: key }));
}

function refunded(id, { status, failure_reason: reason }) {
  if (status === 'succeeded') return { id, status: 'done' };
  if (status !== 'failed' && status !== 'canceled') return { id, status: 'pending' };
  const refusal = { code: reason ?? 'refund_failed', detail: 'Stripe could not refund the payment.' };
  return { id, status: 'refused', refusal };
}

async function voidPayment(stripe, data, key) {
  const { intent } = await operationContext(stripe, data, 'void');
  if (intent.status === 'canceled') return { id: data.id, status: 'done' };
  if (intent.status !== 'requires_capture') throw new Refused('operation_not_possible', 'Nothing is set aside.');
  const { status } = await stripe.paymentIntents.cancel(intent.id, {}, { idempotencyKey: key });
  return { id: data.id, status: status === 'canceled' ? 'done' : 'pending' };
}

// The payment intent that an operation is of, and its amount; a void has none.
async function operationContext(stripe, data, kind) {
  texts(data, 'id', 'payment', ...(kind === 'void' ? [] : ['amount', 'currency']));
  const session = await sessionOf(stripe, data.payment);
  const intent = session.payment_intent;
  if (!intent) throw new Refused('operation_not_possible', 'The payment was not paid.');
  if (kind === 'void') return { intent };
  if (data.currency !== session.currency.toUpperCase()) {
    throw new Refused('invalid_currency', 'The payment has another currency.');
  }
  return { intent, amount: toStripe(data.amount, data.currency) };
}

function sessionOf(stripe, id) {
  return stripe.checkout.sessions.retrieve(id, { expand: EXPAND });
}

/** A session of Stripe, as a payment of the protocol. */
async function payment(stripe, session) {
  const currency = session.currency.toUpperCase();
  const status = statusOf(session);
  return {
    id: session.id,
    reference: session.metadata?.reference ?? session.client_reference_id,
    amount: fromStripe(session.amount_total, currency),
    currency,
    ...status,
    ...(session.url && { page_url: session.url }),
    ...additions({
      ...status,
      created: session.created * 1000,
      days: CHANGES_DAYS,
      operations: await operationsOf(stripe, session, (units) => fromStripe(units, currency)),
      instrument: paidWith(session.payment_intent?.latest_charge),
    }),
  };
}

function statusOf(session) {
  if (session.status === 'open') return { status: 'open' };
  if (session.status === 'expired') return { status: 'closed' };
  if (session.status !== 'complete') throw new Error('UnknownSessionStatus');
  const intent = session.payment_intent;
  switch (intent?.status) {
    case 'succeeded':
      return { status: 'paid' };
    case 'requires_capture':
      return { status: 'authorised' };
    // It was set aside and released.
    case 'canceled':
      return { status: 'closed' };
    // A debit or a transfer is under way.
    case 'processing':
    case 'requires_action':
    case 'requires_confirmation':
      return { status: 'pending' };
    // It was under way and failed.
    case 'requires_payment_method':
      return { status: 'refused', refusal: refusalOfIntent(intent) };
    default:
      if (session.payment_status === 'paid') return { status: 'paid' };
  }
  throw new Error('UnknownPaymentStatus');
}

function refusalOfIntent({ last_payment_error: error }) {
  return { code: error?.decline_code ?? error?.code ?? 'declined', detail: error?.message };
}

/** The refusal that an error of Stripe's SDK stands for: a declined card, and what Stripe does not accept. */
export function refusalOf(error) {
  if (error instanceof Stripe.errors.StripeCardError) {
    return new Refused(error.decline_code ?? error.code ?? 'declined', error.message);
  }
  if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) return undefined;
  if (error.code === 'resource_missing') return new Refused('payment_not_found', 'Stripe has no such payment.');
  return new Refused(error.code ?? 'invalid_request', 'Stripe does not accept this request.');
}

async function receiveWebhook(stripe, webhookSecret, secrets, { body, headers }, notifyOptions) {
  let event;
  try {
    event = stripe.webhooks.constructEvent(body, headers['stripe-signature'] ?? '', webhookSecret);
  } catch {
    throw new HttpError(401, 'not_signed');
  }
  const { reference, notification_url: url } = (await metadataOf(stripe, event.data.object)) ?? {};
  // The account may also have payments that are not Handback's.
  if (reference && url) await notify(secrets, url, reference, notifyOptions);
}

// A charge has a copy of its intent's metadata; a dispute has metadata of its own.
async function metadataOf(stripe, { object, metadata, payment_intent: intent }) {
  if (object !== 'dispute') return metadata;
  return intent ? (await stripe.paymentIntents.retrieve(intent)).metadata : undefined;
}

if (isMain(import.meta)) {
  const env = process.env;
  // Handback itself asks again, so the SDK does not repeat, and ends before Handback stops waiting.
  const stripe = new Stripe(required(env, 'STRIPE_API_KEY'), {
    timeout: 8_000,
    maxNetworkRetries: 0,
    telemetry: false,
  });
  const webhookSecret = required(env, 'STRIPE_WEBHOOK_SECRET');
  start(stripeAdapter({ stripe, webhookSecret, secrets: parseSecrets(required(env, 'HANDBACK_SECRET')) }));
}
