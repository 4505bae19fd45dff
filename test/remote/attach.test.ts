import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { AgentProcess, coveredNonces, type Job, type Options, zeros } from '../helper/agent.ts';
import { isRunning } from '../helper/kernel.ts';
import { eventually } from '../helper/process.ts';

const key = 'c0ffee00c0ffee00c0ffee00';
const agents: AgentProcess[] = [];

/** Attaches to the agent of a directory, which is started when there is none. */
function attach(
  options: Options & { readonly epoch?: number; readonly seen?: number; readonly key?: string } = {},
) {
  const agent = new AgentProcess({ attached: true, ...options });
  agents.push(agent);
  agent.send({ attach: { key: options.key ?? key, epoch: options.epoch ?? 1, seen: options.seen ?? 0 } });
  return agent;
}

async function searching(job: Job = {}, options: Options = {}): Promise<AgentProcess> {
  const agent = attach(options);
  expect(await agent.event('attached')).toEqual({ event: 'attached', job: false, survives: true });
  agent.job(job);
  await agent.event('ready');
  return agent;
}

/** The connection breaks: its process is killed, as a session that is gone takes it along. */
async function cut(agent: AgentProcess): Promise<void> {
  agent.child.kill('SIGKILL');
  await agent.exited;
}

const pidOf = (agent: AgentProcess): number => Number(agent.read('agent.pid'));
const numbers = (agent: AgentProcess): unknown[] =>
  agent.events.map(({ seq }) => seq).filter((seq) => seq !== undefined);

afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.dispose()));
});

describe('an agent that is attached to', () => {
  it('outlives its connection, goes on searching, and is the same when it is attached to again', async () => {
    const first = await searching();
    await first.event('progress');
    const pid = pidOf(first);
    await cut(first);
    const before = Number(first.events.findLast(({ event }) => event === 'progress')?.hashes);
    const second = attach({ beside: first, seen: 1 });
    expect(await second.event('attached')).toEqual({ event: 'attached', job: true, survives: true });
    // What is known comes before the word that that was all.
    expect(second.kinds().slice(0, 2)).toEqual(['progress', 'attached']);
    await second.event('progress', ({ hashes }) => Number(hashes) > before);
    expect(pidOf(second)).toBe(pid);
    second.send({ order: 'stop' });
    const { seq } = await second.event('stopped');
    expect(isRunning(pid)).toBe(true);
    second.send({ order: 'ping', seen: seq });
    expect(await second.exited).toBe(0);
    await eventually('the agent has ended', () => !isRunning(pid));
  });

  it.each([
    ['its socket', 'agent.sock'],
    ['its directory', ''],
  ])('ends, and leaves its work to another, once nobody can come back: %s was removed', async (_, name) => {
    const first = await searching();
    const pid = pidOf(first);
    rmSync(join(first.directory, name), { recursive: true });
    // Who is attached is heard still.
    await first.event('progress');
    await cut(first);
    expect(isRunning(pid)).toBe(true);
    await eventually('the agent has ended', () => !isRunning(pid));
  });

  it('ends once another agent was begun in its place', async () => {
    const first = await searching();
    const pid = pidOf(first);
    rmSync(join(first.directory, 'agent.sock'));
    await cut(first);
    const second = attach({ beside: first });
    expect(await second.event('attached')).toEqual({ event: 'attached', job: false, survives: true });
    expect(pidOf(second)).not.toBe(pid);
    await eventually('the first has ended', () => !isRunning(pid));
    expect(isRunning(pidOf(second))).toBe(true);
  });

  it('is pinged before it has its job when it is slow to start, and waits for that', async () => {
    const agent = attach();
    agent.send({ order: 'ping', seen: 0 });
    await agent.event('attached');
    agent.job();
    await agent.event('ready');
    expect(agent.kinds()).not.toContain('error');
  });

  it('says what was not seen again, once and in order, with the same numbers', async () => {
    const first = await searching({ puzzle: zeros(4), smallest: true, limit: '400000' });
    await first.event('idle');
    const said = first.events.filter(({ seq }) => seq !== undefined);
    expect(numbers(first)).toEqual(said.map((_, index) => index + 1));
    await cut(first);
    const second = attach({ beside: first, seen: 2 });
    await second.event('attached');
    expect(second.events.filter(({ seq }) => seq !== undefined)).toEqual(said.slice(2));
    await cut(second);
    const third = attach({ beside: first, seen: said.length });
    await third.event('attached');
    expect(numbers(third)).toEqual([]);
  });

  it('keeps a hit that it found alone, and its exact coverage, until somebody asks', async () => {
    const first = await searching({ limit: '8000000', puzzle: zeros(5), from: '40000' });
    const pid = pidOf(first);
    await cut(first);
    await eventually('it has stopped', () => first.read('spool.ndjson').includes('"event":"stopped"'));
    expect(first.kernels().filter((kernel) => kernel !== pid)).toEqual([]);
    expect(isRunning(pid)).toBe(true);
    const second = attach({ beside: first, seen: 1 });
    await second.event('attached');
    expect(second.kinds()).toEqual(['hit', 'progress', 'stopped', 'attached']);
    expect(second.events[0]).toMatchObject({ nonce: '46697' });
    const covered = coveredNonces(second.events[1]?.residues ?? [], {
      from: 40_000,
      limit: 8_000_000,
      chunk: 1_000_000,
      stride: 1,
    });
    expect(covered.has(40_000)).toBe(true);
    second.send({ order: 'ping', seen: 3 });
    expect(await second.exited).toBe(0);
    await eventually('the agent has ended', () => !isRunning(pid));
  });

  it('stops after `linger` without a controller, and waits for one until its deadline', async () => {
    const first = await searching({ linger: 1, seconds: 6 });
    const pid = pidOf(first);
    await cut(first);
    await eventually('it has stopped', () => first.read('spool.ndjson').includes('"reason":"linger"'));
    const second = attach({ beside: first, seen: 1 });
    expect(await second.event('stopped')).toMatchObject({ reason: 'linger' });
    await cut(second);
    await eventually('its deadline is over', () => !isRunning(pid), 20);
  });

  it('lets go of a connection that says nothing, and does not take it for the end', async () => {
    const first = await searching({ silence: 1 });
    expect(await first.exited).toBe(0);
    const second = attach({ beside: first, seen: 1 });
    expect(await second.event('attached')).toMatchObject({ job: true });
  });

  it('takes the same controller at once although the old connection seems to live, and one with a higher epoch', async () => {
    const first = await searching();
    const second = attach({ beside: first, seen: 1 });
    await second.event('attached');
    await first.exited;
    const third = attach({ beside: first, seen: 1, epoch: 2 });
    await third.event('attached');
    await second.exited;
    expect(await third.event('progress', undefined, third.events.length)).toHaveProperty('rate');
  });

  it('refuses a lower epoch and another key, and goes on with whom it has', async () => {
    const first = await searching({}, {});
    const second = attach({ beside: first, seen: 1, epoch: 7 });
    await second.event('attached');
    for (const [other, words] of [
      [{ epoch: 6 }, 'superseded by a later controller'],
      [{ epoch: 8, key: 'f00d'.repeat(8) }, 'its key is not the key of this run'],
    ] as const) {
      const third = attach({ beside: first, ...other });
      expect(await third.event('refused')).toEqual({ event: 'refused', reason: words });
      expect(third.events).toHaveLength(1);
    }
    const stranger = new AgentProcess({ beside: first });
    agents.push(stranger);
    stranger.send({ order: 'stop' });
    expect(await stranger.event('refused')).toMatchObject({ reason: expect.stringContaining('attach') });
    await second.event('progress', undefined, second.events.length);
  });

  it('is killed: whoever is attached is told how it ended, and the next one gets a new agent', async () => {
    const first = await searching();
    process.kill(pidOf(first), 'SIGKILL');
    expect(await first.exited).toBe(137);
    const second = attach({ beside: first });
    expect(await second.event('attached')).toMatchObject({ job: false });
  });

  it('breaks: the words of Python come out', async () => {
    const first = attach({});
    await first.event('attached');
    first.job({ puzzle: { scheme: 'none' } });
    expect(await first.event('error')).toMatchObject({ message: expect.stringContaining('scheme') });
    expect(await first.exited).toBe(2);
  });

  it('has a socket and files that are for its user alone', async () => {
    const first = await searching();
    expect(statSync(first.path('agent.sock')).mode & 0o777).toBe(0o600);
    expect(statSync(first.path('agent.err')).mode & 0o777).toBe(0o600);
    expect(readFileSync(first.path('spool.ndjson'), 'utf8')).not.toContain(key);
    expect(readFileSync(first.path('syslog'), 'utf8')).not.toContain(key);
  });

  it('runs on the channel where there can be no socket, and says so', async () => {
    const first = new AgentProcess({ attached: true }, (directory) => mkdirSync(`${directory}/agent.sock`));
    agents.push(first);
    first.send({ attach: { key, epoch: 1, seen: 0 } });
    expect(await first.event('attached')).toEqual({ event: 'attached', job: false, survives: false });
    first.job();
    await first.event('ready');
    expect(pidOf(first)).toBe(first.child.pid);
    expect(first.stderr).toContain('no socket can be made here');
    first.child.stdin.end();
    expect(await first.event('stopped')).toMatchObject({ reason: 'stdin' });
  });
});
