import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentProcess } from '../helper/agent.ts';
import { Imds } from '../helper/imds.ts';
import { eventually } from '../helper/process.ts';
import { evaluate } from './evaluate.ts';

const notice = { action: 'terminate', time: '2026-11-20T08:22:00Z' };

describe('an agent on a Spot Instance', () => {
  let imds: Imds;
  let agent: AgentProcess;
  beforeEach(async () => {
    imds = await Imds.start();
    const tuning = 'import interruption; interruption.POLL_SECONDS = 0.1';
    agent = new AgentProcess({ tuning, standIn: 'honest' });
  });
  afterEach(async () => {
    await agent.dispose();
    imds.stop();
  });
  const asked = (): number => imds.asked.filter((one) => one.endsWith('/spot/instance-action')).length;

  it('completes what is in work when it gets an interruption notice, says all it did, and stops', async () => {
    agent.job({ imds: imds.url });
    await agent.event('progress', ({ hashes = 0 }) => hashes > 0);
    await eventually('it looks for a notice again and again', () => asked() > 2);
    imds.notice = notice;
    expect(await agent.event('interruption')).toEqual({ event: 'interruption', ...notice });
    expect(await agent.event('stopped')).toEqual({ event: 'stopped', reason: 'interruption' });
    expect(agent.kinds().slice(-2)).toEqual(['progress', 'stopped']);
    expect(await agent.exited).toBe(0);
    // Every slice that a kernel completed is told of: none is searched again.
    const done = agent
      .read('record')
      .split('\n')
      .map((line) => /^\d+ (\d+) (\d+)$/.exec(line))
      .reduce((sum, match) => sum + (match ? Number(match[2]) - Number(match[1]) : 0), 0);
    expect(agent.events.findLast(({ event }) => event === 'progress')?.hashes).toBe(done);
    expect(agent.read('syslog')).toContain('interruption notice: terminate at 2026-11-20T08:22:00Z');
    // IMDSv2: a token first, once.
    expect(imds.asked.filter((one) => one.startsWith('PUT '))).toHaveLength(1);
  });

  it('goes on without a notice, and without an answer', async () => {
    agent.job({ imds: imds.url });
    await eventually('it looks for a notice', () => asked() > 0);
    imds.stop();
    const { hashes: before = 0 } = await agent.event('progress', ({ hashes = 0 }) => hashes > 0);
    await agent.event('progress', ({ hashes = 0 }) => hashes > before);
    expect(agent.kinds()).not.toContain('interruption');
  });
});

it('is refused with a place that is none', async () => {
  const agent = new AgentProcess().job({ imds: 5 });
  expect((await agent.event('error')).message).toMatch(/^imds/);
  await agent.dispose();
});

it('believes no notice that is none', () => {
  const words = [
    null,
    JSON.stringify(notice),
    JSON.stringify({ ...notice, action: 'dance' }),
    JSON.stringify({ ...notice, time: 'x'.repeat(101) }),
  ];
  const program = `from interruption import parse
print(json.dumps([parse(None if text is None else text.encode()) for text in given]))`;
  expect(evaluate(program, words)).toEqual([null, ['terminate', notice.time], null, null]);
});
