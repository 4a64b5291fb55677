// What an adapter says of a payment beside its status: what was done to it, until when it may change, what paid it.

const DAY_MS = 24 * 60 * 60 * 1000;

/** An operation that has taken place, as the protocol writes it. */
export function done(kind, id, amount, reason) {
  return { id, kind, amount, ...(reason && { reason }) };
}

/** An instrument with the members that are known; `undefined` when none is. */
export function instrumentOf(type, members) {
  const known = Object.entries(members).filter(([, value]) => typeof value === 'string' && value !== '');
  return known.length === 0 ? undefined : { type, ...Object.fromEntries(known) };
}

/** The end of a card's number. Whatever a service answers, nothing more of the number is passed on. */
export function lastFour(number) {
  return /\d{4}$/.exec(number ?? '')?.[0];
}

/**
 * The optional members of a payment, of which each is there only when there is something to say.
 *
 * - `created`: when the payment was created, in milliseconds. The end is counted from that, and so never moves.
 * - `days`: how long something may be done to it.
 */
export function additions({ status, created, days, operations, instrument }) {
  const isMade = status === 'paid' || status === 'authorised';
  return {
    ...(operations.length > 0 && { operations }),
    ...(isMade && { changes_until: new Date(created + days * DAY_MS).toISOString() }),
    ...(isMade && instrument && { instrument }),
  };
}
