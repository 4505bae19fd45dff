import { expect, test } from 'vitest';
import { podList } from '../../../../src/fleet/kubernetes/object.ts';
import { jobProblem, podProblem } from '../../../../src/fleet/kubernetes/problem/problem.ts';

test('a refusal is the same problem whichever pod it is of, and however much is used by then', () => {
  const refused = (pod: string, used: string) =>
    jobProblem({
      reason: 'FailedCreate',
      message: `Error creating: pods "cnd-${pod}" is forbidden: exceeded quota: team, requested: requests.cpu=100m, used: requests.cpu=${used}, limited: requests.cpu=1`,
    });
  const first = refused('0-x7k2', '950m');
  expect(first?.message).toBe(
    'pods cannot be created: pods "cnd-0-x7k2" is forbidden: exceeded quota: team, requested: requests.cpu=100m, used: requests.cpu=950m, limited: requests.cpu=1',
  );
  expect([refused('1-a1b2', '1')?.key, refused('2-c3d4', '0.5')?.key]).toEqual([first?.key, first?.key]);
  const other = jobProblem({ reason: 'FailedCreate', message: 'Error creating: exceeded quota: other' });
  expect(other?.key).not.toBe(first?.key);
});

test('a pod that a gate keeps from the scheduler is told as that', () => {
  const condition = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'SchedulingGated',
    message: 'by a queue',
  };
  const [pod] = podList.parse({
    items: [{ metadata: { name: 'cnd' }, status: { phase: 'Pending', conditions: [condition] } }],
  }).items;
  expect(pod && podProblem(pod)?.message).toBe('pods are not scheduled yet, because of a gate: by a queue');
});
