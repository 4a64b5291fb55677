// A customer comes home to an app, in a real Chromium that has no such app: the page tries once by itself, and its button
// stays, however the customer goes on.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openChromium, openWindow } from './chromium.mjs';
import { openGateway, openSite } from './gateway.mjs';

const CALLBACK = 'com.example.app://home?own=1';
const OPEN = 'a[href^="com.example.app:"]';

let browser, gateway, site;

before(async () => {
  browser = await openChromium();
  gateway = await openGateway();
  await gateway.save(CALLBACK);
  site = await openSite({ '/elsewhere': () => '<!doctype html><title>Elsewhere</title><h1>Elsewhere</h1>' });
});

after(async () => {
  await browser?.close();
  await gateway?.close();
  site?.close();
});

// Every launch of the app that a page tries. The browser knows no such app, so that it stays where it is.
async function watchLaunches(page) {
  const launches = [];
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Page.enable');
  devtools.on('Page.frameRequestedNavigation', ({ url }) => { if (url.startsWith('com.example.app:')) launches.push(url); });
  return launches;
}

// Longer than a page that tries once more would take for it.
const settled = (page) => page.waitForTimeout(500);

async function agreed(page) {
  await page.goto(await gateway.consent('modelo-sandbox', CALLBACK));
  await page.click('text=Approve');
}

async function paid(page) {
  await page.goto(await gateway.payment(CALLBACK));
  await page.click('text=Pay 25.00 EUR');
  await page.click('text=Approve');
}

// The page with the button: where it leads, after the page has tried that by itself.
async function atTheButton(page) {
  const button = page.locator(OPEN);
  await button.waitFor();
  assert.match(await button.innerText(), /^Open Corner shop$/);
  assert.ok(await button.isVisible());
  return button.getAttribute('href');
}

const WAYS = [
  ['a consent', agreed, (query) => {
    assert.deepEqual([...query.keys()], ['own', 'consent', 'application-user-id', 'user-uuid', 'institution']);
    assert.match(query.get('consent'), /^ey/);
  }],
  ['a payment', paid, (query) => assert.equal(query.get('status'), 'success')],
];

for (const [what, way, hasOutcome] of WAYS) {
  test(`${what} opens the app once by itself, and Back and Reload do not strand`, async () => {
    const { page, refused, close } = await openWindow(browser);
    const launches = await watchLaunches(page);
    await way(page);
    const href = await atTheButton(page);
    assert.ok(href.startsWith(`${CALLBACK}&`), href);
    hasOutcome(new URL(href).searchParams);
    await settled(page);
    assert.deepEqual(launches, [href], 'it tries once, and what its button says');

    await page.reload();
    assert.equal(await atTheButton(page), href);
    await settled(page);
    assert.equal(launches.length, 1, 'a reload leaves it to the button');

    // Away and Back: the page is there again.
    await page.goto(`${site.base}/elsewhere`);
    assert.equal(site.to('/elsewhere').at(-1).headers.referer, undefined);
    await page.goBack();
    assert.equal(await atTheButton(page), href);
    await settled(page);
    assert.equal(launches.length, 1, 'nor does Back try again');

    // Back once more is the bank, whose second yes leads to the app too: at once, or by the page that says how it ended.
    await page.goBack();
    await page.click('text=Approve');
    const onward = page.locator(`${OPEN}, a[href*="/home?"]`);
    await onward.waitFor();
    if (!(await page.locator(OPEN).count())) await onward.click();
    assert.equal(await atTheButton(page), href);

    await page.click(OPEN);
    await settled(page);
    assert.equal(launches.at(-1), href, 'the button opens the app');
    assert.equal(await atTheButton(page), href, 'and stays where there is none');
    assert.deepEqual(refused.filter((said) => !said.includes('com.example.app:')), []);
    await close();
  });
}

test('without JavaScript the button does it alone', async () => {
  const { page, close } = await openWindow(browser, { javaScriptEnabled: false });
  const launches = await watchLaunches(page);
  await agreed(page);
  const href = await atTheButton(page);
  await settled(page);
  assert.deepEqual(launches, []);
  await page.click(OPEN);
  await settled(page);
  assert.deepEqual(launches, [href]);
  await close();
});
