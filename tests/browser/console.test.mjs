// A merchant's first minutes in the console, in a real browser: from the first start of the gateway to a paid journey on a
// callback of its own, with a script and without any, within ten clicks. The clicks are printed, each with its page's time.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openChromium, openWindow } from './chromium.mjs';
import { openGateway, openSite } from './gateway.mjs';

const BANKS = fileURLToPath(new URL('../banks/bank.mjs', import.meta.url));

let browser, gateway, site;

before(async () => {
  browser = await openChromium();
  gateway = await openGateway();
  site = await openSite({ '/cb': () => '<!doctype html><title>Shop</title><h1>Back in the shop</h1>' });
});

after(async () => {
  await browser?.close();
  await gateway?.close();
  site?.close();
});

for (const [device, viewport, javaScriptEnabled] of [
  ['phone', { width: 320, height: 720 }, false], ['desktop', { width: 1280, height: 900 }, true],
]) {
  test(`from the first start to a paid journey on one's own callback, on a ${device}`, async () => {
    const own = await openGateway();
    const link = await own.printedLink();
    const { page, refused, close } = await openWindow(browser, { viewport, javaScriptEnabled });
    const script = [];
    // Does something, and notes how long it took until the page that it led to had loaded.
    const note = async (what, act) => {
      const began = performance.now();
      await act();
      await page.waitForLoadState();
      const { pathname } = new URL(page.url());
      script.push([what, pathname, `${Math.round(performance.now() - began)} ms`]);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), page.url());
    };
    const click = (what, on = `button:text-is("${what}")`) => note(`click *${what}*`, () => page.click(on));
    await note('open the link that the start has printed', () => page.goto(link));
    await click('Sign in');
    await page.waitForSelector('h1:text("Start")');
    await click('Save a callback', 'a:text-is("Save a callback")');
    await page.fill('#url', `${site.base}/cb`);
    await click('Save');
    await page.waitForSelector('code:text("status=paid")');
    await click('Make a test journey');
    await click('Pay 1.00 EUR');
    await page.waitForURL('**/sandbox/authorise?**');
    await click('Approve');
    await page.waitForURL(`${site.base}/cb?**`);
    assert.equal(new URL(page.url()).searchParams.get('status'), 'paid');
    const clicks = script.filter(([what]) => what.startsWith('click')).length;
    console.log([`${clicks} clicks, on a ${device}:`, ...script.map((line) => `| ${line.join(' | ')} |`)].join('\n'));
    assert.ok(clicks <= 10, `${clicks} clicks`);
    await page.goto(`${own.base}/console/journeys`);
    await page.click('tbody a');
    await page.waitForSelector('strong:text("Concluded")');
    assert.deepEqual(refused, []);
    await close();
    await own.close();
  });
}

test('a page of another site sends no form of the console', async () => {
  const { page, close } = await openWindow(browser);
  await page.goto(gateway.consoleLink());
  await page.click('text="Sign in"');
  await page.waitForSelector('h1:text("Start")');
  const action = `${gateway.base}/console/sign-out`;
  await page.goto(`${site.base}/cb`);
  await page.setContent(`<form method="post" action="${action}"><input name="form_token" value="x"><button>Go</button></form>`);
  await page.click('button');
  await page.waitForSelector('text=/own pages only/');
  await page.goto(`${gateway.base}/console`);
  await page.waitForSelector('h1:text("Start")');
  await close();
});

// The gateway is localhost here, because the provider is 127.0.0.1: another site.
async function withStaff(base) {
  const publicUrl = base.replace('127.0.0.1', 'localhost');
  const returns = `${publicUrl}/console/openid/return`;
  const banks = spawn(process.execPath, [BANKS, '--extra-redirect-uri', returns], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(banks.stdout, 'data');
  const { issuer, client_id: id, client_secret: secret } = JSON.parse(line).kinds.staff;
  const quoted = (value) => JSON.stringify(value);
  const text = [
    `public_url = ${quoted(publicUrl)}`, 'sandbox.enabled = true', '[console.oidc]', 'label = "Staff"',
    `issuer = ${quoted(issuer)}`, `client_id = ${quoted(id)}`, `client_secret = ${quoted(secret)}`, 'scope = ["openid"]',
    'plain_loopback = true', '[console.oidc.groups]', 'ops = "operator"',
  ].join('\n');
  return { text, close: () => banks.stdin.end() };
}

for (const [device, viewport, javaScriptEnabled] of [
  ['phone', { width: 320, height: 720 }, false], ['desktop', { width: 1280, height: 900 }, true],
]) {
  test(`an operator signs in by a real OpenID provider, on a ${device}`, async () => {
    const own = await openGateway(withStaff);
    const { page, refused, close } = await openWindow(browser, { viewport, javaScriptEnabled });
    const base = own.base.replace('127.0.0.1', 'localhost');
    await page.goto(`${base}/console/merchants`);
    await page.click('a:text("Sign in")');
    await page.click('a:text("Sign in with Staff")');
    await page.click('button[value=deny]');
    await page.waitForSelector('text=access_denied');
    await page.click('a:text("Sign in")');
    await page.click('a:text("Sign in with Staff")');
    await page.locator('input[name=login]').waitFor();
    await page.click('button[value=approve]');
    await page.waitForSelector('h1:text("Merchants")');
    await page.waitForSelector('text="alice@id.example (admin)"');
    await page.reload();
    await page.waitForSelector('h1:text("Merchants")');
    await page.click('button:text("Sign out")');
    await page.goto(`${base}/console/merchants`);
    await page.waitForSelector('a:text("Sign in")');
    assert.deepEqual(refused, []);
    await close();
    await own.close();
  });
}
