// Amounts in minor units and back, and the secrets.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fromMinor, parseSecrets, toMinor } from './adapter.mjs';
import { newSecret } from './handback.mjs';
import { fromStripe, toStripe } from './stripe.mjs';

describe('amounts', () => {
  const exact = [
    ['25.00', 'EUR', 2500n],
    ['1.15', 'EUR', 115n],
    ['0.07', 'USD', 7n],
    ['500', 'JPY', 500n],
    ['5.123', 'KWD', 5123n],
    ['0.001', 'TND', 1n],
    ['9007199254740.993', 'BHD', 9007199254740993n],
    ['1.0000', 'CLF', 10000n],
    ['12.00', 'MGA', 1200n],
    ['3', 'ISK', 3n],
  ];
  for (const [amount, currency, minor] of exact) {
    test(`${amount} ${currency} is ${minor} minor units, and back`, () => {
      assert.equal(toMinor(amount, currency), minor);
      assert.equal(fromMinor(minor, currency), amount);
    });
  }

  test('what is not an amount of its currency is refused', () => {
    for (const [amount, currency] of [
      ['25', 'EUR'],
      ['25.0', 'EUR'],
      ['25.001', 'EUR'],
      ['25.00', 'JPY'],
      ['5.12', 'KWD'],
      ['0.00', 'EUR'],
      ['-1.00', 'EUR'],
      ['+1.00', 'EUR'],
      ['1,00', 'EUR'],
      ['1e2', 'JPY'],
      [' 1.00', 'EUR'],
      ['.50', 'EUR'],
      [25, 'JPY'],
      [undefined, 'EUR'],
      ['25.00', 'eur'],
      ['25.00', ''],
    ]) {
      assert.throws(() => toMinor(amount, currency), { name: 'Refused' }, `${amount} ${currency}`);
    }
  });

  test('Stripe counts some currencies in its own way', () => {
    for (const [amount, currency, units] of [
      ['25.00', 'EUR', 2500],
      ['500', 'JPY', 500],
      ['5', 'ISK', 500],
      ['5', 'UGX', 500],
      ['12.00', 'MGA', 12],
      ['5.120', 'KWD', 5120],
      ['10.45', 'HUF', 1045],
      ['1.15', 'TWD', 115],
    ]) {
      assert.equal(toStripe(amount, currency), units, currency);
      assert.equal(fromStripe(units, currency), amount, currency);
    }
    for (const [amount, currency] of [
      ['12.50', 'MGA'],
      ['5.123', 'KWD'],
    ]) {
      assert.throws(() => toStripe(amount, currency), { name: 'Refused', code: 'invalid_amount' });
    }
  });
});

test('secrets are read, one or two, and nothing else', () => {
  const [one, two] = [newSecret(), newSecret()];
  assert.deepEqual(parseSecrets(one), [one]);
  assert.deepEqual(parseSecrets(`${one}, ${two}`), [one, two]);
  for (const wrong of ['', 'secret', 'whsec_AAAA', `${one},`, `${one},${two},${one}`, undefined]) {
    assert.throws(() => parseSecrets(wrong), /HANDBACK_SECRET/);
  }
});
