// A payment that is started on a computer and paid on a phone, in two real browsers that know nothing of each other.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { read } from './camera.mjs';
import { openChromium, openWindow } from './chromium.mjs';
import { openGateway, openSite, until } from './gateway.mjs';

let browser, gateway, site;

before(async () => {
  browser = await openChromium();
  gateway = await openGateway();
  site = await openSite({
    '/cb': () => '<!doctype html><title>Shop</title><h1>Back in the shop</h1>',
    // Another site, which has photographed a code and presses for whoever comes by.
    '/press': ({ url }) => `<!doctype html><title>Prize</title><form method="post" action="${gateway.base}/payment/phone">
      <input type="hidden" name="code" value="${url.searchParams.get('code')}"><button>Win</button></form>`,
  });
});

after(async () => {
  await browser?.close();
  await gateway?.close();
  site?.close();
});

const DESKTOP = { viewport: { width: 1200, height: 900 } };

// A computer that shows a code, and the address that it holds.
async function shown(options = {}) {
  const desktop = await openWindow(browser, { ...DESKTOP, ...options });
  await desktop.page.goto(await gateway.payment(`${site.base}/cb`));
  await desktop.page.click('text=Continue on your phone');
  await desktop.page.waitForSelector('.code svg');
  return { desktop, address: await read(desktop.page) };
}

for (const javaScriptEnabled of [true, false]) {
  test(`the computer goes home when the phone has paid, ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, async () => {
    const { desktop, address } = await shown({ javaScriptEnabled });
    let loads = 0;
    desktop.page.on('domcontentloaded', () => { loads += 1; });
    const phone = await openWindow(browser);
    await phone.page.goto(address);
    await phone.page.waitForSelector('text=started on another device');
    await phone.page.click('text=Pay 25.00 EUR');
    await phone.page.waitForURL('**/sandbox/authorise?**');
    await desktop.page.waitForSelector('text=Confirm the payment there');
    assert.equal(await desktop.page.locator('.code').count(), 0, 'the code is gone');
    if (javaScriptEnabled) assert.equal(loads, 0, 'and whoever reads the page has not lost the place');
    await phone.page.click('text=Approve');
    await phone.page.waitForURL('**/payment/phone/end?**');
    await phone.page.waitForSelector('text=Go back to the device');
    await desktop.page.waitForURL(`${site.base}/cb?**`);
    assert.equal(new URL(desktop.page.url()).searchParams.get('status'), 'success');
    // The phone stays where it is, whatever is pressed.
    await phone.page.reload();
    await phone.page.waitForSelector('text=You have paid 25.00 EUR');
    await phone.page.goto(address);
    await phone.page.waitForURL('**/payment/phone/end?**');
    assert.deepEqual([...desktop.refused, ...phone.refused], []);
    await desktop.close();
    await phone.close();
  });
}

test('a second phone is told, and a double press on the first one is one payment', async () => {
  const { desktop, address } = await shown();
  const [phone, second] = [await openWindow(browser), await openWindow(browser)];
  await second.page.goto(address);
  await phone.page.goto(address);
  await phone.page.dblclick('text=Pay 25.00 EUR');
  await until('the bank asks', () => phone.page.url().includes('/sandbox/authorise?'));
  await second.page.click('text=Pay 25.00 EUR');
  await second.page.waitForSelector('text=This code has been used before');
  await phone.page.goBack();
  await phone.page.waitForSelector('text=started on another device');
  await phone.page.click('text=Pay 25.00 EUR');
  await phone.page.click('text=Approve');
  await phone.page.waitForURL('**/payment/phone/end?**');
  await desktop.page.waitForURL(`${site.base}/cb?**`);
  for (const { close } of [desktop, phone, second]) await close();
});

test('a phone whose bank opens another browser leads nobody home', async () => {
  const { desktop, address } = await shown();
  const [phone, other] = [await openWindow(browser), await openWindow(browser)];
  await phone.page.goto(address);
  await phone.page.click('text=Pay 25.00 EUR');
  await phone.page.waitForURL('**/sandbox/authorise?**');
  await other.page.goto(phone.page.url());
  await other.page.click('text=Approve');
  await other.page.waitForSelector('text=You have paid 25.00 EUR');
  await desktop.page.waitForSelector('text=Now go on to the last page on your phone');
  assert.equal(await desktop.page.locator('text=Pay on this device').count(), 0, 'there is nothing to pay any more');
  assert.equal(new URL(desktop.page.url()).pathname, '/payment/code');
  // The phone comes back after all.
  await phone.page.goto(other.page.url());
  await desktop.page.waitForURL(`${site.base}/cb?**`);
  for (const { close } of [desktop, phone, other]) await close();
});

test('a form on another site does not press for anybody', async () => {
  const { desktop, address } = await shown();
  const phone = await openWindow(browser);
  // Even where the page that asks has been open before.
  await phone.page.goto(address);
  await phone.page.goto(`${site.base}/press?code=${new URL(address).searchParams.get('code')}`);
  await phone.page.click('text=Win');
  await phone.page.waitForURL('**/payment/phone?code=**');
  await phone.page.waitForSelector('text=started on another device');
  await desktop.close();
  await phone.close();
});

test('on a phone there is no code', async () => {
  const { page, close } = await openWindow(browser);
  await page.goto(await gateway.payment(`${site.base}/cb`));
  assert.equal(await page.locator('text=Continue on your phone').isVisible(), false);
  await close();
});
