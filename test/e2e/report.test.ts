import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { archivedRuns } from '../helper/archived-runs.ts';
import { axeViolations, browserMissing, openBrowser } from '../helper/browser.ts';
import { type Ended, type Workspace, workspace } from '../helper/cnd.ts';
import { eachEvent } from '../view/example.ts';
import { draw } from '../view/report/draw.ts';
import { journalOf, syntheticEvents } from '../view/report/synthetic.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

let place: Workspace;
let run: string;
let started: Ended;
beforeAll(async () => {
  place = workspace();
  started = await place.run(['start', '--N', '8', '--T', '60', '--D', '5']);
  [run = ''] = archivedRuns(join(place.directory, 'logs'));
});
afterAll(() => place.remove());

/** Names of the charts and tables that are wider than their place. */
const cutOff = `[...document.querySelectorAll('.scroll')].filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.getAttribute('aria-label'))`;

const inRun = (name: string): string => join(place.directory, 'logs', run, name);

describe('cnd report', () => {
  test('makes again exactly what the run has left, in its folder or elsewhere', async () => {
    expect(started).toMatchObject({ code: 0, stderr: expect.not.stringMatching(/report/) });
    const left = readFileSync(inRun('report.html'), 'utf8');
    expect(left).toContain(run);
    rmSync(inRun('report.html'));
    expect(await place.run(['report', 'last'])).toMatchObject({
      code: 0,
      stdout: `${inRun('report.html')}\n`,
      stderr: '',
    });
    expect(readFileSync(inRun('report.html'), 'utf8')).toBe(left);
    const output = join(place.directory, 'page.html');
    expect(await place.run(['report', run, '--output', output])).toMatchObject({
      code: 0,
      stdout: `${output}\n`,
    });
    expect(readFileSync(output, 'utf8')).toBe(left);
  });

  test('says what is wrong, and what to do', async () => {
    expect(await place.run(['report', '2020'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/cnd logs ls/),
    });
    const nowhere = await place.run(['report', run, '--output', '/no/such/place.html']);
    expect(nowhere).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/cannot be written[^]*--output FILE/),
    });
  });
});

describe.skipIf(browserMissing)('in a browser', () => {
  let browser: Browser;
  const pages = new Map<string, string>();
  beforeAll(async () => {
    browser = await openBrowser();
    const keep = (name: string, page: string): void => {
      const path = join(place.directory, `${name}.html`);
      writeFileSync(path, page);
      pages.set(name, pathToFileURL(path).href);
    };
    keep('real', readFileSync(inRun('report.html'), 'utf8'));
    keep('256', await draw(journalOf(syntheticEvents({ instances: 256, ending: 'found', seconds: 120 }))));
    for (const ending of ['failed', 'interrupted', 'killed'] as const)
      keep(ending, await draw(journalOf(syntheticEvents({ instances: 8, ending, seconds: 40 }))));
    const journal = syntheticEvents({ instances: 8, ending: 'found', seconds: 40 });
    const { run, time = '' } = journal.find(({ time }) => time > '2026-11-20T08:12:05') ?? {};
    const resumed = {
      event: 'run.resumed',
      run,
      time,
      elapsed: 62,
      away: 15,
      epoch: 2,
      by: 'somebody@laptop',
    };
    keep(
      'resumed',
      await draw(
        journalOf([...journal, resumed].toSorted((a, b) => ((a.time ?? '') < (b.time ?? '') ? -1 : 1))),
      ),
    );
    const script = `</style></title><script>document.title='hacked'</script><img src=x onerror="document.title='hacked'">`;
    keep('hostile', await draw(journalOf(eachEvent(script))));
  });
  afterAll(() => browser.close());

  test.each([
    ['real', 'light'],
    ['256', 'dark'],
    ['failed', 'light'],
    ['interrupted', 'dark'],
    ['killed', 'light'],
    ['resumed', 'dark'],
    ['hostile', 'light'],
  ] as const)(
    '%s, %s: loads nothing, breaks no policy, is accessible, and fits wide and narrow screens',
    async (name, colorScheme) => {
      const context = await browser.newContext({ colorScheme, viewport: { width: 1280, height: 900 } });
      const page = await context.newPage();
      const said: string[] = [];
      const loaded: string[] = [];
      page.on('console', (message) => said.push(message.text()));
      page.on('pageerror', (error) => said.push(error.message));
      page.on('request', (request) => loaded.push(request.url()));
      const url = pages.get(name) ?? '';
      await page.goto(url);
      expect(await page.title()).toMatch(/ – cnd$/);
      expect(await axeViolations(page)).toEqual([]);
      expect({ said, loaded }).toEqual({ said: [], loaded: [url] });
      // Wide parts scroll by themselves, not the page.
      for (const width of [1280, 360]) {
        await page.setViewportSize({ width, height: 900 });
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      }
      // Where there is room, nothing has to be scrolled to.
      await page.setViewportSize({ width: 1280, height: 900 });
      if (name !== 'hostile') expect(await page.evaluate(cutOff)).toEqual([]);
      // The style was admitted, in these colours.
      const [background, font] = await page.evaluate<[string, string]>(
        `(() => { const { backgroundColor, fontFamily } = getComputedStyle(document.documentElement); return [backgroundColor, fontFamily]; })()`,
      );
      expect(background).toBe(colorScheme === 'dark' ? 'rgb(18, 22, 29)' : 'rgb(255, 255, 255)');
      expect(font).toMatch(/system-ui/);
      await context.close();
    },
  );

  test('prints on white paper whatever the screen is, and reads without scripts', async () => {
    const context = await browser.newContext({ colorScheme: 'dark', javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(pages.get('256') ?? '');
    const paper = await page.pdf({ format: 'A4' });
    expect(paper.subarray(0, 5).toString()).toBe('%PDF-');
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    const shown = await page.locator('section h2').allTextContents();
    expect(shown).toEqual(
      expect.arrayContaining(['Result', 'Timeline of the instances', 'Coverage of the nonce space']),
    );
    // Every chart is drawn, and as wide as the page gives; paper does not scroll.
    await page.setViewportSize({ width: 700, height: 1000 });
    for (const name of ['256', 'real', 'killed']) {
      await page.goto(pages.get(name) ?? '');
      for (const chart of await page.locator('svg.chart').all()) {
        const box = await chart.boundingBox();
        expect(box?.width).toBeGreaterThan(500);
        expect(box?.height).toBeGreaterThan(60);
      }
      expect(await page.evaluate(cutOff)).toEqual([]);
      const [ink, background] = await page.evaluate<[string, string]>(
        `(() => { const { color, backgroundColor } = getComputedStyle(document.documentElement); return [color, backgroundColor]; })()`,
      );
      expect([ink, background]).toEqual(['rgb(0, 0, 0)', 'rgb(255, 255, 255)']);
    }
    await context.close();
  });
});
