import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { axeViolations, browserMissing, openBrowser } from '../helper/browser.ts';
import { type Cnd, type Workspace, journalOf, runEnded, workspace } from '../helper/cnd.ts';
import { identify } from '../../src/state/process.ts';
import { eventually, orphans, untilGone } from '../helper/process.ts';
import { addressOf, ask, follow } from '../view/web/served.ts';

let place: Workspace;
let elsewhere: Workspace;
beforeEach(() => {
  place = workspace();
  elsewhere = workspace();
});
afterEach(() => {
  place.remove();
  elsewhere.remove();
});

const there = (): NodeJS.ProcessEnv => ({ XDG_STATE_HOME: place.state });
const endless = '--N 2 --T 200 --D 16 --kernel python'.split(' ');

/** The address of a live report, once stderr has it. */
function addressIn({ child }: Cnd): Promise<string> {
  let said = '';
  child.stderr?.on('data', (text: Buffer) => (said += text.toString()));
  return eventually('an address', () => /http:\/\/127\.0\.0\.1:\d+\/#[\w-]{22}(?=\n)/.exec(said)?.[0]);
}

/** The process of `--web` of a controller. */
function webProcess({ child }: Cnd): number | undefined {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  const line = lines.find((one) =>
    new RegExp(`^\\s*\\d+\\s+${child.pid}\\s.*(?:cnd web|web/child)`).test(one),
  );
  return line === undefined ? undefined : Number(line.trim().split(/\s+/)[0]);
}

test('--web: its address is nowhere but on stderr; it ends with the run, and its death is a warning', async () => {
  const cnd = place.start(['start', ...endless, '--json', '--web']);
  const address = await addressIn(cnd);
  const at = addressOf(address);
  const { run } = await cnd.event('search.all');
  const reader = follow(at);
  expect(await reader.status).toBe(200);
  await eventually('the report', () =>
    reader.messages.some(({ parts }) => /searching/.test(parts?.['heading'] ?? '')),
  );
  const everything = execFileSync('ps', ['xeww', '-o', 'args='], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  expect(everything).not.toContain(at.token);

  const pid = webProcess(cnd);
  expect(pid).toBeGreaterThan(1);
  process.kill(pid ?? 0, 'SIGKILL');
  const warning = await cnd.event('warning', (event) => JSON.stringify(event).includes('--web'));
  expect(warning).toMatchObject({
    message: `the live report of --web has ended (SIGKILL); the run goes on: cnd watch ${run} serves it again`,
  });
  await reader.ended;
  expect(orphans(run).length).toBeGreaterThan(0);

  // Who leaves ends nothing.
  const leaver = elsewhere.start(['watch', 'last'], there());
  const left = follow(addressOf(await addressIn(leaver)));
  expect(await left.status).toBe(200);
  leaver.child.kill('SIGINT');
  expect(await leaver.ended).toMatchObject({ code: 130, stdout: '' });
  await left.ended;
  expect(left.messages.at(-1)).toMatchObject({
    over: true,
    state: expect.stringMatching(/^The run goes on/),
  });

  // As it says: another one, which sees the end.
  const watcher = elsewhere.start(['watch', run.slice(0, 12)], there());
  const again = follow(addressOf(await addressIn(watcher)));
  expect(await again.status).toBe(200);
  cnd.child.kill('SIGINT');
  const ended = await cnd.ended;
  expect(runEnded(ended)).toMatchObject({ outcome: 'interrupted', exitCode: 130 });
  await again.ended;
  const last = again.messages.at(-1);
  expect(last).toMatchObject({ over: true, state: 'The run has ended. This is its final report.' });
  expect(last?.parts?.['heading']).toContain('Interrupted');
  expect(await watcher.ended).toMatchObject({
    code: 130,
    stdout: '',
    stderr: expect.stringMatching(`cnd: ${run} has ended: interrupted .*; its report: cnd report ${run}\n`),
  });
  expect(ended.stderr.split(address).length).toBe(2);
  const journal = readFileSync(join(place.directory, 'logs', run, 'events.ndjson'), 'utf8');
  const report = readFileSync(join(place.directory, 'logs', run, 'report.html'), 'utf8');
  const record = readFileSync(join(place.directory, 'logs', run, 'run.json'), 'utf8');
  for (const text of [ended.stdout, journal, report, record]) expect(text).not.toContain(at.token);
  expect(journalOf(place).length).toBeGreaterThan(0);
  await untilGone(run);

  // Of what is over there is nothing to watch.
  expect(await place.run(['watch', 'last'])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/has ended: there is nothing to watch\n {5}see its report: cnd report/),
  });
  expect(await place.run(['watch', 'last', '--port', '70000'])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/--port is '70000'/),
  });
}, 120_000);

test.skipIf(browserMissing)(
  'in a browser: a run is followed to its end, which is asked for in the page',
  async () => {
    const cnd = place.start(['start', ...endless, '--json', '--web']);
    const [address, browser] = [await addressIn(cnd), await openBrowser()];
    try {
      const { run } = await cnd.event('search.all');
      const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
      const said: string[] = [];
      const asked: string[] = [];
      page.on('console', (message) => said.push(message.text()));
      page.on('pageerror', (error) => said.push(error.message));
      page.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
      const { origin, path } = addressOf(address);
      await page.goto(address);
      const state = page.locator('#state');
      const heading = page.locator('[data-part="heading"] .outcome');
      await eventually(
        'it is live',
        async () => (await state.textContent()) === 'Live: this page follows the run.',
      );
      await eventually('the search', async () =>
        /2 of 2 instances searching/.test((await heading.textContent()) ?? ''),
      );
      expect(await axeViolations(page)).toEqual([]);

      // What is open stays open, what is hostile is text.
      await eventually('a curve', async () => (await page.locator('[data-part="rate"] details').count()) > 0);
      await page.locator('[data-part="rate"] summary').click();
      const rows = page.locator('[data-part="rate"] tbody tr');
      const before = await rows.count();
      const time = new Date().toISOString();
      const message = `</div></script><script>document.title='hacked'</script><img src=x onerror="document.title='hacked'">`;
      const journal = join(place.directory, 'logs', run, 'events.ndjson');
      const line = `${JSON.stringify({ event: 'warning', time, run, message })}\n`;
      // The run may write over it before it was read.
      const add = () => {
        if (!readFileSync(journal, 'utf8').includes(line)) appendFileSync(journal, line);
      };
      add();
      await eventually('more of the curve', async () => (await rows.count()) > before);
      expect(await page.locator('[data-part="rate"] details').getAttribute('open')).toBe('');
      expect(await page.evaluate('document.activeElement.localName')).toBe('summary');
      await eventually('the hostile line', async () => {
        add();
        return ((await page.locator('[data-part="faults"]').textContent()) ?? '').includes(message);
      });
      expect(await page.title()).toBe(`${run} – cnd`);

      // Without scripts, and without the token, there is nothing of the run.
      const plain = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
      const bare = await (await browser.newContext()).newPage();
      await Promise.all([plain.goto(address), bare.goto(origin)]);
      await eventually('the refusal', async () =>
        /lacks its token/.test((await bare.locator('#state').textContent()) ?? ''),
      );
      expect(await plain.locator('#state').textContent()).toMatch(/needs scripts.*cnd attach/);
      for (const other of [plain, bare]) {
        expect(await other.locator('#scram').isVisible()).toBe(false);
        expect(await other.content()).not.toContain(run);
      }
      expect(await axeViolations(bare)).toEqual([]);

      // It is asked first.
      const question = page.locator('#question');
      await page.locator('#scram').click();
      expect(await question.isVisible()).toBe(true);
      expect(await axeViolations(page)).toEqual([]);
      await page.locator('#no').click();
      expect(await question.isVisible()).toBe(false);
      expect(asked).not.toContain('POST /scram');
      await page.locator('#scram').click();
      await page.locator('#yes').click();
      const ended = runEnded(await cnd.ended);
      // On a slow machine a scram terminates the instances before the controller has taken note of it.
      expect(['interrupted', 'failed']).toContain(ended.outcome);
      expect(ended.left).toEqual([]);
      await eventually(
        'the end',
        async () => (await state.textContent()) === 'The run has ended. This is its final report.',
      );
      expect(await heading.textContent()).toMatch(/^(?:Interrupted|Failed)/);
      expect(await page.locator('#scram').isVisible()).toBe(false);
      expect(await axeViolations(page)).toEqual([]);
      expect(said).toEqual([]);
      expect([...new Set(asked)].toSorted()).toEqual(
        [`GET ${path}`, 'POST /updates', 'POST /scram'].toSorted(),
      );
      // Nothing listens any more.
      await expect(ask({ port: Number(new URL(origin).port) }, path)).rejects.toThrow(/ECONNREFUSED/);
      await untilGone(run);
    } finally {
      cnd.child.kill('SIGTERM');
      await browser.close();
    }
  },
  120_000,
);

test('a controller that was killed leaves no server behind, and who watches is told', async () => {
  const cnd = place.start(['start', ...endless, '--json', '--web']);
  const reader = follow(addressOf(await addressIn(cnd)));
  expect(await reader.status).toBe(200);
  const { run } = await cnd.event('instance.launched');
  const web = webProcess(cnd);
  const watcher = elsewhere.start(['watch', run], there());
  const watched = follow(addressOf(await addressIn(watcher)));
  expect(await watched.status).toBe(200);
  cnd.child.kill('SIGKILL');
  await Promise.all([reader.ended, watched.ended]);
  for (const { messages } of [reader, watched])
    expect(messages.at(-1)?.parts?.['heading']).toContain('Unfinished: the journal ends');
  for (const { messages } of [reader, watched])
    expect(messages.at(-1)).toMatchObject({
      over: true,
      state: expect.stringMatching(/controller of the run is gone/),
    });
  expect(await watcher.ended).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/no longer running[^]*cnd resume/),
  });
  await eventually('the server is gone', () => web !== undefined && identify(web) === undefined);
  expect((await place.run(['scram', '--run', run])).code).toBe(0);
  await untilGone(run);
}, 120_000);
