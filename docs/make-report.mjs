// Makes docs/report.png, the report in the README, from a real run: eight local instances search, and a browser shows the
// page that the run left.
//
//   npm run build && node docs/make-report.mjs
//
// Needs Chromium (Debian: chromium).
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { readArguments } from '../script/arguments.mjs';

readArguments(import.meta.url);

const bin = fileURLToPath(new URL('../bin/cnd.js', import.meta.url));
const target = fileURLToPath(new URL('report.png', import.meta.url));
/** Hard enough for a curve, and the same nonce each time: 297075951. */
const args = ['start', '--N', '8', '--T', '120', '--D', '7', '--from', '77865450', '--smallest', '--quiet'];

const directory = mkdtempSync(join(tmpdir(), 'cnd-'));
try {
  const env = { ...process.env, XDG_STATE_HOME: join(directory, 'state') };
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], {
    cwd: directory,
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`not a good run:\n${stdout}${stderr}`);
  const run = readdirSync(join(directory, 'logs')).find((name) => !name.startsWith('.'));
  await takePicture(pathToFileURL(join(directory, 'logs', run, 'report.html')).href);
  process.stdout.write(`${target}\n`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

/** The picture is the upper part of the page, down to the hash rate. */
async function takePicture(url) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: process.getuid() === 0 ? ['--no-sandbox'] : [],
  });
  const page = await browser.newPage({ viewport: { width: 960, height: 900 }, colorScheme: 'light' });
  await page.goto(url);
  const end = await page
    .locator('section', { has: page.getByRole('heading', { name: 'Hash rate' }) })
    .boundingBox();
  await page.screenshot({
    path: target,
    fullPage: true,
    clip: { x: 0, y: 0, width: 960, height: end.y + end.height + 20 },
  });
  await browser.close();
}
