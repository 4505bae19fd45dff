import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { archivedRuns } from '../helper/archived-runs.ts';
import { axeViolations, browserMissing, openBrowser } from '../helper/browser.ts';
import { type Ended, type Workspace, workspace } from '../helper/cnd.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** Both N find the same smallest nonce, in a moment. */
const args = ['compare', '--N', '1,2', '--D', '4', '--T', '30'];

let place: Workspace;
let made: Ended;
let series: string;
const recordPath = (): string => join(place.directory, 'logs', '.cnd-series', `${series}.json`);
const runs = (): string[] => archivedRuns(join(place.directory, 'logs'));

beforeAll(async () => {
  place = workspace();
  made = await place.run([...args, '--json']);
  [series = ''] = readdirSync(join(place.directory, 'logs', '.cnd-series')).map((name) =>
    name.replace('.json', ''),
  );
});
afterAll(() => place.remove());

describe('cnd compare', () => {
  test('makes each run, all with one thread an instance and the same nonce, and leaves nothing running', async () => {
    expect(made).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(`cnd compare --resume ${series}`),
    });
    const { groups } = JSON.parse(made.stdout);
    expect(groups).toMatchObject([
      {
        machine: 'local',
        threads: [1, 1],
        rows: [
          { instances: 1, runs: 1, scaling: { run: { speedUp: 1 } } },
          { instances: 2, runs: 1, ideal: 2 },
        ],
      },
    ]);
    expect(groups[0].nonces).toHaveLength(1);
    expect(groups[0].rows[1].seconds.median).toBeGreaterThan(groups[0].rows[1].search.median);
    for (const run of runs()) {
      const record = JSON.parse(readFileSync(join(place.directory, 'logs', run, 'run.json'), 'utf8'));
      expect(record).toMatchObject({ series, config: { smallest: true, T: 30 }, ended: { left: [] } });
    }
  });

  test('reads them again, by series or one by one, also where the record of the series is lost', async () => {
    const again = await place.run(['compare', '--series', 'last', '--json']);
    expect(again).toMatchObject({ code: 0, stdout: made.stdout, stderr: '' });
    const [newest = '', older = ''] = runs().toSorted().toReversed();
    const csv = await place.run(['compare', '--runs', '20', '--format', 'csv']);
    expect(csv.stdout.split('\n').map((line) => line.slice(0, 20))).toEqual([
      'run,machine,kernel,s',
      older,
      newest,
      '',
    ]);
    const kept = readFileSync(recordPath(), 'utf8');
    writeFileSync(recordPath(), '{');
    expect(await place.run(['compare', '--series', series])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/not the record of a series[^]*--runs/),
    });
    rmSync(recordPath());
    const [found, of] = [await place.run(['compare', '--series', series, '--json']), JSON.parse(made.stdout)];
    expect(found).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(found.stdout)).toEqual(of);
    writeFileSync(recordPath(), kept);
  });

  test('goes on with what is lacking, unless the settings have changed', async () => {
    const kept = JSON.parse(readFileSync(recordPath(), 'utf8'));
    const [first] = kept.runs;
    writeFileSync(recordPath(), JSON.stringify({ ...kept, runs: [first] }));
    const changed = await place.run(['compare', '--resume', series], { CND_BLOCK: 'another' });
    expect(changed).toMatchObject({ code: 2, stderr: expect.stringMatching(/have changed[^]*: block/) });
    const plan = await place.run(['compare', '--resume', series, '--dry-run']);
    expect(plan.stdout).toMatch(
      /^RUN[^\n]*\n2 +N 2, D 4 +\$0\n1 run, at most 30 s each, at most \$0 together\n$/,
    );
    const resumed = await place.run(['compare', '--resume', 'last', '--format', 'markdown']);
    expect(resumed).toMatchObject({ code: 0, stderr: expect.stringMatching(/run 2 of 2: N 2, D 4/) });
    expect(resumed.stderr).not.toMatch(/run 1 of 2/);
    expect(resumed.stdout).toMatch(/\| 1 \| 1 \|[^]*\| 2 \| 1 \|/);
  });

  test('a signal ends run and series, and says how to go on', async () => {
    const cnd = place.start([...args.slice(0, 3), '--D', '9', '--T', '30']);
    await new Promise<void>((resolve) => {
      cnd.child.stderr?.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('run 1 of 2')) resolve();
      });
    });
    cnd.child.kill('SIGINT');
    const { code, stdout, stderr } = await cnd.ended;
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(stderr).toMatch(/stopped after 0 of 2 runs; continue it with: cnd compare --resume \d{8}-/);
    expect(stderr).not.toMatch(/run 2 of 2/);
  });

  test.each([
    [[], '--N is missing'],
    [['--N', '1,many'], 'N is'],
    [['--N', '1', '--series', 'last'], '--N and --series'],
    [['--series', '1999'], "begins with '1999'"],
    [['--N', '1', '--output', 'x.pdf'], 'its name tells no format'],
    [['--N', '1', '--output', 'missing/x.svg'], "--output is 'missing/x.svg': ENOENT"],
    [['--N', '1', '--output', '.', '--format', 'svg'], "--output is '.': it is a directory"],
  ])('%j is refused, and nothing launched', async (flags, words) => {
    const before = runs();
    const rest = flags.some((flag) => flag === '--series') ? [] : ['--D', '4', '--T', '30'];
    const { code, stdout, stderr } = await place.run(['compare', ...flags, ...rest]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
    expect(runs()).toEqual(before);
  });
});

test.skipIf(browserMissing)(
  'the page is accessible, loads nothing, and fits wide and narrow screens, dark and light',
  async () => {
    const path = join(place.directory, 'compare.html');
    expect(await place.run(['compare', '--series', series, '--output', path])).toMatchObject({
      code: 0,
      stdout: `${path}\n`,
    });
    const browser = await openBrowser();
    try {
      for (const colorScheme of ['light', 'dark'] as const) {
        const page = await browser.newPage({ colorScheme, viewport: { width: 1280, height: 900 } });
        const said: string[] = [];
        const loaded: string[] = [];
        page.on('console', (message) => said.push(message.text()));
        page.on('request', (request) => loaded.push(request.url()));
        const { href } = pathToFileURL(path);
        await page.goto(href);
        expect(await axeViolations(page)).toEqual([]);
        expect({ said, loaded }).toEqual({ said: [], loaded: [href] });
        for (const width of [1280, 360]) {
          await page.setViewportSize({ width, height: 900 });
          expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
        }
      }
    } finally {
      await browser.close();
    }
  },
);
