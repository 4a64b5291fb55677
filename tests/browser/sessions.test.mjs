// A customer on Token.io's hosted pages, in a real browser: choosing a bank, Back, Reload, double clicks, no script.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openChromium, openWindow } from './chromium.mjs';
import { openGateway, openSite, until } from './gateway.mjs';

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

// With SCREENSHOTS, a folder, each page that a walk stands on is kept there for people to look at.
async function shot(page, name) {
  if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}.png`, fullPage: true });
}

async function inTheShop(page, payment) {
  await page.waitForURL(`${site.base}/cb?**`);
  const query = new URL(page.url()).search;
  assert.equal(query, `?payment-id=${payment.id}&state=of-the-shop`);
  return page.url();
}

for (const [device, viewport] of [['phone', { width: 390, height: 844 }], ['desktop', { width: 1280, height: 900 }]]) {
  test(`a customer chooses a bank and comes home, on a ${device}`, async () => {
    const { page, refused, close } = await openWindow(browser, { viewport });
    const payment = await gateway.hosted(`${site.base}/cb`);
    await page.goto(`${payment.authentication.redirectUrl}?lang=de&country=GB`);
    await page.waitForSelector('text=10,23 EUR');
    await shot(page, `session-${device}`);
    await page.reload();
    await page.dblclick('text=Modelo Sandbox');
    await until('the bank asks', () => page.url().includes('/sandbox/authorise?'));
    await page.waitForLoadState();
    // Back to choose another one.
    await page.goBack();
    await page.waitForSelector('text=Wählen Sie Ihre Bank');
    await page.click('text=Mock Sandbox');
    await page.waitForURL('**/sandbox/authorise?**');
    await page.click('text=Approve');
    const home = await inTheShop(page, payment);
    // Whoever opens the page again in this browser is at home already.
    await page.goto(payment.authentication.redirectUrl);
    assert.equal(await inTheShop(page, payment), home);
    assert.deepEqual(refused, []);
    await close();
  });
}

test('without JavaScript it is the same, and another browser is told that it is over', async () => {
  const { page, refused, close } = await openWindow(browser, { javaScriptEnabled: false });
  const payment = await gateway.hosted(`${site.base}/cb`);
  await page.goto(payment.authentication.redirectUrl);
  await page.click('text=Modelo Sandbox');
  await page.click('text=Approve');
  await inTheShop(page, payment);
  assert.deepEqual(refused, []);
  await close();
  const other = await openWindow(browser);
  await other.page.goto(payment.authentication.redirectUrl);
  await other.page.waitForSelector('text=This payment is over');
  await shot(other.page, 'session-over');
  assert.ok(!(await other.page.content()).includes('of-the-shop'), 'the callback is nobody else\'s');
  await other.close();
});

test('Cancel leads home', async () => {
  const { page, close } = await openWindow(browser);
  const payment = await gateway.hosted(`${site.base}/cb`);
  await page.goto(payment.authentication.redirectUrl);
  await page.click('text=Cancel');
  await inTheShop(page, payment);
  await page.goBack();
  await page.waitForSelector('text=This payment is over');
  await close();
});
