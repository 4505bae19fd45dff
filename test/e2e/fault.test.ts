import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { RunEvent } from '../../src/event/event.ts';
import { findTagged } from '../../src/state/process.ts';
import {
  type Cnd,
  type Workspace,
  endlessFlags,
  eventsOf,
  named,
  reaching,
  runEnded,
  workspace,
} from '../helper/cnd.ts';
import { recount, unfounded } from '../chaos/oracle.ts';
import { eventually, untilGone } from '../helper/process.ts';
import { standIn } from '../helper/stand-in.ts';

let place: Workspace;
beforeEach(() => {
  place = workspace();
});
afterEach(() => place.remove());

// A puzzle that is not solved within these tests, and one that is at once.
const hard = endlessFlags.split(' ');
const easy = ['--D', '2'];

const begin = (puzzle: readonly string[], time = '120', instances = '3'): Cnd => {
  // The golden nonce of the easy puzzle is in the first range; of the hard one more ranges would only keep the machine busy.
  const { env } = standIn(place.directory, { held: true });
  return place.start(['start', '--N', instances, '--T', time, ...puzzle, '--json'], env);
};

/** T, its grace, and a moment to look: after so many seconds from now nothing may be left. */
const untilOver = (timeLimit: number): number => timeLimit + 5 + 5;

// Long enough for T, grace and a slow and busy machine.
vi.setConfig({ testTimeout: 300_000 });

const planned = async (cnd: Cnd): Promise<string> => (await cnd.event('run.planned')).run;

// What runs them: a shell whose command line names them too is another process.
const agents = /^cnd-agent:/;
const relays = /^(?!cnd-agent)[^:]*: \S*python\S* .*attach\.py/s;
const kernels = /: \S*python\S* .*(pow|kernel-stand-in)\.py/;

/** The processes of a run's instances whose name and command line match. */
function processes(run: string, words: RegExp): number[] {
  return findTagged(run)
    .filter(({ pid }) => {
      try {
        const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return words.test(`${name}: ${command}`);
      } catch {
        return false;
      }
    })
    .map(({ pid }) => pid);
}

describe('Ctrl-C', () => {
  const stages: [stage: string, event: RunEvent['event'], puzzle: string[], code: number][] = [
    ['before anything', 'run.planned', hard, 130],
    ['launch', 'launch.started', hard, 130],
    ['boot', 'instance.running', hard, 130],
    ['upload', 'instance.connected', hard, 130],
    ['search', 'instance.searching', hard, 130],
    ['log pull, after a hit', 'search.stopped', easy, 0],
    ['termination, after a hit', 'instance.terminated', easy, 0],
  ];
  test.each(stages)('at %s leaves nothing', async (_stage, event, puzzle, code) => {
    const cnd = begin(puzzle);
    await cnd.event(event);
    cnd.child.kill('SIGINT');
    const result = await cnd.ended;
    const ended = runEnded(result);
    expect({ code: result.code, recorded: ended.exitCode }).toEqual({ code, recorded: code });
    expect(ended.left).toEqual([]);
    await untilGone(ended.run);
    expect(readdirSync(join(place.state, 'cnd'))).toEqual([]);
  });

  test('pulls the syslogs of what was searching', async () => {
    const cnd = begin(hard);
    await cnd.event('search.all');
    cnd.child.kill('SIGINT');
    const result = await cnd.ended;
    expect(runEnded(result).outcome).toBe('interrupted');
    expect(named(eventsOf(result), 'logs.pulled')).toHaveLength(3);
  });

  test('twice terminates at once', async () => {
    const cnd = begin(hard);
    const run = await planned(cnd);
    await cnd.event('search.all');
    cnd.child.kill('SIGINT');
    await cnd.event('run.interrupted');
    cnd.child.kill('SIGINT');
    const result = await cnd.ended;
    expect(result.code).toBe(130);
    expect(named(eventsOf(result), 'run.interrupted').map(({ count }) => count)).toContain(1);
    await untilGone(run);
  });

  test('many times never does less than terminate', async () => {
    const cnd = begin(hard);
    const run = await planned(cnd);
    await cnd.event('instance.searching');
    const nagging = setInterval(() => cnd.child.kill('SIGINT'), 5);
    const result = await cnd.ended;
    clearInterval(nagging);
    expect(result.code).toBe(130);
    expect(runEnded(result).left).toEqual([]);
    await untilGone(run);
  });
});

describe('other signals', () => {
  test.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGQUIT', 131],
  ] as const)('%s stops, terminates and exits %i', async (signal, code) => {
    const cnd = begin(hard);
    const run = await planned(cnd);
    await cnd.event('search.all');
    cnd.child.kill(signal);
    expect((await cnd.ended).code).toBe(code);
    await untilGone(run);
  });

  test('a stdout that nobody reads any more ends the run', async () => {
    const cnd = begin(hard);
    const run = await planned(cnd);
    await cnd.event('instance.searching');
    cnd.child.stdout?.destroy();
    const ended = await cnd.ended;
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/nobody reads stdout any more/) });
    await untilGone(run);
  });
});

describe('kill -9', () => {
  const stages: RunEvent['event'][] = [
    'launch.started',
    'instance.running',
    'instance.connected',
    'search.all',
    'search.stopped',
  ];
  test('of the controller at any step leaves nothing after T and grace', async () => {
    // All at the same time, for most of it is waiting.
    const ends = stages.map(async (event) => {
      const puzzle = event === 'search.stopped' ? easy : hard;
      const { cnd, run, timeLimit } = await reaching((T) => begin(puzzle, `${T}`, '1'), event, 12);
      cnd.child.kill('SIGKILL');
      await cnd.ended;
      await untilGone(run, untilOver(timeLimit));
    });
    await Promise.all(ends);
  });

  test('of the controller: agents search on for as long as `linger` says, and stop long before T', async () => {
    const cnd = begin([...hard, '--linger', '4'], '600', '2');
    const run = await planned(cnd);
    await cnd.event('search.all');
    cnd.child.kill('SIGKILL');
    await eventually('their connections are gone', () => processes(run, relays).length === 0);
    expect(processes(run, kernels)).toHaveLength(2);
    await eventually('the kernels are gone', () => processes(run, kernels).length === 0);
    const { code, stdout } = await place.run(['scram', '--run', run]);
    expect(stdout).toMatch(/terminated/);
    expect(code).toBe(0);
    await untilGone(run);
    expect(readdirSync(join(place.state, 'cnd'))).toEqual([]);
  });

  test('of an agent: it is tried again, and others adopt what it held', async () => {
    const cnd = begin(hard);
    const run = await planned(cnd);
    await cnd.event('search.all');
    const [agent] = processes(run, agents);
    if (agent === undefined) throw new Error('no such process');
    process.kill(agent, 'SIGKILL');
    const lost = await cnd.event('instance.lost');
    expect(lost).toMatchObject({ code: 'agent-died', retrying: true });
    await cnd.event('instance.adopted');
    await cnd.event('instance.searching', (event) => event.time > lost.time);
    cnd.child.kill('SIGINT');
    expect((await cnd.ended).code).toBe(130);
    await untilGone(run);
  });

  test.each([
    ['the relay of an agent', relays],
    ['the shell around it', /^sh: \/bin\/sh -c c=.*attach\.py/s],
  ])(
    'of %s: the same agent is attached to again, and nothing is lost or searched twice',
    async (_what, words) => {
      const kernel = standIn(place.directory, { held: true });
      const args = 'start --N 2 --T 200 --D 16 --limit 600000 --chunk 100000 --json';
      const cnd = place.start(args.split(' '), kernel.env);
      const run = await planned(cnd);
      await cnd.event('search.all');
      const before = processes(run, agents);
      const [process_] = processes(run, words);
      if (process_ === undefined) throw new Error('no such process');
      process.kill(process_, 'SIGKILL');
      await cnd.event('instance.reconnected');
      expect(processes(run, agents)).toEqual(before);
      kernel.release();
      const result = await cnd.ended;
      const events = eventsOf(result);
      expect(named(events, 'instance.lost')).toEqual([]);
      expect(runEnded(result)).toMatchObject({ outcome: 'exhausted', tested: '600000' });
      // What the agents counted is what there was: none was searched twice.
      const hashes = [0, 1].map(
        (index) =>
          named(events, 'instance.progress').findLast(({ instance }) => instance === index)?.hashes ?? 0,
      );
      // On a machine that is so busy that an agent says nothing for 6 s, what that has is given to others as well.
      if (runEnded(result).coverage.doubled === undefined)
        expect(hashes.reduce((sum, count) => sum + count)).toBe(600_000);
      await untilGone(run);
    },
  );

  test('of a kernel: its agent starts another, and no nonce is lost', async () => {
    const { env, release } = standIn(place.directory, { held: true });
    const args = '--N 2 --T 200 --D 16 --limit 600000 --chunk 100000 --json';
    const cnd = place.start(['start', ...args.split(' ')], env);
    const run = await planned(cnd);
    await cnd.event('instance.progress');
    const [kernel] = processes(run, kernels);
    if (kernel === undefined) throw new Error('no kernel');
    process.kill(kernel, 'SIGKILL');
    release();
    const result = await cnd.ended;
    expect(runEnded(result)).toMatchObject({
      outcome: 'exhausted',
      coverage: { ranges: [['0', '600000']] },
    });
    await untilGone(run);
  });

  test('of the local host: a power cut; the run fails and says so', async () => {
    const cnd = begin(hard);
    const run = await planned(cnd);
    await cnd.event('search.all');
    const [host] = processes(run, /cnd-local-host|host\.js/);
    if (host === undefined) throw new Error('no host');
    process.kill(host, 'SIGKILL');
    const result = await cnd.ended;
    expect(result.code).toBe(1);
    expect(runEnded(result)).toMatchObject({ outcome: 'failed', left: [] });
    await untilGone(run);
  });
});

describe('SIGSTOP', () => {
  test('of an agent: the run ends within T, and nothing is left', async () => {
    const { cnd, run, timeLimit } = await reaching((T) => begin(hard, `${T}`), 'search.all', 9);
    for (const agent of processes(run, agents).slice(0, 1)) process.kill(agent, 'SIGSTOP');
    const result = await cnd.ended;
    expect(result.code).toBe(3);
    expect(runEnded(result).elapsed).toBeLessThan(timeLimit);
    expect(named(eventsOf(result), 'search.stopped')[0]?.unconfirmed).toHaveLength(1);
    await untilGone(run);
  });

  test('of an agent, or of the local host, and kill -9 of the controller: nothing is left after T and grace', async () => {
    const stop = async (words: RegExp): Promise<void> => {
      const { cnd, run, timeLimit } = await reaching((T) => begin(hard, `${T}`, '1'), 'search.all', 11);
      const stopped = processes(run, words);
      expect(stopped).not.toEqual([]);
      for (const pid of stopped) process.kill(pid, 'SIGSTOP');
      cnd.child.kill('SIGKILL');
      await cnd.ended;
      await untilGone(run, untilOver(timeLimit));
    };
    await Promise.all([stop(agents), stop(/cnd-local-host|host\.js/)]);
  });
});

describe('rehearsed failures', () => {
  const config = (text: string): void => writeFileSync(join(place.directory, 'cnd.config.json'), text);
  const isForGood = (event: RunEvent): boolean => event.event === 'instance.lost' && !event.retrying;

  test.each(['never-runs', 'never-answers'])('%s: the rest cover the whole space', async (failure) => {
    config(`{ "local": { "rehearse": [{ "instance": 1, "failure": "${failure}" }] } }`);
    const args = '--N 3 --T 200 --D 16 --limit 1000000 --chunk 50000 --json';
    const result = await place.run(['start', ...args.split(' ')]);
    expect(result.code).toBe(3);
    expect(runEnded(result)).toMatchObject({
      outcome: 'exhausted',
      coverage: { ranges: [['0', '1000000']] },
    });
    expect(named(eventsOf(result), 'instance.adopted').length).toBeGreaterThan(0);
    await untilGone(runEnded(result).run);
  });

  test('one that dies in mid-search: the rest adopt what it held', async () => {
    config('{ "local": { "rehearse": [{ "instance": 0, "failure": "dies", "after": 0.8 }] } }');
    const kernel = standIn(place.directory, { held: true });
    const args = '--N 2 --T 300 --D 16 --limit 600000 --chunk 100000 --json';
    const cnd = place.start(['start', ...args.split(' ')], kernel.env);
    await cnd.event('instance.lost', isForGood);
    kernel.release();
    const result = await cnd.ended;
    expect(runEnded(result)).toMatchObject({
      outcome: 'exhausted',
      coverage: { ranges: [['0', '600000']] },
    });
    expect(named(eventsOf(result), 'instance.lost').at(-1)).toMatchObject({ instance: 0, retrying: false });
    await untilGone(runEnded(result).run);
  });

  test('any N − 1, whenever they die: the smallest is found and proved, and all that is said to be tested was', async () => {
    const survivor = Math.floor(Math.random() * 4);
    const rehearse = [0, 1, 2, 3]
      .filter((instance) => instance !== survivor)
      .map((instance) => ({ instance, failure: 'dies', after: Math.random() * 3 }));
    config(JSON.stringify({ local: { rehearse } }));
    const { env, record } = standIn(place.directory);
    // 3,730,945 is the smallest golden nonce here.
    const args = '--N 4 --T 300 --D 6 --from 3330945 --limit 4330945 --chunk 20000 --smallest --json';
    const result = await place.run(['start', ...args.split(' ')], env);
    const ended = runEnded(result);
    const claimed = ended.coverage.ranges.map(([lo, hi]) => [Number(lo), Number(hi)] as const);
    const [first, end] = claimed[0] ?? [0, 0];
    // With what was rehearsed, so that a failure can be repeated.
    expect({ rehearse, ...ended, untested: unfounded(claimed, recount(record), 6) }).toMatchObject({
      rehearse,
      outcome: 'found',
      nonce: '3730945',
      exitCode: 0,
      left: [],
      untested: undefined,
    });
    expect({ rehearse, first, isProved: end > 3_730_944 }).toEqual({
      rehearse,
      first: 3_330_945,
      isProved: true,
    });
    await untilGone(ended.run);
  });

  test('with --replace another takes the place of one that dies, also of the only one', async () => {
    const dies = (instance: number) => ({ instance, failure: 'dies', after: 0.8 });
    config(JSON.stringify({ replace: true, local: { rehearse: [dies(0)] } }));
    const kernel = standIn(place.directory, { held: true });
    const args = '--N 1 --T 300 --D 16 --limit 600000 --chunk 100000 --json';
    const cnd = place.start(['start', ...args.split(' ')], kernel.env);
    await cnd.event('instance.replaced');
    kernel.release();
    const result = await cnd.ended;
    expect(runEnded(result)).toMatchObject({
      outcome: 'exhausted',
      coverage: { ranges: [['0', '600000']] },
      launched: 2,
      terminated: 2,
      left: [],
    });
    const events = eventsOf(result);
    expect(named(events, 'instance.replaced')).toMatchObject([{ instance: 0, replacement: 1 }]);
    expect(named(events, 'instance.adopted')).toMatchObject([{ instance: 1, residue: 0 }]);
    expect(named(events, 'instance.terminated').map(({ instance }) => instance)).toEqual([0, 1]);
    await untilGone(runEnded(result).run);
  });

  test('a boot that takes longer than T: exit 3, in time, nothing left', async () => {
    config('{ "local": { "bootDelay": 30 } }');
    const result = await place.run(['start', '--N', '2', '--T', '8', '--D', '2', '--json']);
    const ended = runEnded(result);
    expect(result.code).toBe(3);
    expect(ended.elapsed).toBeLessThan(8);
    expect(ended.reason).toMatch(/before anything was searching/);
    await untilGone(ended.run);
  });
});
