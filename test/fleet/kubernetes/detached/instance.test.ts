import { expect, test } from 'vitest';
import { detachedInstance, detachedRun } from '../../../../src/fleet/kubernetes/detached/instance.ts';
import { jobObject, podList } from '../../../../src/fleet/kubernetes/object.ts';

const run = '20261120-081103-x7k2';

test('a container that could not be started did not begin in 1970, and says why', () => {
  const message = 'exec: "/bin/sh": no such file or directory';
  const never = '1970-01-01T00:00:00Z';
  const terminated = {
    exitCode: 128,
    reason: 'StartError',
    message,
    startedAt: never,
    finishedAt: '2026-11-20T08:11:09Z',
  };
  const labels = { 'batch.kubernetes.io/job-completion-index': '0' };
  const status = { phase: 'Failed', containerStatuses: [{ name: 'worker', state: { terminated } }] };
  const [pod] = podList.parse({ items: [{ metadata: { name: 'cnd-0', labels }, status }] }).items;
  const instance = pod && detachedInstance(run, pod);
  expect(instance).toMatchObject({
    state: 'ended',
    reason: `its first process cannot be started: ${message}`,
  });
  expect(instance).not.toHaveProperty('startedAt');
  expect(instance).not.toHaveProperty('message');
});

function runOf(suspend: boolean, annotations: object) {
  const metadata = {
    name: `cnd-${run}`,
    namespace: 'team',
    labels: { 'cnd/run': run },
    annotations: { 'cnd/plan': '{}', ...annotations },
  };
  return detachedRun(jobObject.parse({ metadata, spec: { completions: 2, suspend } }), 'cluster', 'hash');
}

test('a Job that is suspended was never completely launched, unless it says that it was: then a queue has it, until its time is over', () => {
  const launched = { 'cnd/launched': '2026-11-20T08:11:05Z' };
  const past = '2026-11-20T08:14:53Z';
  const later = new Date(Date.now() + 60_000).toISOString();
  const expiring = (time: string) => ({ 'cnd/expires-at': time });
  expect(runOf(true, expiring(past))).toMatchObject({ isIncomplete: true });
  expect(runOf(true, expiring(past))).not.toHaveProperty('endedAt');
  expect(runOf(true, { ...launched, ...expiring(later) })).toMatchObject({ isIncomplete: false });
  expect(runOf(true, { ...launched, ...expiring(later) })).not.toHaveProperty('endedAt');
  // No clock of Kubernetes' runs for it: whoever resumes it does not wait for ever.
  expect(runOf(true, { ...launched, ...expiring(past) })).toMatchObject({ endedAt: new Date(past) });
  expect(runOf(false, expiring(past))).toMatchObject({ isIncomplete: false });
  expect(runOf(false, expiring(past))).not.toHaveProperty('endedAt');
});
