// Every page by axe-core (WCAG 2.2 AA) in a real Chromium, and none scrolls sideways. The pages are those that
// `every_page_is_written` in src/web/views/tests writes into the folder HANDBACK_PAGES: each template is among them, or a
// test fails. They are shown at the gateway's address, with its files and its policy.
//
//   node matrix.mjs          English and Arabic, light, 320 pixels wide
//   node matrix.mjs --long   every language; light, dark and forced colours; 320 and 1200 pixels wide, and 1280 at 200 %;
//                            and without JavaScript each page that has a script
//
// SCREENSHOTS names a folder for a picture of each.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findings } from './axe.mjs';
import { openChromium, openWindow } from './chromium.mjs';
import { openGateway } from './gateway.mjs';

const IS_LONG = process.argv.includes('--long');
const FOLDER = process.env.HANDBACK_PAGES;
if (!FOLDER) throw new Error('HANDBACK_PAGES has to name the folder of the pages; scripts/test does so');

const NARROW = { name: '320', viewport: { width: 320, height: 640 } };
const WIDTHS = IS_LONG ? [
  NARROW,
  { name: '1200', viewport: { width: 1200, height: 900 } },
  { name: '200%', viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 },
] : [NARROW];
const LIGHT = { name: 'light', media: { colorScheme: 'light', forcedColors: 'none' } };
const COLORS = IS_LONG ? [
  LIGHT,
  { name: 'dark', media: { colorScheme: 'dark', forcedColors: 'none' } },
  // The browser chooses the colours, and they are not those of the styles that axe-core reads.
  { name: 'forced', media: { colorScheme: 'dark', forcedColors: 'active' }, without: ['color-contrast'] },
] : [LIGHT];
// Without a script a page that waits can move on only so.
const WITHOUT_SCRIPTS = ['meta-refresh'];
// These lead away from their page, which is looked at as it is before.
const LEADS_AWAY = /\/static\/(app-return|fragment-return|popup|repost|waiting)\./;

const browser = await openChromium();
const gateway = await openGateway();
const policies = {
  customer: (await fetch(`${gateway.base}/`)).headers.get('content-security-policy'),
  console: (await fetch(`${gateway.base}/console/sign-in`)).headers.get('content-security-policy'),
};

// Every page: of whom, in which language, and what it is.
const pages = readdirSync(FOLDER).flatMap((whose) => readdirSync(join(FOLDER, whose))
  .filter((language) => IS_LONG || ['en', 'ar'].includes(language))
  .flatMap((language) => readdirSync(join(FOLDER, whose, language)).map((file) => ({
    whose, language, name: file.replace('.html', ''), html: readFileSync(join(FOLDER, whose, language, file), 'utf8'),
  }))));
if (pages.length === 0) throw new Error(`no page is in ${FOLDER}`);
const byLooks = WIDTHS.flatMap((width) => [true, false]
  .filter((hasScripts) => IS_LONG || hasScripts)
  .map((hasScripts) => ({ width, hasScripts })));

let looks = 0, found = 0;

// Shows the page. The one before it may move on by itself in that very moment, and keep the window to itself.
async function open(page) {
  for (let left = 5; ; left -= 1) {
    try {
      return await page.goto(`${gateway.base}/seen`);
    } catch (trouble) {
      if (left === 0 || !/ERR_ABORTED|interrupted by another/.test(String(trouble))) throw trouble;
    }
  }
}

// Looks at some of the pages in a window of its own.
async function look({ width, hasScripts }, own) {
  const { viewport, deviceScaleFactor = 1 } = width;
  const { page, refused, close } = await openWindow(browser, { viewport, deviceScaleFactor });
  const session = await page.context().newCDPSession(page);
  let shown;
  await page.route('**/*', (route) => {
    const url = route.request().url();
    if (url.endsWith('/seen')) {
      const policy = policies[shown.whose] ?? policies.customer;
      return route.fulfill({ body: shown.html, contentType: 'text/html; charset=utf-8', headers: { 'content-security-policy': policy } });
    }
    if (url.includes('/static/') && !LEADS_AWAY.test(url)) return route.continue();
    return route.fulfill({ status: 204 });
  });
  for (shown of own) {
    // Chromium does not paint a page anew that leaves forced colours.
    await page.emulateMedia(LIGHT.media);
    await session.send('Emulation.setScriptExecutionDisabled', { value: !hasScripts });
    await open(page);
    // axe-core is a script itself: it runs once the page is there as it is without any.
    await session.send('Emulation.setScriptExecutionDisabled', { value: false });
    for (const { name: colors, media, without = [] } of COLORS) {
      await page.emulateMedia(media);
      const what = [shown.whose, shown.language, shown.name, width.name, colors, ...(hasScripts ? [] : ['no script'])].join(' ');
      looks += 1;
      if (process.env.SCREENSHOTS) await page.screenshot({ path: join(process.env.SCREENSHOTS, `${what.replaceAll(' ', '-')}.png`), fullPage: true });
      const trouble = [...await findings(page, [...without, ...(hasScripts ? [] : WITHOUT_SCRIPTS)]), ...refused.splice(0)];
      for (const one of trouble) console.log(`${what}: ${one}`);
      found += trouble.length;
    }
  }
  await close();
}

const began = Date.now();
// Two windows at a time: a page waits for what it loads, and axe-core for nothing.
const work = byLooks.flatMap((kind) => {
  const own = pages.filter(({ html }) => kind.hasScripts || html.includes('<script'));
  return [0, 1].map((half) => [kind, own.filter((_, index) => index % 2 === half)]);
});
await Promise.all([0, 1].map(async (half) => {
  for (const [kind, own] of work.filter((_, index) => index % 2 === half)) await look(kind, own);
}));
await browser.close();
await gateway.close();

const samples = new Set(pages.map(({ whose, name }) => `${whose} ${name}`)).size;
console.log(`${samples} pages, ${pages.length} with their languages, looked at ${looks} times in ${Math.round((Date.now() - began) / 1000)} s: ${found} findings`);
process.exitCode = found === 0 ? 0 : 1;
