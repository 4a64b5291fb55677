// Stripe and Mollie, played on this machine, for tests.

export { FakeStripe } from './fake_stripe.mjs';
export { FakeMollie, redirectMollie } from './fake_mollie.mjs';
