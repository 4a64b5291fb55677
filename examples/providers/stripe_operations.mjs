// What Stripe says was done to a payment, and what it was paid with.

import { done, instrumentOf, lastFour } from './operations.mjs';

/** The operations of a session whose intent, charge and refunds are expanded. `written` writes Stripe's units. */
export async function operationsOf(stripe, { payment_intent: intent, currency }, written) {
  // What was set aside and is released is listed as refunded, but nobody had paid it.
  if (intent?.status !== 'succeeded') return [];
  const operations = intent.capture_method === 'manual' ? [captureOf(intent, written)] : [];
  for (const { id, status, metadata, amount, reason } of await refundsOf(stripe, intent)) {
    if (status === 'succeeded') operations.push(done('refund', metadata?.operation ?? id, written(amount), reason));
  }
  if (!intent.latest_charge?.disputed) return operations;
  for await (const dispute of stripe.disputes.list({ payment_intent: intent.id, limit: 100 })) {
    if (dispute.currency === currency && hasTakenMoney(dispute)) operations.push(...chargebackOf(dispute, written));
  }
  return operations;
}

function captureOf({ id, metadata, amount_received: received }, written) {
  return done('capture', metadata?.capture ?? `${id}-capture`, written(received));
}

async function refundsOf(stripe, { id, amount, amount_received: received, latest_charge: charge }) {
  const { data = [], has_more: isMore } = charge?.refunds ?? {};
  const refunds = isMore ? [] : [...data];
  if (isMore) {
    for await (const refund of stripe.refunds.list({ payment_intent: id, limit: 100 })) refunds.push(refund);
  }
  // Where only a part was captured, Stripe lists what it released of the rest as a refund. The newest come first, and
  // nothing can be refunded before the capture, so that one is the last.
  const released = amount - received;
  const oldest = refunds.at(-1);
  if (oldest?.amount === released && !oldest.metadata?.operation) refunds.pop();
  return refunds;
}

// An inquiry takes no money. What was prevented has taken some, or none.
function hasTakenMoney({ status, balance_transactions: moved }) {
  return status === 'prevented' ? moved?.length > 0 : !status.startsWith('warning_');
}

function chargebackOf({ id, amount, reason, status }, written) {
  const chargeback = done('chargeback', id, written(amount), reason);
  return status === 'won' ? [chargeback, done('chargeback_reversal', `${id}-won`, written(amount))] : [chargeback];
}

/** What a charge was paid with: a card, or an account by a SEPA debit. */
export function paidWith(charge) {
  const { card, sepa_debit: debit } = charge?.payment_method_details ?? {};
  const holder = charge?.billing_details?.name;
  if (card) {
    const { brand, iin: bin, last4, exp_year: year, exp_month: month, fingerprint, three_d_secure: secure } = card;
    return instrumentOf('card', {
      brand,
      holder,
      bin,
      last_four: lastFour(last4),
      expiry: year && month && `${year}-${String(month).padStart(2, '0')}`,
      fingerprint,
      three_d_secure: secure?.result,
    });
  }
  if (!debit) return undefined;
  const iban = debit.country && debit.last4 && `${debit.country}**${debit.last4}`;
  return instrumentOf('bank_account', { holder, iban, fingerprint: debit.fingerprint });
}
