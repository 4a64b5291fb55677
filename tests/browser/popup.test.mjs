// A merchant's page opens a payment in a window of its own, in a real browser: by script, from another origin.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openChromium, openWindow } from './chromium.mjs';
import { openGateway, openSite } from './gateway.mjs';

let browser, gateway, site, stranger;

// The listener of docs/PAYMENTS.md, and a button that opens the payment of this address.
const SHOP = ({ url }) => ({ headers: { 'cross-origin-opener-policy': 'same-origin-allow-popups' }, body: `<!doctype html><title>Shop</title><h1>Cart</h1><button>Pay</button><output></output><script>
  const gateway = ${JSON.stringify(gateway.base)};
  let popup;
  window.told = [];
  document.querySelector('button').onclick = () => {
    popup = window.open(${JSON.stringify(url.searchParams.get('pay'))}, 'pay', 'popup,width=480,height=720');
  };
  window.addEventListener('message', (event) => {
    if (event.origin !== gateway || event.source !== popup || event.data?.type !== 'handback.return') return;
    event.source.postMessage({ type: 'handback.received' }, gateway);
    window.told.push(event.data.parameters);
    document.querySelector('output').textContent = event.data.parameters.status;
  });
</script>` });

before(async () => {
  browser = await openChromium();
  gateway = await openGateway();
  const paths = {
    '/shop': SHOP,
    '/cb': () => '<!doctype html><title>Shop</title><h1>Back in the shop</h1>',
    '/strict': () => ({ headers: { 'cross-origin-opener-policy': 'same-origin' }, body: '<!doctype html><title>Bank</title>' }),
  };
  site = await openSite(paths);
  stranger = await openSite(paths);
  await gateway.choose({ popup_origin: site.base });
});

after(async () => {
  await browser?.close();
  await gateway?.close();
  site?.close();
  stranger?.close();
});

// A window that a page of this site has opened, with the payment in it.
async function opened(from, options) {
  const shop = await openWindow(browser, options);
  const pay = await gateway.popup(`${site.base}/cb`);
  await shop.page.goto(`${from.base}/shop?pay=${encodeURIComponent(pay)}`);
  const [popup] = await Promise.all([shop.page.waitForEvent('popup'), shop.page.click('text=Pay')]);
  await popup.click('text=Pay 25.00 EUR');
  await popup.waitForURL('**/sandbox/authorise?**');
  return { shop, popup };
}

async function inTheShop(popup) {
  await popup.waitForURL(`${site.base}/cb?**`);
  assert.equal(new URL(popup.url()).searchParams.get('status'), 'paid');
}

for (const [button, status] of [['Approve', 'paid'], ['Decline', 'cancelled']]) {
  test(`the page that opened it is told ${status}, and the window closes`, async () => {
    const { shop, popup } = await opened(site);
    const closed = popup.waitForEvent('close');
    await popup.click(`text=${button}`);
    await closed;
    await shop.page.waitForSelector(`output:text("${status}")`);
    const told = await shop.page.evaluate(() => window.told);
    assert.equal(told.length, 1);
    assert.match(told[0].journey_id, /^[0-9a-f-]{36}$/);
    assert.match(told[0].one_time_token, /^ott_/);
    assert.equal(site.to('/cb').length, 0, 'nobody went to the callback');
    assert.deepEqual(shop.refused, []);
    await shop.close();
  });
}

test('a page of another origin is told nothing, and the window goes home', async () => {
  const { shop, popup } = await opened(stranger);
  await popup.click('text=Approve');
  await inTheShop(popup);
  assert.deepEqual(await shop.page.evaluate(() => window.told), []);
  await shop.close();
});

test('a window whose opener is gone goes home', async () => {
  const { shop, popup } = await opened(site);
  await shop.page.close();
  await popup.click('text=Approve');
  await inTheShop(popup);
  await shop.close();
});

test('a window that a bank has cut off from its opener goes home', async () => {
  const { shop, popup } = await opened(site);
  const bank = popup.url();
  // A Cross-Origin-Opener-Policy on the way moves the window into another group: its opener is gone for good.
  await popup.goto(`${site.base}/strict`);
  await popup.goto(bank);
  await popup.click('text=Approve');
  await inTheShop(popup);
  assert.deepEqual(await shop.page.evaluate(() => window.told), []);
  await shop.close();
});

test('a customer who opened the link by hand goes home', async () => {
  const { page, close } = await openWindow(browser);
  await page.goto(await gateway.popup(`${site.base}/cb`));
  await page.click('text=Pay 25.00 EUR');
  await page.click('text=Approve');
  await inTheShop(page);
  await close();
});

test('without JavaScript the window goes home', async () => {
  const { page, close } = await openWindow(browser, { javaScriptEnabled: false });
  await page.goto(await gateway.popup(`${site.base}/cb`));
  await page.click('text=Pay 25.00 EUR');
  await page.click('text=Approve');
  await inTheShop(page);
  await close();
});
