// The browser: Chromium as the system has it.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

// Where it is: CHROMIUM, or the first of its names on PATH.
function executable() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const candidates = [process.env.CHROMIUM, ...NAMES.flatMap((name) => folders.map((folder) => join(folder, name)))];
  const found = candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (!found) throw new Error(`no Chromium: none of ${NAMES.join(', ')} is on PATH, and CHROMIUM names none`);
  return found;
}

// Starts one. In a container its own sandbox has no ground to stand on; it visits nobody but ourselves.
export function openChromium() {
  return chromium.launch({ executablePath: executable(), args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

// A browser's window of its own, with its own cookies.
export async function openWindow(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, ...options });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  // What a page's policy refused, and what its scripts fell over. A picture that a bank has not is nobody's concern.
  const refused = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) refused.push(message.text());
  });
  page.on('pageerror', (error) => refused.push(String(error)));
  return { page, refused, close: () => context.close() };
}
