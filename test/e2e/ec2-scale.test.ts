import { describe, expect, test } from 'vitest';
import { eventsOf, named } from '../helper/cnd.ts';
import { eventually } from '../helper/process.ts';
import { hasStage } from '../helper/stage/available.ts';
import { useStage } from '../helper/stage/use.ts';

/** Two hundred instances without machines: what is asked of AWS. */
describe.runIf(hasStage())('200 instances on EC2', () => {
  const on = useStage({ boots: false, vcpus: 1000, pending: 2000, shuttingDown: 2000 });

  test('take few calls', async () => {
    const { start, calls, untilClean } = on.place();
    const cnd = start('start --N 200 --T 200 --D 2 --json');
    await cnd.event('instance.running', (event) => 'instance' in event && event.instance === 199);
    const before = calls('ec2', 'DescribeInstances').length;
    // As many do not answer as there can be.
    await eventually('two more polls', () => calls('ec2', 'DescribeInstances').length >= before + 2, 30);
    cnd.child.kill('SIGINT');
    const result = await cnd.ended;
    expect(result).toMatchObject({ code: 130, stderr: '' });
    expect(named(eventsOf(result), 'instance.launched')).toHaveLength(200);
    expect(named(eventsOf(result), 'instance.terminated')).toHaveLength(200);
    await untilClean();
    const launches = calls('ec2', 'RunInstances').filter(({ parameters }) => parameters['DryRun'] !== 'true');
    expect(launches).toHaveLength(2);
    expect(new Set(launches.map(({ parameters }) => parameters['ClientToken'])).size).toBe(2);
    // One for all, and again while they shut down: never one for each.
    expect(calls('ec2', 'TerminateInstances').length).toBeLessThanOrEqual(2);
    const polls = calls('ec2', 'DescribeInstances').length;
    const elapsed = (calls().at(-1)?.time ?? 0) - (calls()[0]?.time ?? 0);
    // EC2's bucket for describing is refilled with tens a second; a run should need less than one.
    expect(polls / (elapsed / 1000)).toBeLessThan(1.5);
  }, 90_000);
});
