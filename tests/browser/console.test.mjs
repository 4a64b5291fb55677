// A merchant's first minutes in the console, in a real browser: from a sign-in link to a paid journey on a callback of its
// own, with a script and without any, within ten clicks.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openChromium, openWindow } from './chromium.mjs';
import { openGateway, openSite } from './gateway.mjs';

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
  test(`from a sign-in link to a paid journey, on a ${device}`, async () => {
    const { page, refused, close } = await openWindow(browser, { viewport, javaScriptEnabled });
    let clicks = 0;
    const click = async (what) => {
      clicks += 1;
      await page.click(what);
      await page.waitForLoadState();
      const isTooWide = () => document.documentElement.scrollWidth > document.documentElement.clientWidth;
      if (javaScriptEnabled) assert.equal(await page.evaluate(isTooWide), false, page.url());
    };
    await page.goto(gateway.consoleLink());
    await click('text="Sign in"');
    await page.waitForSelector('h1:text("Start")');
    await click('a:text("Save a callback")');
    await page.fill('#url', 'no url');
    await click('button:text("Save")');
    await page.waitForSelector('#url[aria-invalid]');
    await page.fill('#url', `${site.base}/cb`);
    await click('button:text("Save")');
    await page.waitForSelector('code:text("status=paid")');
    await click('button:text("Make a test journey")');
    await click('button:text("Pay")');
    await page.waitForURL('**/sandbox/authorise?**');
    await click('button:text("Approve")');
    await page.waitForURL(`${site.base}/cb?**`);
    assert.equal(new URL(page.url()).searchParams.get('status'), 'paid');
    assert.ok(clicks <= 10, `${clicks} clicks`);
    await page.goto(`${gateway.base}/console/journeys`);
    await click('tbody a');
    await page.waitForSelector('strong:text("Concluded")');
    assert.deepEqual(refused, []);
    await close();
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
