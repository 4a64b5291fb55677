// Decimal amounts to whole minor units and back, exactly.
//
// Handback writes amounts as decimal texts ("25.00" EUR, "500" JPY), many payment services count minor units. A float
// in between turns 1.15 into 114 cents, so there is none here: minor units are a BigInt.

import { Refused } from './refused.mjs';

// ISO 4217, list one (https://www.six-group.com/en/products-services/financial-information/data-standards.html):
// every currency has two decimals, but these.
const EXCEPTIONS = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};
const DECIMALS = new Map(
  Object.entries(EXCEPTIONS).flatMap(([decimals, currencies]) =>
    currencies.split(' ').map((currency) => [currency, Number(decimals)]),
  ),
);

/** How many decimals the amounts of a currency have in ISO 4217. */
export function decimalsOf(currency) {
  if (!/^[A-Z]{3}$/.test(currency)) throw new Refused('invalid_currency', 'The currency is not three capital letters.');
  return DECIMALS.get(currency) ?? 2;
}

/** The minor units of an amount above zero, which is written with all decimals of its currency. */
export function toMinor(amount, currency) {
  const decimals = decimalsOf(currency);
  const form = decimals === 0 ? /^\d{1,15}$/ : new RegExp(`^\\d{1,15}\\.\\d{${decimals}}$`);
  if (typeof amount !== 'string' || !form.test(amount)) {
    throw new Refused('invalid_amount', `The amount is not a decimal with ${decimals} decimals.`);
  }
  const minor = BigInt(amount.replace('.', ''));
  if (minor === 0n) throw new Refused('invalid_amount', 'The amount is not above zero.');
  return minor;
}

/** The decimal text of so many minor units. */
export function fromMinor(minor, currency) {
  const decimals = decimalsOf(currency);
  const digits = BigInt(minor)
    .toString()
    .padStart(decimals + 1, '0');
  return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
