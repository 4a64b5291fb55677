// Customers' pages as a customer comes to them, by axe-core (WCAG 2.2 AA), in English and in Arabic, light, on the narrowest
// phone. None of them scrolls sideways. matrix.mjs has every page, from its sample.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { findings } from './axe.mjs';
import { read } from './camera.mjs';
import { openChromium, openWindow } from './chromium.mjs';
import { openGateway, openSite } from './gateway.mjs';

let browser, gateway, site;

before(async () => {
  browser = await openChromium();
  gateway = await openGateway();
  site = await openSite({ '/cb': () => '<!doctype html><title>Shop</title><h1>Back in the shop</h1>' });
  await gateway.save(`${site.base}/cb`);
  await gateway.choose({ support_url: 'https://shop.example/help', legal_url: 'https://shop.example/legal' });
});

after(async () => {
  await browser?.close();
  await gateway?.close();
  site?.close();
});

// Each page: how a customer comes to it, from an empty window.
const PAGES = {
  checkout: async (page) => page.goto(await gateway.payment(`${site.base}/cb`)),
  failed: async (page) => {
    await page.goto(await gateway.payment(`${site.base}/cb`));
    await page.click('button.primary');
    await page.click('summary');
    await page.selectOption('#error', 'server_error');
    await page.click('button[value=error]');
    await page.waitForSelector('[role=alert]');
  },
  waiting: async (page) => {
    await page.goto(await gateway.payment(`${site.base}/cb`));
    await page.click('button.primary');
    await page.click('summary');
    await page.selectOption('#delay', '30000');
    await page.click('button[value=slow]');
    await page.waitForSelector('#waiting');
  },
  ended: async (page) => {
    const link = await gateway.payment(`${site.base}/cb`);
    await page.goto(link);
    await page.click('form[action="/payment/cancel"] button');
    await page.waitForURL(`${site.base}/cb?**`);
    await page.goto(link);
  },
  app: async (page) => {
    await page.goto(await gateway.payment('com.example.shop://paid'));
    await page.click('form[action="/payment/cancel"] button');
    await page.waitForSelector('#open');
  },
  // On a screen as narrow as this one no code is offered.
  code: async (page) => {
    await page.goto(await gateway.payment(`${site.base}/cb`));
    await page.evaluate(() => document.querySelector('form[action="/payment/code"]').submit());
    await page.waitForSelector('.code');
  },
  phone: async (page) => {
    await PAGES.code(page);
    await page.goto(await read(page));
    await page.waitForSelector('form[action="/payment/phone"]');
  },
  session: async (page) => page.goto((await gateway.hosted(`${site.base}/cb`)).authentication.redirectUrl),
  banks: async (page) => page.goto(await gateway.hostedConsent(`${site.base}/cb`)),
  problem: async (page) => page.goto(`${gateway.base}/payment?link_id=unknown`),
};

for (const [locale, direction] of [['en', 'ltr'], ['ar', 'rtl']]) {
  for (const [name, open] of Object.entries(PAGES)) {
    test(`${name} in ${locale}`, async () => {
      const { page, refused, close } = await openWindow(browser, { locale, colorScheme: 'light', viewport: { width: 320, height: 640 } });
      await open(page);
      await page.waitForSelector('h1');
      if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}-${locale}.png`, fullPage: true });
      assert.deepEqual(await page.evaluate(() => [document.documentElement.lang, getComputedStyle(document.body).direction]), [locale, direction]);
      assert.deepEqual(await findings(page), []);
      assert.deepEqual(refused, []);
      await close();
    });
  }
}
