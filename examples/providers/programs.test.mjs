// The two programs, started as processes of their own.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { FakeHandback, newSecret } from './handback.mjs';

describe('the programs', () => {
  const settings = {
    'stripe.mjs': {
      HANDBACK_SECRET: newSecret(),
      STRIPE_API_KEY: 'sk_test_fake',
      STRIPE_WEBHOOK_SECRET: 'whsec_stripe_test',
    },
    'mollie.mjs': {
      HANDBACK_SECRET: newSecret(),
      MOLLIE_API_KEY: 'test_fake0000000000000000000000000000',
      PUBLIC_URL: 'https://adapter.example',
    },
  };
  const run = (t, program, env) => {
    const child = spawn(process.execPath, [program], {
      cwd: import.meta.dirname,
      env: { ...env, PORT: '0' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    t.after(() => child.kill('SIGKILL'));
    child.stderr.setEncoding('utf8');
    return child;
  };

  for (const [program, env] of Object.entries(settings)) {
    test(`${program} starts, answers, and ends when it is asked to`, async (t) => {
      const child = run(t, program, env);
      const [line] = await once(child.stderr, 'data');
      const port = /listening on 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
      assert.ok(port, line);
      assert.equal(
        (await new FakeHandback(env.HANDBACK_SECRET).ask(`http://127.0.0.1:${port}`, 'ping', {})).status,
        200,
      );
      child.kill('SIGTERM');
      assert.deepEqual(await once(child, 'exit'), [0, null]);
    });

    test(`${program} does not start without its settings, and names the one that is missing`, async (t) => {
      for (const name of Object.keys(env)) {
        const child = run(t, program, { ...env, [name]: '' });
        const [line] = await once(child.stderr, 'data');
        const [code] = await once(child, 'exit');
        assert.equal(code, 1);
        assert.match(line, new RegExp(`${name} is not set`));
      }
    });
  }
});
