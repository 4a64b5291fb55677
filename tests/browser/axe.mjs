// What is wrong with a page, by axe-core and by a ruler.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

// A line for each thing that is wrong with what a window shows, by all rules but these.
export async function findings(page, without = []) {
  // What the page's own policy would not load is run by the browser's tools.
  if (!await page.evaluate(() => 'axe' in globalThis)) await page.evaluate(AXE);
  const rules = Object.fromEntries(without.map((rule) => [rule, { enabled: false }]));
  const options = { runOnly: { type: 'tag', values: RULES }, rules };
  const { violations } = await page.evaluate((own) => globalThis.axe.run(own), options);
  const lines = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`));
  const [width, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  if (width > screen) lines.push(`it is ${width} pixels wide, on a screen of ${screen}`);
  return lines;
}
