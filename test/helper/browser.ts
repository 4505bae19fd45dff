import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type Page, chromium } from 'playwright-core';
import { isAvailable } from './available.ts';

const path = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((name) =>
  existsSync(name),
);

/** Why no browser can be driven here; undefined where there is one. In CI there must be. */
export const browserMissing = path === undefined ? 'no browser here (Debian: chromium)' : undefined;
isAvailable(browserMissing);

/** A browser without a window. Its own sandbox does not work for root, as whom CI runs; what it opens is ours. */
export function openBrowser(): Promise<Browser> {
  if (path === undefined) throw new Error(browserMissing);
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: path, args });
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core finds wrong with a page, one line each. */
export async function axeViolations(page: Page): Promise<string[]> {
  // Evaluated by the browser's own protocol: the page's policy admits no script.
  await page.evaluate(`${axe};0`);
  return page.evaluate(
    `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 200)).join(' ')))`,
  );
}
