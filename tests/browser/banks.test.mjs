// A customer agrees at real OpenID providers (tests/banks), in a real browser: behind a #, and by a form.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openChromium, openWindow } from './chromium.mjs';
import { openGateway, openSite } from './gateway.mjs';

const BANKS = fileURLToPath(new URL('../banks/bank.mjs', import.meta.url));
const KINDS = ['hybrid', 'form-post'];

let browser, gateway, site;

before(async () => {
  browser = await openChromium();
  site = await openSite({ '/cb': () => '<!doctype html><title>Shop</title><h1>Back in the shop</h1>' });
  gateway = await openGateway(withBanks);
  await gateway.save(`${site.base}/cb`);
  // The hardest case: no answer is taken without the cookie of the browser that left.
  await gateway.choose({ same_browser: 'required' });
});

after(async () => {
  await browser?.close();
  await gateway?.close();
  site?.close();
});

// The gateway is localhost here, because the banks are 127.0.0.1: another site.
async function withBanks(base) {
  const publicUrl = base.replace('127.0.0.1', 'localhost');
  const banks = spawn(process.execPath, [BANKS, '--public-url', publicUrl], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(banks.stdout, 'data');
  const { kinds } = JSON.parse(line);
  const text = [`public_url = ${quoted(publicUrl)}`, ...KINDS.map((kind) => institution(kind, kinds[kind]))].join('\n');
  return { text, close: () => banks.stdin.end() };
}

const quoted = (value) => JSON.stringify(value);

function institution(kind, bank) {
  const lines = [
    '[[institution]]',
    `id = ${quoted(kind)}`,
    `name = ${quoted(`Bank of ${kind}`)}`,
    'features = ["ACCOUNTS"]',
    'environment = "sandbox"',
    '[institution.bank]',
    'kind = "oidc"',
    'plain_loopback = true',
    `issuer = ${quoted(bank.issuer)}`,
    `client_id = ${quoted(bank.client_id)}`,
    `auth = ${quoted(bank.token_endpoint_auth_method)}`,
    `scope = ${quoted(bank.scope.split(' '))}`,
    `response_type = ${quoted(bank.response_type)}`,
    `response_mode = ${quoted(bank.response_mode)}`,
    `requests = ${quoted(bank.require_signed_request_object ? 'signed' : 'plain')}`,
  ];
  if (bank.client_secret) lines.push(`client_secret = ${quoted(bank.client_secret)}`);
  if (bank.private_key_pem) {
    lines.push(`signing_key = ${quoted(bank.private_key_pem)}`, `signing_key_id = ${quoted(bank.kid)}`);
  }
  return lines.join('\n');
}

for (const kind of KINDS) {
  for (const decision of ['approve', 'deny']) {
    test(`a customer of ${kind} can ${decision}, and the shop learns nothing else`, async () => {
      const { page, refused, close } = await openWindow(browser);
      await page.goto(await gateway.consent(kind, `${site.base}/cb`));
      await page.locator('input[name=login]').waitFor();
      await page.click(`button[value=${decision}]`);
      await page.waitForURL(`${site.base}/cb?**`);
      const { searchParams, hash } = new URL(page.url());
      assert.equal(hash, '', 'no fragment is carried on');
      const names = [...searchParams.keys()];
      const told = decision === 'approve' ? ['consent'] : ['error', 'error-source', 'error-description'];
      assert.deepEqual(names.toSorted(), ['application-user-id', 'user-uuid', 'institution', ...told].toSorted());
      assert.equal(searchParams.get('institution'), kind);
      if (decision === 'deny') assert.equal(searchParams.get('error'), 'access_denied');
      assert.equal(site.to('/cb').at(-1).headers.referer, undefined);
      assert.deepEqual(refused, []);

      await page.goBack();
      assert.ok(!page.url().startsWith(gateway.base), `Back leads past our pages, to the bank: ${page.url()}`);
      await close();
    });
  }
}
