import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { workDirectory } from '../../src/session/work-directory.ts';
import { readSpooledHits } from '../../src/engine/agents/remote-command.ts';
import {
  AgentProcess,
  coveredNonces,
  endless,
  executable,
  releasedCoverage,
  zeros,
  type Job,
  type Options,
} from '../helper/agent.ts';
import { digestOf, expectedLines, isNear, python, until } from '../helper/kernel.ts';
import { eventually, hasAutogroups } from '../helper/process.ts';

const agents: AgentProcess[] = [];

function start(options?: Options, prepare?: (directory: string) => void): AgentProcess {
  const agent = new AgentProcess(options, prepare);
  agents.push(agent);
  return agent;
}

afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.dispose()));
});

const last = (agent: AgentProcess, back: number): string[] => agent.kinds().slice(-back);

/** A space that a test can count through. */
const small = { from: 1000, limit: 61_000, chunk: 7000, stride: 2 };
const smallJob: Job = {
  ...small,
  from: '1000',
  limit: '61000',
  chunk: '7000',
  residues: [
    { residue: 0, next: '0' },
    { residue: 1, next: '1' },
  ],
};
const whole = new Set(Array.from({ length: 60_000 }, (_, i) => 1000 + i));

describe('the first hit', () => {
  it('ends the search: progress, hit, stopped, and no kernel is left', async () => {
    const agent = start().job({ puzzle: zeros(5), threads: 2 });
    const hit = await agent.event('hit');
    expect(Number(hit['nonce'])).toBeGreaterThan(0);
    expect(hit['digest']).toMatch(/^00000[0-9a-f]{59}$/);
    expect(await agent.event('stopped')).toEqual({ event: 'stopped', reason: 'hit' });
    expect(agent.kernels()).toEqual([]);
    expect(await agent.exited).toBe(0);
    expect(last(agent, 4)).toEqual(['progress', 'hit', 'progress', 'stopped']);
    expect(agent.kinds()[0]).toBe('ready');
  });

  it('works for sha256d and bitcoin, too', async () => {
    const sha256d = { scheme: 'sha256d', block: endless.puzzle.block, unit: 'bits-lsb', difficulty: 20 };
    const one = start().job({ puzzle: sha256d, from: '1074430000', limit: '1074440000' });
    const merkle = '3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a';
    const header = `01000000${'00'.repeat(32)}${merkle}29ab5f49ffff001d00000000`;
    const bitcoin = { scheme: 'bitcoin', header, target: `00000000ffff${'00'.repeat(26)}` };
    const other = start().job({ puzzle: bitcoin, from: '2083230000', limit: '4294967296' });
    expect(await one.event('hit')).toMatchObject({ nonce: '1074435534' });
    expect(await other.event('hit')).toMatchObject({ nonce: '2083236893' });
  });
});

describe('giving way', () => {
  const niceness = (pid: number): number =>
    Number(/\) \S+(?: \S+){15} (\S+)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1]);
  const group = (pid: number): string => readFileSync(`/proc/${pid}/autogroup`, 'latin1').trim();

  it.runIf(existsSync('/proc/self/stat'))(
    'is what kernels do once they run, and not their agent',
    async () => {
      const agent = start().job({ threads: 2 });
      await agent.event('ready');
      const kernels = agent.kernels();
      expect(kernels).toHaveLength(2);
      const own = agent.child.pid ?? 0;
      await eventually('both are at niceness 19', () => kernels.every((pid) => niceness(pid) === 19));
      expect(niceness(own)).toBe(niceness(process.pid));
      if (!hasAutogroups()) return;
      await eventually('both sessions are, too', () =>
        kernels.every((pid) => group(pid).endsWith(' nice 19')),
      );
      expect(group(own)).toBe(group(process.pid));
      expect(new Set([...kernels, own].map(group)).size).toBe(3);
    },
  );
});

describe('a range that it is to search again', () => {
  const order = { order: 'redo', from: '2500', to: '42500' };
  const block = Buffer.from(endless.puzzle.block, 'hex');
  const asked = { scheme: 'hex-chain', block, unit: 'digits', difficulty: 64 } as const;
  const near = Array.from({ length: 40_000 }, (_, index) => BigInt(2500 + index))
    .filter((nonce) => isNear(asked, digestOf(asked, nonce), 8))
    .map(String);

  it('is told with all of its near-hits, and counts for nothing', async () => {
    const agent = start().job({ ...smallJob, residues: [], near: 8, threads: 2 });
    await agent.event('idle');
    agent.send(order);
    expect(await agent.event('redone')).toEqual({ event: 'redone', from: '2500', to: '42500', near });
    agent.send({ order: 'stop' });
    await agent.event('stopped');
    expect(agent.events.findLast(({ event }) => event === 'progress')).toMatchObject({
      hashes: 0,
      residues: [],
    });
    expect(agent.kinds()).not.toContain('near');
  });

  it('is searched beside its own work, whatever its kernels die of', async () => {
    const agent = start({ standIn: 'die', times: 2 }).job({ ...smallJob, near: 8 });
    await agent.event('ready');
    agent.send(order);
    expect(await agent.event('redone')).toMatchObject({ near });
    await agent.event('idle');
    const { residues = [], hashes } = agent.events.findLast(({ event }) => event === 'progress') ?? {};
    expect([coveredNonces(residues, small), hashes]).toEqual([whole, 60_000]);
  });

  it('must be one of the space', async () => {
    const agent = start().job({ ...smallJob, residues: [], near: 8 });
    await agent.event('idle');
    agent.send({ ...order, to: '61001' }, { ...order, from: '999' }, { ...order, to: '2500' });
    await eventually('three errors', () => agent.kinds().filter((kind) => kind === 'error').length === 3);
    expect(agent.events.at(-1)?.message).toMatch(/^redo: give a range/);
    expect(agent.kinds()).not.toContain('redone');
  });
});

describe('the smallest hit', () => {
  it('is found by finishing everything below each hit', async () => {
    const agent = start().job({ puzzle: zeros(4), threads: 2, smallest: true, limit: '400000' });
    await agent.event('idle');
    const hits = agent.events.filter(({ event }) => event === 'hit').map(({ nonce }) => Number(nonce));
    expect(hits).toEqual(hits.toSorted((a, b) => b - a));
    const bound = hits.at(-1) ?? 0;
    const block = Buffer.from(endless.puzzle.block, 'hex');
    const [smallest] = expectedLines({ scheme: 'hex-chain', block, unit: 'digits', difficulty: 4 }, [
      [0n, 400_000n],
    ]);
    expect(smallest).toMatch(`hit ${bound} `);
    expect(last(agent, 2)).toEqual(['progress', 'idle']);
    const { residues = [] } = agent.events.at(-2) ?? {};
    const covered = coveredNonces(residues, { from: 0, limit: 400_000, chunk: 1_000_000, stride: 1 });
    expect(Array.from({ length: bound }, (_, n) => n).filter((n) => !covered.has(n))).toEqual([]);
    agent.send({ order: 'stop' });
    expect(await agent.event('stopped')).toMatchObject({ reason: 'order' });
  });

  it('is looked for below the bound of others only', async () => {
    const agent = start({ standIn: 'honest' });
    agent.send({ ...endless, puzzle: zeros(64), smallest: true }, { order: 'bound', nonce: '30001' });
    await agent.event('idle');
    agent.send({ order: 'bound', nonce: '900000' }, { order: 'adopt', residue: 0, next: '0' });
    await agent.event('idle', undefined, agent.events.length);
    const { residues } = agent.events.at(-2) ?? {};
    expect(residues).toEqual([{ residue: 0, next: '0', done: [['0', '30001']] }]);
    expect(agent.recorded().reduce((most, { hi }) => (hi > most ? hi : most), 0n)).toBe(30_001n);
  });
});

describe('coverage', () => {
  it.each(['honest', 'die'])('says exactly what a kernel did that is %s', async (standIn) => {
    const agent = start({ standIn }).job({ ...smallJob, threads: 2 });
    await agent.event('idle');
    const done = new Set<number>();
    for (const { lo, hi } of agent.recorded()) for (let n = lo; n < hi; n++) done.add(Number(n));
    expect(done).toEqual(whole);
    for (const { residues = [] } of agent.events)
      expect([...coveredNonces(residues, small)].filter((n) => !done.has(n))).toEqual([]);
    const report = agent.events.at(-2);
    expect(coveredNonces(report?.residues ?? [], small)).toEqual(whole);
    expect(report?.hashes).toBe(60_000);
  });

  it('counts only completed slices when it is stopped in the middle', async () => {
    const agent = start({ standIn: 'honest' }).job({ threads: 2, chunk: '50000' });
    await agent.event('progress');
    agent.send({ order: 'stop' });
    await agent.event('stopped');
    const { residues = [], hashes } = agent.events.at(-2) ?? {};
    const said = coveredNonces(residues, { from: 0, limit: 2 ** 53, chunk: 50_000, stride: 1 });
    expect(said.size).toBe(hashes);
    const done = new Set<number>();
    for (const { lo, hi } of agent.recorded()) for (let n = lo; n < hi; n++) done.add(Number(n));
    expect([...said].filter((n) => !done.has(n))).toEqual([]);
  });

  it('says what is taken back no later than why', async () => {
    const agent = start({ standIn: 'wrong-done', times: 1 }).job({ ...smallJob, threads: 1 });
    await agent.event('error');
    const before = agent.events[agent.events.findIndex(({ event }) => event === 'error') - 1];
    expect(before).toMatchObject({ event: 'progress' });
    expect(coveredNonces(before?.residues ?? [], small).size).toBe(0);
  });

  it.each(['false-hit', 'foreign-hit', 'false-near', 'wrong-done', 'garbage'])(
    'does not believe anything of a kernel that says a %s',
    async (standIn) => {
      const agent = start({ standIn, times: 1 }).job({ ...smallJob, near: 20 });
      expect((await agent.event('error'))['message']).toMatch(/all of its results are discarded/);
      await agent.event('idle');
      const [liar] = agent.recorded();
      const honest = new Set<number>();
      for (const { pid, lo, hi } of agent.recorded())
        if (pid !== liar?.pid) for (let n = lo; n < hi; n++) honest.add(Number(n));
      expect(honest).toEqual(whole);
      expect(coveredNonces(agent.events.findLast((event) => event.residues)?.residues ?? [], small)).toEqual(
        whole,
      );
      expect(agent.kinds()).not.toContain('hit');
    },
  );

  it('says the near-hits of all that is done, and of nothing else, before it says that it is done', async () => {
    // Every 512th nonce is a near-hit, every 4096th golden: of those above the lowest only that they are near is said.
    const puzzle = { ...endless.puzzle, unit: 'bits', difficulty: 12 };
    const agent = start().job({ ...smallJob, puzzle, smallest: true, near: 9, threads: 2 });
    await agent.event('idle');
    const block = Buffer.from(endless.puzzle.block, 'hex');
    const asked = { scheme: 'hex-chain', block, unit: 'bits', difficulty: 12 } as const;
    const near = (nonce: number): boolean => isNear(asked, digestOf(asked, BigInt(nonce)), 9);
    const said = new Set<number>();
    for (const { event, nonces, residues = [] } of agent.events) {
      if (event === 'near') for (const nonce of z.array(z.string()).parse(nonces)) said.add(Number(nonce));
      if (event !== 'progress') continue;
      expect(said).toEqual(new Set([...coveredNonces(residues, small)].filter(near)));
    }
    expect(said.size).toBeGreaterThan(5);
  });

  it('works with chunks of one nonce', async () => {
    const agent = start().job({
      limit: '3000',
      chunk: '1',
      stride: 3,
      residues: [{ residue: 2, next: '5' }],
    });
    await agent.event('idle');
    expect(agent.events.at(-2)).toMatchObject({
      hashes: 999,
      residues: [{ residue: 2, next: '3002', done: [] }],
    });
  });

  it('works at the end of the space', async () => {
    const agent = start().job({ from: '18446744073709550000', chunk: '1000' });
    await agent.event('idle');
    expect(agent.events.at(-2)).toMatchObject({ hashes: 1615, residues: [{ next: '2', done: [] }] });
  });
});

describe('orders', () => {
  it('adopts, and is idle again when that is done', async () => {
    const agent = start().job({ ...smallJob, residues: [] });
    await agent.event('idle');
    agent.send({ order: 'adopt', residue: 1, next: '3' });
    await agent.event('idle', undefined, agent.events.length);
    expect(agent.events.at(-2)).toMatchObject({
      residues: [{ residue: 1, next: '9', done: [] }],
      hashes: 21_000,
    });
    agent.send({ order: 'adopt', residue: 1, next: '3' });
    await agent.event('idle', undefined, agent.events.length);
    expect(agent.events.at(-2)).toMatchObject({ hashes: 21_000 });
  });

  it('searches nothing again that is done already, of a job as of what it adopts', async () => {
    const done = [
      ['0', '1500'],
      ['2500', '2600'],
    ];
    const residues = [{ residue: 0, next: '0', done }];
    const agent = start().job({ limit: '8000', chunk: '1000', stride: 2, residues });
    await agent.event('idle');
    expect(agent.events.at(-2)).toMatchObject({
      hashes: 2900,
      residues: [{ residue: 0, next: '8', done: [] }],
    });
    agent.send({ order: 'adopt', residue: 1, next: '3', done: [['3500', '7900']] });
    await agent.event('idle', undefined, agent.events.length);
    expect(agent.events.at(-2)).toMatchObject({ hashes: 2900 + 600 });
  });

  it('releases a residue once nothing of it is in flight, with exactly what was done', async () => {
    const residues = [
      { residue: 0, next: '0' },
      { residue: 1, next: '1' },
    ];
    const agent = start({ standIn: 'honest' }).job({ stride: 2, chunk: '20000', residues, threads: 2 });
    await agent.event('progress');
    agent.send({ order: 'release', residue: 1 });
    const released = releasedCoverage(await agent.event('released', ({ residue }) => residue === 1));
    const said = coveredNonces([released], {
      from: 0,
      limit: 2 ** 53,
      chunk: 20_000,
      stride: 2,
    });
    const recorded = new Set<number>();
    for (const { lo, hi } of agent.recorded())
      if ((lo / 20_000n) % 2n === 1n) for (let n = lo; n < hi; n++) recorded.add(Number(n));
    expect(said).toEqual(recorded);
    const { residues: left } = await agent.event('progress', undefined, agent.events.length);
    expect(left?.map(({ residue }) => residue)).toEqual([0]);
  });

  it('gives back at once what it has not begun from a nonce on, and goes on with the rest', async () => {
    const agent = start().job({
      limit: '100000000',
      chunk: '50000000',
      stride: 1,
      residues: [{ residue: 0, next: '0' }],
    });
    await agent.event('progress');
    agent.send({ order: 'release', residue: 0, from: '0' });
    const released = await agent.event('released');
    const from = Number(released['from']);
    expect(from).toBeGreaterThan(0);
    await agent.event('idle');
    // It ends where it gave back, in the middle of a chunk; another has the rest.
    expect(agent.events.at(-2)).toMatchObject({ hashes: from });
    agent.send({ order: 'adopt', residue: 1, next: '0', from: String(from), until: String(from + 2000) });
    await agent.event('idle', undefined, agent.events.length);
    expect(agent.events.at(-2)).toMatchObject({ hashes: from + 2000 });
  });

  it('answers what it does not understand by an error, and goes on', async () => {
    const agent = start().job();
    await agent.event('ready');
    const bad: [string | object, RegExp][] = [
      ['{', /^order '\{': give one JSON object/],
      ['[1]', /^order '\[1\]': give a JSON object/],
      [{}, /^order is missing/],
      [{ order: 'dance' }, /^order 'dance': give stop, adopt/],
      [{ order: 'adopt', residue: -1, next: '0' }, /^residue '-1': give a whole number from 0 to/],
      [{ order: 'adopt', residue: 0, next: 0 }, /^next '0': give a decimal string/],
      [{ order: 'adopt', residue: 0, next: '0', done: [['7', '7']] }, /^done '7..7': give ranges/],
      [{ order: 'adopt', residue: 0, next: '0', done: [['7']] }, /^done "\['7'\]": give two decimal strings/],
      [{ order: 'release', residue: true }, /^residue 'True'/],
      [{ order: 'bound', nonce: '1e3' }, /^nonce '1e3'/],
      [{ order: 'bound' }, /^nonce is missing/],
    ];
    for (const [order, message] of bad) {
      const seen = agent.events.length;
      agent.send(order);
      expect((await agent.event('error', undefined, seen))['message']).toMatch(message);
    }
    agent.send({ order: 'release', residue: 0 });
    await agent.event('released');
    const seen = agent.events.length;
    // Asked back again, as by a controller that has not heard of it yet: that is no error.
    agent.send({ order: 'release', residue: 0 });
    agent.send({ order: 'release', residue: 0, from: '0' });
    // One that it never had is.
    agent.send({ order: 'release', residue: 1 });
    expect((await agent.event('error', undefined, seen))['message']).toMatch(/^residue 1: is not held here/);
    // It is answered for again once it is held again.
    agent.send({ order: 'adopt', residue: 0, next: '0' });
    agent.send({ order: 'release', residue: 0 });
    await agent.event('released', undefined, seen);
    agent.send({ order: 'stop' });
    expect(await agent.event('stopped')).toMatchObject({ reason: 'order' });
    expect(agent.events.slice(seen).filter(({ event }) => event === 'error')).toHaveLength(1);
  });
});

describe('a job that cannot be understood', () => {
  it.each([
    ['{"run":', /^job/],
    ['7', /^job/],
    [{ ...endless, puzzle: { ...endless.puzzle, scheme: 'md5' } }, /^puzzle\.scheme 'md5'/],
    [{ ...endless, puzzle: zeros(65) }, /^puzzle\.difficulty '65'/],
    [{ ...endless, puzzle: { scheme: 'bitcoin', header: '00', target: '00' } }, /^puzzle\.header '00'/],
    [{ ...endless, from: 0 }, /^from '0': give a decimal string/],
    [{ ...endless, limit: '18446744073709551616' }, /^limit/],
    [{ ...endless, from: '10', limit: '9' }, /^limit '9'/],
    [{ ...endless, chunk: '0' }, /^chunk '0'/],
    [{ ...endless, stride: 0 }, /^stride '0'/],
    [{ ...endless, residues: [{ residue: 0 }] }, /^next is missing/],
    [
      { ...endless, stride: 2, residues: [{ residue: 0, next: '1' }] },
      /^next '1': give a chunk of residue 0 modulo 2/,
    ],
    [{ ...endless, threads: 0 }, /^threads '0'/],
    [{ ...endless, seconds: -1 }, /^seconds '-1'/],
    [{ ...endless, silence: 0 }, /^silence '0'/],
    [{ ...endless, smallest: 1 }, /^smallest '1'/],
    [{ ...endless, kernel: 'cuda' }, /^kernel 'cuda'/],
    [{ ...endless, run: '' }, /^run ''/],
  ])('%j: one error, exit 2', async (job, message) => {
    const agent = start();
    agent.send(job);
    expect(await agent.exited).toBe(2);
    expect((await agent.event('error'))['message']).toMatch(message);
    expect(agent.events).toHaveLength(1);
    expect(agent.stderr).toBe('');
  });

  it('nor can one that never comes', async () => {
    const agent = start();
    agent.child.stdin.end();
    expect(await agent.exited).toBe(2);
    expect((await agent.event('error'))['message']).toMatch(/stdin closed before a job was received/);
  });
});

describe('it stops', () => {
  const stopping: [string, (agent: AgentProcess) => unknown, string][] = [
    ['by an order', (agent) => agent.send({ order: 'stop' }), 'order'],
    ['at the end of stdin', (agent) => agent.child.stdin.end(), 'stdin'],
    ['on SIGTERM', (agent) => agent.child.kill('SIGTERM'), 'signal'],
    ['on SIGHUP', (agent) => agent.child.kill('SIGHUP'), 'signal'],
    ['on SIGINT', (agent) => agent.child.kill('SIGINT'), 'signal'],
  ];

  it.each(stopping)('%s, its kernels dead before it says so', async (_, stop, reason) => {
    const agent = start().job({ threads: 3 });
    await agent.event('ready');
    expect(agent.kernels()).toHaveLength(3);
    stop(agent);
    expect(await agent.event('stopped')).toEqual({ event: 'stopped', reason });
    expect(agent.kernels()).toEqual([]);
    expect(await agent.exited).toBe(0);
    expect(last(agent, 2)).toEqual(['progress', 'stopped']);
    expect(agent.stderr).toBe('');
  });

  it('at its deadline', async () => {
    const started = performance.now();
    const agent = start().job({ seconds: 1.2, threads: 2 });
    expect(await agent.event('stopped')).toMatchObject({ reason: 'deadline' });
    expect(performance.now() - started).toBeGreaterThan(1200);
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it('at its deadline when nobody reads what it says; the spool has it all', async () => {
    const residues = Array.from({ length: 4000 }, (_, residue) => ({ residue, next: String(residue) }));
    const agent = start({ stalled: true });
    await until('it runs', () => existsSync(agent.path('spool.ndjson')));
    const started = performance.now();
    agent.job({ seconds: 3.2, stride: 4000, residues });
    expect(await agent.exited).toBe(0);
    expect(performance.now() - started).toBeLessThan(20_000); // nobody ever reads
    expect(agent.running()).toEqual([]);
    const spool = agent.spool();
    const kinds = spool.map(({ event }) => event);
    expect(kinds).toEqual(['ready', 'progress', 'progress', 'progress', 'progress', 'stopped']);
    for (const { residues: said } of spool.slice(1, -1)) expect(said).toHaveLength(4000);
    expect(spool.at(-1)).toEqual({ event: 'stopped', reason: 'deadline' });
  });

  it('when no order came for long, and not while there are pings', async () => {
    const agent = start().job({ silence: 1.3 });
    for (let second = 0; second < 3; second++) {
      await agent.event('progress', undefined, agent.events.length);
      agent.send({ order: 'ping' });
    }
    const quiet = performance.now();
    expect(await agent.event('stopped')).toMatchObject({ reason: 'silence' });
    expect(performance.now() - quiet).toBeGreaterThan(1200);
    expect(performance.now() - quiet).toBeLessThan(20_000);
  });

  it('by an order although nobody can read what it says any more; the spool goes on', async () => {
    const agent = start().job({ threads: 2 });
    await agent.event('ready');
    agent.child.stdout.destroy();
    await until('it says something', () => agent.spool().length > 2);
    agent.send({ order: 'stop' });
    expect(await agent.exited).toBe(0);
    expect(agent.running()).toEqual([]);
    expect(agent.spool().at(-1)).toEqual({ event: 'stopped', reason: 'order' });
    expect(agent.stderr).toBe('');
  });

  it('by its kernels alone when it was suspended beyond its deadline', async () => {
    const agent = start().job({ seconds: 1, threads: 2 });
    await agent.event('ready');
    agent.child.kill('SIGSTOP');
    await until('the kernels ended', () => agent.kernels().length === 0);
    agent.child.kill('SIGCONT');
    expect(await agent.event('stopped')).toMatchObject({ reason: 'deadline' });
  });

  it('by kill -9, and its kernels follow', async () => {
    const agent = start().job({ threads: 2 });
    await agent.event('ready');
    expect(agent.kernels()).toHaveLength(2);
    agent.child.kill('SIGKILL');
    await agent.exited;
    await until('the kernels are gone', () => agent.running().length === 0, 5);
  });

  it('saying where it was and that it has stopped by one write, which wakes each process on the way once', async () => {
    const agent = start().job();
    await agent.event('ready');
    const writes: string[] = [];
    agent.child.stdout.on('data', (chunk: Buffer) => writes.push(chunk.toString()));
    agent.send({ order: 'stop' });
    await agent.event('stopped');
    expect(writes.at(-1)).toMatch(/"event":"progress".*\n\{"event":"stopped"/);
  });

  it('while the kernel is still being chosen', async () => {
    const agent = start({}, (directory) => executable(`${directory}/kernel`, 'exec sleep 100')).job();
    await until('it asks', () => agent.kernels().length > 0);
    agent.send({ order: 'stop' });
    expect(await agent.event('stopped')).toMatchObject({ reason: 'order' });
    expect(agent.kernels()).toEqual([]);
  });
});

/** An uploaded kernel that lists its instruction sets by a shell command, and has only the one called swift. */
const native = (list: string) => (directory: string) =>
  executable(
    `${directory}/kernel`,
    `if [ "$1" = --list ]; then ${list}; exit; fi
[ "$1 $2" = "--isa swift" ] || exit 9
shift 2
exec '${python}' -S -E '${directory}/pow.py' "$@"`,
  );

describe('the kernel', () => {
  it('is the one uploaded, with the instruction set it says is fastest on all threads together', async () => {
    const agent = start({}, native('[ "$4 $5" = "--threads 2" ] && echo swift 2000; echo slow 1000')).job({
      threads: 2,
      limit: '50000',
    });
    const { cores, python: version, ...ready } = await agent.event('ready');
    expect(ready).toEqual({ event: 'ready', kernel: 'kernel', isa: 'swift', threads: 2 });
    expect(cores).toBeGreaterThan(0);
    expect(version).toMatch(/^3\.\d+\.\d+$/);
    await agent.event('idle');
    expect(agent.kinds()).not.toContain('error');
  });

  it.each<[string, (directory: string) => void, RegExp]>([
    ['is missing', () => {}, /no kernel for this machine/],
    ['fails', native('echo no such cpu >&2; exit 4'), /--list failed: exit code 4 no such cpu/],
    ['says nonsense', native('echo hello'), /--list failed/],
    ['never answers', native('exec sleep 100'), /--list did not end within/],
    [
      'is for another machine',
      (directory) => {
        writeFileSync(`${directory}/kernel`, '\x7fELF\x02\x01\x01', { mode: 0o755 });
      },
      /cannot be started: .*Exec format error/,
    ],
  ])('is pow.py when the one uploaded %s', async (_, prepare, note) => {
    const tuning = 'import choice; choice.LIMIT_SECONDS = choice.HUNG_SECONDS = 0.5';
    const agent = start({ tuning }, prepare).job({ limit: '50000' });
    expect(await agent.event('ready')).toMatchObject({ kernel: 'pow.py', isa: 'python' });
    expect((await agent.event('ready'))['note']).toMatch(note);
    await agent.event('idle');
  });

  it('is the one uploaded also where the machine is too busy to time it', async () => {
    const list = '[ "$4 $5" = "--threads 0" ] || exec sleep 100; echo swift 0; echo slow 0';
    const tuning = 'import choice; choice.LIMIT_SECONDS = 0.2';
    const agent = start({ tuning }, native(list)).job({ limit: '50000' });
    expect(await agent.event('ready')).toMatchObject({
      kernel: 'kernel',
      isa: 'swift',
      note: expect.stringContaining('were not timed'),
    });
    await agent.event('idle');
  });

  it('is pow.py without a note when the job says so', async () => {
    const agent = start({}, native('echo swift 2000')).job({ kernel: 'python' });
    const ready = await agent.event('ready');
    expect(ready).toMatchObject({ kernel: 'pow.py' });
    expect(ready).not.toHaveProperty('note');
  });

  it.each(['die-at-once', 'false-hit'])(
    'is replaced by pow.py when it keeps failing: %s',
    async (standIn) => {
      const agent = start({ standIn }).job({ ...smallJob, threads: 2 });
      await agent.event('idle');
      const errors = agent.events
        .filter(({ event }) => event === 'error')
        .map(({ message }) => String(message));
      expect(errors.filter((message) => /keeps failing.*pow\.py takes over/.test(message))).not.toEqual([]);
      expect(coveredNonces(agent.events.at(-2)?.residues ?? [], small)).toEqual(whole);
    },
  );

  it('says at once when none can run but pow.py', async () => {
    const ready = await start({ standIn: 'die-at-once' }).job().event('ready');
    expect(ready).toMatchObject({ kernel: 'pow.py', isa: 'python' });
    expect(ready['note']).toMatch(/exit code 3: no such instruction/);
  });

  it('is replaced when it hangs', async () => {
    const tuning = 'import driver; driver.HUNG_SECONDS = 0.3';
    const agent = start({ standIn: 'hang', times: 1, tuning }).job(smallJob);
    await agent.event('idle');
    expect(coveredNonces(agent.events.at(-2)?.residues ?? [], small)).toEqual(whole);
    expect(agent.read('syslog')).toMatch(/kernel failed: no output for \d+ s on/);
  });

  it('may be beyond help: error, stopped', async () => {
    const agent = start({}, (directory) => writeFileSync(`${directory}/pow.py`, 'raise SystemExit(5)')).job();
    expect(await agent.event('stopped')).toEqual({ event: 'stopped', reason: 'kernel' });
    expect(agent.kinds().slice(-4)).toEqual(['error', 'error', 'progress', 'stopped']);
    expect(await agent.exited).toBe(0);
  });
});

it('is ended by the system when it hangs, with its kernels', async () => {
  const tuning =
    'import agent, time; agent.HANG_SECONDS = 0; agent.Agent.check_time = lambda *_: time.sleep(1000)';
  const agent = start({ tuning, standIn: 'honest' }).job({ seconds: 1 });
  await agent.exited;
  expect(agent.child.signalCode).toBe('SIGALRM');
  await eventually('no kernel', () => agent.kernels().length === 0);
});

describe('what it leaves', () => {
  it('is a spool with all it said, readable by its user only', async () => {
    const agent = start().job({ puzzle: zeros(5), threads: 2 });
    await agent.exited;
    await agent.event('stopped');
    expect(agent.spool()).toEqual(agent.events);
    expect(statSync(agent.path('spool.ndjson')).mode & 0o777).toBe(0o600);
  });

  it('is a spool of which a controller that comes back can read the hits alone', async () => {
    const agent = start().job({ puzzle: zeros(4), threads: 2, smallest: true, limit: '400000' });
    await agent.event('idle');
    const hits = agent.events.filter(({ event }) => event === 'hit');
    expect(hits).not.toEqual([]);
    const home = mkdtempSync(join(tmpdir(), 'cnd-home-'));
    try {
      const work = join(home, workDirectory(endless.run, 0));
      mkdirSync(dirname(work), { recursive: true });
      symlinkSync(agent.directory, work);
      const command = readSpooledHits(endless.run, 0);
      const read = execFileSync('/bin/sh', ['-c', command], { cwd: home, encoding: 'utf8' });
      const lines = read.split('\n').slice(0, -1);
      expect(lines.map((line): unknown => JSON.parse(line))).toEqual(hits);
    } finally {
      rmSync(home, { recursive: true });
    }
  });

  it('is a syslog in which every line names the run, and none can be forged', async () => {
    const agent = start().job({ puzzle: zeros(4), worker: 7 });
    await agent.event('ready');
    agent.send({ order: 'a\nNov 20 00:00:00 host forged' });
    expect(await agent.exited).toBe(0);
    const lines = agent.read('syslog').split('\n').slice(0, -1);
    const head =
      /^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ cnd-agent\[\d+\]: run=20261120-081103-x7k2 worker=7 /;
    for (const line of lines) expect(line).toMatch(head);
    const texts = lines.map((line) => line.replace(head, ''));
    expect(texts[0]).toMatch(/^started: hex-chain, 1 threads, 60\.0 s$/);
    expect(texts.some((text) => text.startsWith('ready: kernel pow.py'))).toBe(true);
    expect(texts.some((text) => /^hit: \d+ 0000/.test(text))).toBe(true);
    expect(texts.at(-1)).toMatch(/^stopped: hit, \d+ nonces$/);
  });
});
