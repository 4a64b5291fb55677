// Pages that post by themselves, most of all the one for a bank that answers behind a #. They are the golden pages with
// their real scripts, before a server that keeps what is posted: what a server never sees is the whole point.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { openChromium, openWindow } from './chromium.mjs';
import { openSite } from './gateway.mjs';

const file = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const CSP = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'";

let browser, gateway, site;

before(async () => {
  browser = await openChromium();
  const onwards = () => ({ status: 303, headers: { location: `${site.base}/cb?status=success` } });
  const served = (path, type) => () => ({ headers: { 'content-type': type }, body: file(path) });
  gateway = await openSite({
    '/return/hybrid': ({ method }) => {
      const headers = { 'content-security-policy': CSP, 'cache-control': 'no-store' };
      return method === 'POST' ? onwards() : { headers, body: file('tests/pages/fragment-return.html') };
    },
    '/away': () => ({ headers: { 'content-security-policy': CSP }, body: file('tests/pages/repost-store-away.html') }),
    '/return/form-post': onwards,
    '/static/repost.HASH.js': served('static/repost.js', 'text/javascript'),
    // What the page is there for: a gateway that simply redirects.
    '/return/careless': onwards,
    '/static/fragment-return.HASH.js': served('static/fragment-return.js', 'text/javascript'),
    '/static/handback.HASH.css': served('static/handback.css', 'text/css'),
    '/static/favicon.HASH.svg': served('static/favicon.svg', 'image/svg+xml'),
  });
  site = await openSite({
    '/cb': () => '<!doctype html><title>Shop</title><h1>Back in the shop</h1>',
    '/bank': ({ url }) => `<!doctype html><title>Bank</title><a href="${url.searchParams.get('to')}">Agree</a>`,
  });
  // The gateway is another site than the bank and the shop.
  gateway.base = gateway.base.replace('localhost', '127.0.0.1');
});

after(async () => {
  await browser?.close();
  gateway?.close();
  site?.close();
});

// Comes from the bank's page to this address of the gateway.
async function arrive(page, address) {
  gateway.requests.length = 0;
  await page.goto(`${site.base}/bank?to=${encodeURIComponent(gateway.base + address)}`);
  await page.click('text=Agree');
}

function posted(path = '/return/hybrid') {
  const posts = gateway.to(path).filter((request) => request.method === 'POST');
  assert.equal(posts.length, 1);
  assert.equal(posts[0].url.search, '', 'nothing stands in the address');
  assert.match(posts[0].headers['content-type'], /^application\/x-www-form-urlencoded/);
  return [...new URLSearchParams(posts[0].body)];
}

test('the answer is posted as it came, and nothing of it is carried on', async () => {
  const { page, refused, close } = await openWindow(browser);
  await arrive(page, '/return/hybrid#code=a%2Bb%20c+d&id_token=e.y.J&state=07f3&submit=x&action=y&handback=&code=2');
  await page.waitForURL(`${site.base}/cb?**`);
  assert.equal(page.url(), `${site.base}/cb?status=success`);
  assert.deepEqual(posted(), [
    ['handback_posted_by', 'fragment'],
    ['code', 'a+b c d'],
    ['id_token', 'e.y.J'],
    ['state', '07f3'],
    ['submit', 'x'],
    ['action', 'y'],
    ['handback', ''],
    ['code', '2'],
  ]);
  assert.deepEqual(refused, [], 'the page keeps its own policy');
  await page.goBack();
  assert.equal(await page.title(), 'Bank', 'the page between leaves no entry in the history');
  await close();
});

test('a redirect in its place would have carried the code to the shop', async () => {
  const { page, close } = await openWindow(browser);
  await arrive(page, '/return/careless#code=secret');
  await page.waitForURL(`${site.base}/cb?**`);
  assert.equal(new URL(page.url()).hash, '#code=secret');
  await close();
});

test('an empty fragment is posted as one, for the server to say so', async () => {
  for (const address of ['/return/hybrid', '/return/hybrid#']) {
    const { page, close } = await openWindow(browser);
    await arrive(page, address);
    await page.waitForURL(`${site.base}/cb?**`);
    assert.deepEqual(posted(), [['handback_posted_by', 'fragment']]);
    await close();
  }
});

test('an answer that met our store away is posted again by itself, after a while', async () => {
  const { page, refused, close } = await openWindow(browser);
  const began = Date.now();
  await arrive(page, '/away');
  await page.waitForURL(`${site.base}/cb?**`);
  assert.ok(Date.now() - began >= 2000, 'it leaves the store some time');
  const [marker, ...fields] = posted('/return/form-post');
  assert.deepEqual(marker, ['handback_posted_by', 'repost']);
  assert.deepEqual(fields.map(([name]) => name), ['code', 'state', 'iss']);
  assert.deepEqual(refused, []);
  await close();
});

test('without JavaScript the page says what to do, and keeps the answer for when it is on', async () => {
  const { page, close } = await openWindow(browser, { javaScriptEnabled: false });
  await arrive(page, '/return/hybrid#code=secret');
  await page.locator('noscript strong').waitFor();
  assert.equal(await page.locator('noscript strong').textContent(), 'This step needs JavaScript.');
  assert.equal(new URL(page.url()).hash, '#code=secret');
  assert.equal(await page.locator('.wait').isVisible(), false, 'nothing pretends to be under way');
  assert.ok(!gateway.requests.some((request) => request.method === 'POST'));
  await close();
});
