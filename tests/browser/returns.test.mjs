// A customer comes back from a bank, in a real browser: forms from another site, cookies, Back and Reload.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openChromium, openWindow } from './chromium.mjs';
import { openGateway, openSite, until } from './gateway.mjs';

let browser, gateway, site;

before(async () => {
  browser = await openChromium();
  gateway = await openGateway();
  site = await openSite({
    '/cb': () => '<!doctype html><title>Shop</title><h1>Back in the shop</h1>',
    // A bank whose page posts its answer (OAuth 2.0 Form Post Response Mode); a hostile field must not get in the way.
    '/bank': ({ url }) => `<!doctype html><title>Bank</title><form method="post" action="${gateway.base}/return/sandbox">
      <input type="hidden" name="code" value="${url.searchParams.get('code')}">
      <input type="hidden" name="state" value="${url.searchParams.get('state')}">
      <input type="hidden" name="submit" value="theirs"><button>Agree</button></form>`,
  });
});

after(async () => {
  await browser?.close();
  await gateway?.close();
  site?.close();
});

// Every request for one of our returns, by its method.
function watchReturns(page) {
  const seen = [];
  page.on('request', (request) => {
    if (request.url().startsWith(`${gateway.base}/return/`)) seen.push(request.method());
  });
  return seen;
}

// Leaves for the bank, and stands on the page of a bank that will post this code.
async function atTheBank(page, code = 'ok') {
  await page.goto(await gateway.payment(`${site.base}/cb`));
  await page.click('text=Pay 25.00 EUR');
  await page.waitForURL('**/sandbox/authorise?**');
  const state = new URL(page.url()).searchParams.get('state');
  await page.goto(`${site.base}/bank?code=${code}&state=${state}`);
}

async function inTheShop(page) {
  await page.waitForURL(`${site.base}/cb?**`);
  const url = new URL(page.url());
  assert.equal(url.searchParams.get('status'), 'success');
  assert.equal(url.hash, '');
  for (const secret of ['code', 'state', 'iss']) assert.equal(url.searchParams.get(secret), null);
  return url.href;
}

test('a double click on Pay and one on Approve lead home once', async () => {
  const { page, refused, close } = await openWindow(browser);
  await page.goto(await gateway.payment(`${site.base}/cb`));
  // The second click of a pair breaks off what the first has begun, so that neither can be waited for by itself.
  await page.dblclick('text=Pay 25.00 EUR');
  await until('the bank asks', () => page.url().includes('/sandbox/authorise?'));
  await page.waitForLoadState();
  await page.dblclick('text=Approve');
  await until('the shop is reached', () => page.url().startsWith(site.base));
  await inTheShop(page);
  assert.equal(site.to('/cb').at(-1).headers.referer, undefined, 'the shop learns of no address');
  assert.deepEqual(refused, []);
  await close();
});

test('Back from the shop leads to the bank, and Reload asks the shop alone', async () => {
  const { page, close } = await openWindow(browser);
  await atTheBank(page);
  const returns = watchReturns(page);
  await page.click('text=Agree');
  const home = await inTheShop(page);
  assert.deepEqual(returns, ['POST']);
  await page.reload();
  assert.equal(page.url(), home);
  assert.deepEqual(returns, ['POST'], 'a reload is nothing to us');
  await page.goBack();
  assert.equal(await page.title(), 'Bank');
  // Whoever agrees again there comes home to the same address.
  await page.click('text=Agree');
  assert.equal(await inTheShop(page), home);
  await close();
});

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? 'by itself' : 'by its button, without JavaScript';

  test(`a form from another site brings a required cookie the second time, ${how}`, async () => {
    await gateway.choose({ same_browser: 'required' });
    const { page, refused, close } = await openWindow(browser, { javaScriptEnabled });
    await atTheBank(page);
    const returns = watchReturns(page);
    await page.click('text=Agree');
    if (!javaScriptEnabled) await page.click('text=Continue');
    await inTheShop(page);
    assert.deepEqual(returns, ['POST', 'POST']);
    assert.deepEqual(refused, []);
    if (javaScriptEnabled) {
      await page.goBack();
      assert.equal(await page.title(), 'Bank', 'the page between leaves no entry in the history');
    }
    await close();
    await gateway.choose({ same_browser: 'checked' });
  });

  test(`a customer of a late bank waits on a page that knows no code, ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, async () => {
    const { page, close } = await openWindow(browser, { javaScriptEnabled });
    await atTheBank(page, 'slow:2500');
    const returns = watchReturns(page);
    await page.click('text=Agree');
    await page.waitForSelector('text=One moment');
    await page.waitForURL('**/return/sandbox/wait?**');
    assert.ok(!page.url().includes('slow'), page.url());
    await page.reload();
    await inTheShop(page);
    assert.deepEqual(returns.filter((method) => method === 'POST'), ['POST'], 'no reload posts the code again');
    await close();
  });
}

test('another browser is told so where the cookie is required', async () => {
  await gateway.choose({ same_browser: 'required' });
  const { page, close } = await openWindow(browser);
  await atTheBank(page);
  const bank = page.url();
  await close();
  const other = await openWindow(browser);
  await other.page.goto(bank);
  await other.page.click('text=Agree');
  await other.page.waitForSelector('text=Please continue in the browser you started in');
  await other.close();
  await gateway.choose({ same_browser: 'checked' });
});
