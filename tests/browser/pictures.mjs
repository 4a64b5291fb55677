// Makes the pictures that README.md, docs/CONSOLE.md and docs/OPERATING.md show, of a gateway in which a shop has taken some payments:
//
//   HANDBACK_BINARY=target/debug/handback tests/banks/node tests/browser/pictures.mjs
//
// They are written to docs/images; look at them before you commit them.

import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openChromium, openWindow } from './chromium.mjs';
import { openGateway, openSite } from './gateway.mjs';

const FOLDER = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const CALLBACK = 'https://shop.example/paid';
const PHONE = { viewport: { width: 390, height: 720 }, colorScheme: 'light' };
const DESKTOP = { viewport: { width: 1100, height: 700 }, colorScheme: 'light' };

const browser = await openChromium();
const gateway = await openGateway();
const site = await openSite({ '/webhooks': () => ({ status: 204 }), '/broken': () => ({ status: 503, body: 'Service Unavailable' }) });

async function open(device) {
  const opened = await openWindow(browser, device);
  await opened.page.route('https://shop.example/**', (route) => route.fulfill({ contentType: 'text/html', body: '<h1>Shop</h1>' }));
  return opened;
}

// Playwright has no WebP, which is a fifth of PNG's size here; Chromium has.
async function picture(page, name, { full = false } = {}) {
  await page.waitForLoadState('networkidle');
  const session = await page.context().newCDPSession(page);
  const height = full ? await page.evaluate(() => document.documentElement.scrollHeight) : page.viewportSize().height;
  const clip = { x: 0, y: 0, width: page.viewportSize().width, height, scale: 1.5 };
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 75, captureBeyondViewport: full, clip });
  const bytes = Buffer.from(data, 'base64');
  writeFileSync(`${FOLDER}${name}.webp`, bytes);
  console.log(`${name}.webp: ${Math.round(bytes.length / 1024)} kB`);
}

// A customer who comes to the end that this button of the test bank decides.
async function pay(page, note, decision, amount, more = {}) {
  const link = await gateway.payment(CALLBACK, { recipient_note: note, amount, ...more });
  await page.goto(link);
  if (decision === 'cancel') {
    await page.click('form[action="/payment/cancel"] button');
  } else {
    await page.click('button.primary');
    await page.click(`button[value=${decision}]`);
  }
  await page.waitForURL(`${CALLBACK}**`);
  return link;
}

mkdirSync(FOLDER, { recursive: true });
await gateway.save(CALLBACK);
await gateway.save('https://shop.example/staging');
await gateway.choose({ support_url: 'https://shop.example/help', legal_url: 'https://shop.example/legal' });
await gateway.listen(`${site.base}/webhooks`);
await gateway.listen(`${site.base}/broken`);

const phone = await open(PHONE);
const paid = await pay(phone.page, 'Order 1041', 'approve', 12.5, { payment_endpoint: '0,1' });
await pay(phone.page, 'Order 1039', 'decline', 80);
await pay(phone.page, 'Order 1038', 'cancel', 7.9);
const link = await gateway.payment(CALLBACK, { recipient_note: 'Order 1042: two tickets' });
await phone.page.goto(link);
await picture(phone.page, 'checkout-phone');
await phone.page.goto((await gateway.hosted(CALLBACK)).authentication.redirectUrl);
await picture(phone.page, 'banks-phone');
await phone.page.goto(paid);
await picture(phone.page, 'result-phone');

const desktop = await open(DESKTOP);
await desktop.page.goto(link);
await picture(desktop.page, 'checkout');
for (const [{ page }, name] of [[phone, 'console-start-phone'], [desktop, 'console-start']]) {
  await page.goto(gateway.consoleLink());
  await page.click('text="Sign in"');
  await page.waitForSelector('h1:text("Start")');
  await picture(page, name);
}
const { page } = desktop;
await page.goto(`${gateway.base}/console/journeys`);
await picture(page, 'console-journeys');
await page.click('tr:has-text("Order 1041") a');
await page.waitForSelector('h2:text("What happened")');
await picture(page, 'console-journey', { full: true });
await page.goto(`${gateway.base}/console/callbacks/0`);
await picture(page, 'console-callback', { full: true });
await page.goto(`${gateway.base}/console/webhooks`);
await picture(page, 'console-webhooks', { full: true });

await browser.close();
site.close();
await gateway.close();
