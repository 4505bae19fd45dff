import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { identify } from '../../src/state/process.ts';
import { type Workspace, eventsOf, named, runEnded, workspace } from '../helper/cnd.ts';
import { standIn } from '../helper/stand-in.ts';
import { Terminal, hasTmux } from '../helper/tmux.ts';
import { archivedRuns } from '../helper/archived-runs.ts';

/** One real run, made once; every test gets a copy of its archive to damage. */
let real: { readonly folder: string; readonly run: string };
beforeAll(async () => {
  const made = workspace();
  const { env, release } = standIn(made.directory, { held: true });
  const cnd = made.start(
    'start --N 3 --T 200 --D 6 --from 3700000 --chunk 20000 --smallest --json'.split(' '),
    env,
  );
  // All three are there before it is done: each has a syslog then.
  await cnd.event('search.all');
  release();
  const result = await cnd.ended;
  const ended = runEnded(result);
  const missing = named(eventsOf(result), 'logs.missing');
  if (ended.outcome !== 'found' || missing.length > 0)
    throw new Error(`no run to look at: ${ended.outcome} ${ended.reason ?? ''} ${JSON.stringify(missing)}`);
  const folder = mkdtempSync(join(tmpdir(), 'cnd-real-'));
  cpSync(join(made.directory, 'logs'), folder, { recursive: true });
  made.remove();
  real = { folder, run: ended.run };
}, 220_000);
afterAll(() => rmSync(real.folder, { recursive: true, force: true }));

let place: Workspace;
let run: string;
beforeEach(() => {
  place = workspace();
  run = real.run;
  cpSync(real.folder, join(place.directory, 'logs'), { recursive: true });
});
afterEach(() => place.remove());

const inLogs = (...path: string[]): string => join(place.directory, 'logs', ...path);
const inRun = (name: string): string => inLogs(run, name);
const logs = (...args: string[]) => place.run(['logs', ...args]);
const expectRefused = async (args: readonly string[], ...said: RegExp[]): Promise<void> => {
  const { code, stdout, stderr } = await logs(...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  for (const words of said) expect(stderr).toMatch(words);
  expect(stderr).not.toMatch(/^\s+at /m);
};

/** A run besides the real one, with a record like its, but for what is given. */
function another(id: string, change: Readonly<Record<string, unknown>> = {}): void {
  mkdirSync(inLogs(id), { recursive: true });
  const record = JSON.parse(readFileSync(inRun('run.json'), 'utf8')) as Record<string, unknown>;
  const startedAt = `${id.slice(0, 4)}-${id.slice(4, 6)}-${id.slice(6, 8)}T00:00:00.000Z`;
  writeFileSync(inLogs(id, 'run.json'), JSON.stringify({ ...record, run: id, startedAt, ...change }));
}

/** Makes the real run one that this very process drives. */
function underWay(id: string): void {
  const state = join(place.state, 'cnd', id);
  mkdirSync(state, { recursive: true });
  const times = { startedAt: '2026-11-20T08:11:03Z', expiresAt: '2026-11-20T08:12:03Z' };
  const note = { run: id, fleet: 'local', controller: identify(process.pid), instances: 3, ...times };
  writeFileSync(join(state, 'state.json'), JSON.stringify(note));
}

describe('ls', () => {
  test('lists runs, newest first, also without saying ls', async () => {
    another('20240229-000000-aaaa');
    const { code, stdout, stderr } = await logs('ls');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [head = '', first = '', second = ''] = stdout.split('\n');
    expect(head).toMatch(/^RUN +STARTED \(UTC\) +FLEET +N +D +OUTCOME +DURATION +NONCE$/);
    expect(first).toMatch(new RegExp(`^${run} .* local +3 +6 digits +found +[\\d.]+ s +\\d+$`));
    expect(second).toMatch(/^20240229-000000-aaaa +2024-02-29 00:00:00/);
    expect((await logs()).stdout).toBe(stdout);
  });

  test('--json has all that is known, for programs', async () => {
    const [listed] = JSON.parse((await logs('ls', '--json')).stdout) as Record<string, unknown>[];
    expect(listed).toMatchObject({
      run,
      outcome: 'found',
      fleet: 'local',
      N: 3,
      T: 200,
      difficulty: 6,
      nonce: '3730945',
    });
  });

  test('filters by time, outcome and fleet', async () => {
    another('20240229-000000-aaaa', { ended: undefined });
    const listed = async (...args: string[]): Promise<string[]> => {
      const { stdout } = await logs('ls', '--json', ...args);
      return (JSON.parse(stdout) as { run: string }[]).map((found) => found.run);
    };
    expect(await listed('--since', '1d')).toEqual([run]);
    expect(await listed('--until', '2024-02-29')).toEqual(['20240229-000000-aaaa']);
    expect(await listed('--since', '2024-02-29', '--until', '2024-03-01')).toEqual(['20240229-000000-aaaa']);
    expect(await listed('--outcome', 'unfinished')).toEqual(['20240229-000000-aaaa']);
    expect(await listed('--outcome', 'found', '--fleet', 'local')).toEqual([run]);
    expect(await listed('--fleet', 'hosts')).toEqual([]);
    expect((await logs('ls', '--outcome', 'failed')).stdout).toMatch(/^no runs that match in /);
  });

  test.each([
    [['--since', 'yesterday'], /--since is 'yesterday'/, /--since 2026-11-20.*--since 3d/],
    [['--until', '2026-02-30'], /--until is '2026-02-30'/],
    [['--since', '1d', '--until', '2d'], /--since is after --until/],
    [['--outcome', 'fuond'], /--outcome is 'fuond'.*found, unproven/, /did you mean --outcome found\?/],
    [['--fleet', 'mars'], /--fleet is 'mars'.*local/],
    [['--since', '1d', '--since', '2d'], /--since is given twice/],
    [['--config', 'missing.json'], /missing\.json cannot be read/],
  ])('%j is refused', (args, ...said) => expectRefused(['ls', ...args], ...(said as RegExp[])));

  test('what is torn is shown as that and named; what is foreign or empty is named and skipped', async () => {
    writeFileSync(inRun('run.json'), readFileSync(inRun('run.json')).subarray(0, 300));
    mkdirSync(inLogs('20260101-000000-none'));
    copyFileSync(inRun('Instance0.log.gz'), inLogs('20260101-000000-none', 'Instance0.log.gz'));
    mkdirSync(inLogs('20260102-000000-void'));
    mkdirSync(inLogs('photos'));
    writeFileSync(inLogs('notes.txt'), '');
    const { code, stdout, stderr } = await logs('ls');
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${run} .* torn `, 'm'));
    expect(stdout).toMatch(/^20260101-000000-none .* torn /m);
    expect(stdout).not.toMatch(/void|photos|notes/);
    expect(stderr).toMatch(new RegExp(`${run} is torn: run.json is torn`));
    expect(stderr).toMatch(/20260101-000000-none is torn: run.json is missing/);
    for (const foreign of ['20260102-000000-void', 'photos', 'notes.txt'])
      expect(stderr).toContain(`logs/${foreign} is not a run: skipped`);
  });

  test('a run is running while its controller is alive, and unfinished when it was killed', async () => {
    const child = place.start(['start', '--N', '1', '--T', '60', '--D', '60', '--json']);
    const { run: going } = await child.event('instance.searching');
    const outcome = async (): Promise<string | undefined> =>
      (await logs('ls')).stdout.split('\n').find((line) => line.startsWith(going));
    expect(await outcome()).toMatch(/ running /);
    await expectRefused(['rm', going, '--yes'], /is still running/, new RegExp(`cnd scram --run ${going}`));
    child.child.kill('SIGKILL');
    await child.ended;
    expect(await outcome()).toMatch(/ unfinished /);
    await place.run(['scram', '--run', going]);
  });

  test('an archive that is not there yet has no runs', async () => {
    rmSync(inLogs(), { recursive: true });
    const { code, stdout } = await logs('ls');
    expect({ code, stdout }).toEqual({ code: 0, stdout: `no runs in ${inLogs()}\n` });
  });

  test('the archive is the one of the configuration', async () => {
    writeFileSync(join(place.directory, 'other.json'), '{ "logs": { "directory": "elsewhere" } }');
    const { stdout } = await logs('ls', '--config', 'other.json');
    expect(stdout).toBe(`no runs in ${join(place.directory, 'elsewhere')}\n`);
  });
});

describe('show', () => {
  test('merges all syslogs by time, each line with its instance', async () => {
    const { code, stdout } = await logs('show', 'last');
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    for (const line of lines) expect(line).toMatch(/^#[012] [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d /);
    const seconds = lines.map((line) => line.slice(3, 18));
    expect(seconds).toEqual(seconds.toSorted());
    expect(new Set(lines.map((line) => line.slice(0, 2)))).toEqual(new Set(['#0', '#1', '#2']));
  });

  test('one instance as it is', async () => {
    const { stdout } = await logs('show', run.slice(0, 15), '2');
    expect(stdout).toMatch(/worker=2/);
    expect(stdout).not.toMatch(/^#|worker=1/m);
  });

  test('what an instance wrote to deceive a terminal is shown, not obeyed', async () => {
    writeFileSync(
      inRun('Instance0.log.gz'),
      gzipSync('Nov 20 08:11:03 h p: \u001B]0;owned\u0007\u001B[2J\n'),
    );
    const { stdout } = await logs('show', run, '0');
    expect(stdout).toBe('Nov 20 08:11:03 h p: ?]0;owned??[2J\n');
  });

  test('torn, empty and foreign files are named, and the others are shown', async () => {
    const whole = readFileSync(inRun('Instance0.log.gz'));
    writeFileSync(inRun('Instance0.log.gz'), whole.subarray(0, whole.length - 40));
    writeFileSync(inRun('Instance1.log.gz'), '');
    writeFileSync(inRun('notes.txt'), 'mine');
    const { code, stdout, stderr } = await logs('show', run);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^#0 .*created for run/m);
    expect(stdout).toMatch(/^#2 /m);
    expect(stdout).not.toMatch(/^#1 /m);
    expect(stderr).toMatch(/Instance0\.log\.gz is truncated/);
    expect(stderr).toMatch(/Instance1\.log\.gz is empty/);
    expect(stderr).toMatch(/notes\.txt is not a file of cnd: skipped/);
  });

  test('a reader that leaves early is fine', async () => {
    const lines = Array.from({ length: 200_000 }, (_, index) => `Nov 20 08:11:03 h p: line ${index}`);
    writeFileSync(inRun('Instance0.log.gz'), gzipSync(lines.join('\n')));
    const { child, ended } = place.start(['logs', 'show', run]);
    child.stdout?.once('data', () => child.stdout?.destroy());
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });

  test.each([
    [['show'], /cnd logs show RUN/, /cnd logs show last/],
    [['show', '1999'], /no run in .* begins with '1999'/, /cnd logs ls/],
    [['show', ''], /begins with ''/],
    [['show', 'last', '7'], /no syslog of instance '7'/, /0–2/],
    [['show', 'last', '-1'], /-1/],
    [['show', 'last', '0', '1'], /1 is not an argument/, /cnd logs show --help/],
    [['shw', 'last'], /shw is not a command/, /did you mean show\?/],
  ])('%j is refused', (args, ...said) => expectRefused(args, ...(said as RegExp[])));

  test('a run without syslogs says when they come', () => {
    another('20240229-000000-aaaa', { ended: undefined });
    return expectRefused(['show', '2024'], /has no syslogs/, /when a run ends.*cnd logs ls/);
  });

  test('a beginning of several runs is refused with their names', () => {
    another(`${run.slice(0, -4)}zzzz`);
    return expectRefused(['show', run.slice(0, 8)], new RegExp(`several runs begin.*zzzz, ${run}`));
  });
});

describe('grep', () => {
  test('prints run, instance and line, and exits 0', async () => {
    const { code, stdout } = await logs('grep', 'worker=1 sta\\w+:');
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${run} #1 .* worker=1 started: .*\\n$`));
    expect((await logs('grep', 'WORKER=1 STARTED', 'last', '-i')).stdout).toBe(stdout);
  });

  test('nothing found is 1, silently; a failure is 2', async () => {
    expect(await logs('grep', 'no such words')).toMatchObject({ code: 1, stdout: '', stderr: '' });
    writeFileSync(inRun('Instance1.log.gz'), 'not gzip at all, but long enough');
    const failed = await logs('grep', 'no such words');
    expect(failed).toMatchObject({ code: 2, stdout: '' });
    expect(failed.stderr).toMatch(/Instance1\.log\.gz is torn/);
    expect((await logs('grep', 'worker=0')).code).toBe(0);
    rmSync(inLogs(), { recursive: true });
    writeFileSync(inLogs(), 'a file');
    expect((await logs('grep', 'x')).code).toBe(2);
  });

  test.each([
    [['grep', '('], /invalid pattern: .*\(/, /JavaScript regular expression/],
    [['grep', 'x', '1999'], /no run in .* begins with '1999'/],
    [['grep'], /cnd logs grep PATTERN/],
  ])('%j is refused', (args, ...said) => expectRefused(args, ...(said as RegExp[])));

  test('a pattern may begin with a dash', async () => {
    writeFileSync(inRun('Instance0.log.gz'), gzipSync('a --flag b\n'));
    expect((await logs('grep', '--', '--flag')).stdout).toBe(`${run} #0 a --flag b\n`);
  });
});

describe('pull', () => {
  test('copies what is kept, byte for byte, and does not overwrite', async () => {
    writeFileSync(inRun('notes.txt'), 'mine');
    const { code, stderr } = await logs('pull', 'last', 'copy');
    expect(code).toBe(0);
    expect(stderr).toMatch(/notes\.txt is not a file of cnd: skipped/);
    const copied = readdirSync(join(place.directory, 'copy'));
    expect(copied).toEqual(readdirSync(inLogs(run)).filter((name) => name !== 'notes.txt'));
    for (const name of copied)
      expect(readFileSync(join(place.directory, 'copy', name))).toEqual(readFileSync(inRun(name)));
    rmSync(inRun('notes.txt'));
    writeFileSync(join(place.directory, 'copy', 'run.json'), 'mine');
    await expectRefused(['pull', run, 'copy'], /Instance0\.log\.gz already exists/, /--force/);
    expect(readFileSync(join(place.directory, 'copy', 'run.json'), 'utf8')).toBe('mine');
    expect((await logs('pull', run, 'copy', '--force')).code).toBe(0);
    expect(readFileSync(join(place.directory, 'copy', 'run.json'))).toEqual(readFileSync(inRun('run.json')));
  });

  test('into a directory of its name when none is given', async () => {
    expect((await logs('pull', run)).code).toBe(0);
    expect(existsSync(join(place.directory, run, 'run.json'))).toBe(true);
  });

  test('a directory without a name is refused', () => expectRefused(['pull', run, ''], /has no name/));

  test('into a file is an error', async () => {
    writeFileSync(join(place.directory, 'file'), '');
    const { code, stderr } = await logs('pull', run, 'file');
    expect(code).toBe(1);
    expect(stderr).toMatch(/cannot be copied to .*file/);
  });
});

describe('rm', () => {
  test('removes what is named, and nothing else', async () => {
    another('20240229-000000-aaaa');
    mkdirSync(inLogs('photos'));
    expect(await logs('rm', '2024', '20240229', '--yes')).toMatchObject({
      code: 0,
      stderr: '',
      stdout: `removed 1 run from ${inLogs()}\n`,
    });
    expect(archivedRuns(inLogs()).toSorted()).toEqual([run, 'photos'].toSorted());
  });

  test('--older-than removes what is older', async () => {
    another('20240229-000000-aaaa');
    another('20240301-000000-bbbb');
    expect((await logs('rm', '--older-than', '30d', '--yes')).stdout).toMatch(/^removed 2 runs /);
    expect(archivedRuns(inLogs())).toEqual([run]);
    expect((await logs('rm', '--older-than', '30d')).stdout).toMatch(/^nothing to remove /);
  });

  test('without a terminal nothing is removed unless --yes says so', async () => {
    await expectRefused(['rm', run], /needs confirmation, and there is no terminal/, /--yes/);
    expect(existsSync(inRun('run.json'))).toBe(true);
  });

  test('a run that is under way is refused, and stays', async () => {
    underWay(run);
    await expectRefused(['rm', run, '--yes'], /is still running/, new RegExp(`cnd scram --run ${run}`));
    const { code, stderr } = await logs('rm', '--older-than', '0s', '--yes');
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('is still running: not removed'),
    });
    expect(existsSync(inRun('run.json'))).toBe(true);
  });

  test('what is not of a run stays, also in its folder', async () => {
    writeFileSync(inRun('notes.txt'), 'mine');
    const { code, stderr } = await logs('rm', run, '--yes');
    expect(code).toBe(1);
    expect(stderr).toMatch(/left in place \(not cnd's\): notes\.txt/);
    expect(readdirSync(inLogs(run))).toEqual(['notes.txt']);
    await expectRefused(['rm', run, '--yes'], /holds no files of cnd/);
    expect(readdirSync(inLogs(run))).toEqual(['notes.txt']);
  });

  test.each([
    [['rm'], /no run is given/, /cnd logs rm --older-than 30d/],
    [['rm', 'last', '--older-than', '3d'], /cannot be given together/],
    [['rm', '--older-than', 'ages'], /--older-than is 'ages'/, /30d/],
    [['rm', 'photos', '--yes'], /no run in .* begins with 'photos'/],
    [['rm', '..', '--yes'], /no run in .* begins with '\.\.'/],
  ])('%j is refused', (args, ...said) => expectRefused(args, ...(said as RegExp[])));
});

describe('prune', () => {
  test('shows what would go, and removes it when it is told to', async () => {
    another('20240229-000000-aaaa');
    another('20240301-000000-bbbb', { ended: undefined });
    await expectRefused(['prune'], /logs.keep is not set/, /--keep 90d/);
    await expectRefused(['prune', '--keep', 'long'], /--keep is 'long'/, /--keep 500/);
    const shown = await logs('prune', '--keep', '30d', '--dry-run');
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toMatch(/^20240229-000000-aaaa .*\n1 run would be removed from /m);
    expect(archivedRuns(inLogs())).toHaveLength(3);
    writeFileSync(join(place.directory, 'cnd.config.json'), '{ "logs": { "keep": "2" } }');
    expect((await logs('prune', '--yes')).stdout).toMatch(/^removed 1 run from /);
    expect(archivedRuns(inLogs()).toSorted()).toEqual(['20240301-000000-bbbb', run]);
    expect((await logs('prune')).stdout).toMatch(/^nothing to remove from /);
  });
});

describe('index', () => {
  test('is made again when it is lost, and says what the archive lacks', async () => {
    another('20240229-000000-aaaa');
    another('20240301-000000-bbbb', { ended: undefined });
    rmSync(inLogs('.cnd-index'), { recursive: true });
    expect(await logs('index')).toEqual(
      expect.objectContaining({
        code: 0,
        stdout:
          '2 runs in the index, 2 of them added or renewed\n' +
          '1 run never ended: cnd was killed before it could write how: 20240301-000000-bbbb\n',
      }),
    );
    expect((await logs('index')).stdout).toMatch(/^2 runs in the index, 0 of them/);
    expect((await logs('index', '--rebuild')).stdout).toMatch(/^2 runs in the index, 2 of them/);
    const page = await logs('ls', '--limit', '1');
    expect(page.stdout).toMatch(new RegExp(`^${run} .*\\n$`, 'm'));
    expect(page.stderr).toBe(`cnd: there are more; the next ones: cnd logs ls --before ${run}\n`);
    const next = await logs('ls', '--before', 'last', '--limit', 'all', '--json');
    expect((JSON.parse(next.stdout) as { run: string }[]).map((found) => found.run)).toEqual([
      '20240301-000000-bbbb',
      '20240229-000000-aaaa',
    ]);
    await expectRefused(['ls', '--limit', 'few'], /--limit is 'few'/, /--limit 20/);
  });
});

describe.skipIf(!hasTmux())('on a terminal', () => {
  let terminal: Terminal;
  beforeEach(() => {
    terminal = new Terminal(place, 100, 24);
  });
  afterEach(() => terminal.close());

  const long = (): void => {
    const lines = Array.from({ length: 50_000 }, (_, index) => `Nov 20 08:11:03 h p: line ${index}`);
    writeFileSync(inRun('Instance0.log.gz'), gzipSync(lines.join('\n')));
  };

  test('show goes through less, and quitting early is fine', async () => {
    long();
    terminal.run('logs show last 0', 'env -u PAGER -u LESS');
    await terminal.until(/line 10$/m);
    terminal.press('C-c');
    // Ctrl-C also throws away what was typed after it and not read yet (termios, NOFLSH): so until it is taken.
    const ended = async (): Promise<boolean> => {
      terminal.press('q');
      return terminal.until(/^exit=/m, 1).then(
        () => true,
        () => false,
      );
    };
    while (!(await ended()));
    expect(terminal.screen()).toContain('exit=0');
  });

  test('what fits on the screen is shown without a stop', async () => {
    terminal.run('logs show last 0', 'env -u PAGER -u LESS');
    expect((await terminal.until(/^exit=0$/m)).join('\n')).toMatch(/created for run/);
  });

  test('$PAGER is asked instead, and one that is not there is named', async () => {
    terminal.run('logs show last 0', "PAGER='sed s/created/CREATED/'");
    expect((await terminal.until(/^exit=0$/m)).join('\n')).toMatch(/CREATED for run/);
    terminal.run('logs show last 0', 'PAGER=no-such-pager');
    expect((await terminal.until(/^exit=1$/m)).join('\n')).toMatch(
      /PAGER is 'no-such-pager', which cannot be run/,
    );
  });

  test('rm asks first; only yes removes', async () => {
    for (const answer of ['Enter', 'C-c', 'C-d', 'n']) {
      terminal.run('logs rm last');
      await terminal.until(/Remove 1 run permanently\? \[y\/N\]\s*$/);
      terminal.press(answer, ...(answer === 'n' ? ['Enter'] : []));
      await terminal.until(/nothing was removed\nexit=1/);
      expect(existsSync(inRun('run.json'))).toBe(true);
    }
    terminal.run('logs rm last');
    await terminal.until(/Remove 1 run permanently\? \[y\/N\]\s*$/);
    terminal.press('y', 'Enter');
    await terminal.until(/^removed 1 run .*\nexit=0/m);
    expect(archivedRuns(inLogs())).toEqual([]);
  });
});

describe('replay', () => {
  test('draws the lines of the run again, and the summary', async () => {
    const { code, stdout, stderr } = await logs('replay', 'last');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^outcome +golden nonce found$/m);
    expect(stderr).toMatch(/^\[ +0\.00\] run /m);
    expect(stderr).toMatch(/golden nonce 3730945/);
  });

  test('names what it cannot read and goes on', async () => {
    const journal = readFileSync(inRun('events.ndjson'), 'utf8');
    const newer = `{"event":"instance.teleported","time":"2026-11-20T08:11:03.000Z","run":"${run}"}\n`;
    writeFileSync(inRun('events.ndjson'), `${newer}${journal}{"event":"hi`);
    const { code, stdout, stderr } = await logs('replay', run);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^nonce +3730945$/m);
    expect(stderr).toMatch(/1 event of a newer version of cnd: skipped/);
    expect(stderr).toMatch(/1 damaged line: skipped/);
  });

  test.each(['0', '-1', 'fast', '1e9'])('refuses the speed %s', async (speed) =>
    expectRefused(['replay', 'last', `--speed=${speed}`], /--speed must be a number above 0/, /--speed 10/),
  );

  test('a run without a journal', async () => {
    rmSync(inRun('events.ndjson'));
    const { code, stderr } = await logs('replay', 'last');
    expect(code).toBe(1);
    expect(stderr).toMatch(/has no events\.ndjson/);
  });
});
