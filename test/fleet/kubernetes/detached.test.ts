import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { detachedBundle } from '../../../src/engine/agents/worker-bundle.ts';
import { detachedManifest, workerConfigMap } from '../../../src/fleet/kubernetes/detached/manifest.ts';
import { detachedScript } from '../../../src/fleet/kubernetes/detached/script.ts';
import { kubernetesDefaults } from '../../../src/fleet/kubernetes/schema.ts';
import { endless, zeros } from '../../helper/agent.ts';
import { eventually } from '../../helper/process.ts';

const plan = {
  run: '20261120-081103-x7k2',
  settings: kubernetesDefaults,
  count: 3,
  lifetime: 90,
  owner: 'jane',
  expiresAt: new Date('2026-11-20T08:12:33Z'),
  plan: '{}',
  searchUntil: new Date('2026-11-20T08:11:58Z'),
  searchSeconds: 55,
};

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

test('the Job ends with its first hit, never starts a pod again, and is kept for a day', () => {
  const { metadata, spec } = detachedManifest(plan);
  expect(metadata.annotations).toMatchObject({ 'cnd/plan': '{}' });
  expect(spec).toMatchObject({
    suspend: true,
    completions: 3,
    backoffLimitPerIndex: 0,
    maxFailedIndexes: 3,
    successPolicy: { rules: [{ succeededCount: 1 }] },
    ttlSecondsAfterFinished: 86_400,
    activeDeadlineSeconds: 120,
  });
  expect(spec.template.spec).toMatchObject({
    activeDeadlineSeconds: 90,
    automountServiceAccountToken: false,
  });
  expect(spec.template.metadata.annotations).not.toHaveProperty('cnd/plan');
});

test('the worker fits into a ConfigMap, which is deleted with its Job', async () => {
  const { data } = await detachedBundle();
  expect(data.length).toBeLessThan(1 << 20);
  const made = workerConfigMap(plan, { worker: data, job: '{}' }, 'uid-1');
  expect(made.metadata.ownerReferences).toEqual([
    { apiVersion: 'batch/v1', kind: 'Job', name: `cnd-${plan.run}`, uid: 'uid-1' },
  ]);
});

/** Runs the first process of a pod here, with its paths below a directory of its own. */
async function pod(job: object, { seconds = 60, lifetime = 90 } = {}) {
  const root = mkdtempSync(join(tmpdir(), 'cnd-pod-'));
  directories.push(root);
  for (const name of ['work', 'cnd', 'dev']) mkdirSync(join(root, name));
  writeFileSync(join(root, 'cnd/worker.tgz'), (await detachedBundle()).data);
  writeFileSync(
    join(root, 'cnd/job.json'),
    JSON.stringify({ ...endless, kernel: 'python', stride: 3, ...job }),
  );
  const now = Date.now() / 1000;
  const script = detachedScript(plan.run, {
    search: { end: now + 600, seconds },
    pod: { end: now + 600, seconds: lifetime },
  }).replaceAll(/(?<![\w.])\/(cnd|work|dev\/termination)/g, `${root}/$1`);
  const child = spawn('/bin/sh', ['-c', script], {
    cwd: join(root, 'work'),
    env: { PATH: process.env['PATH'] ?? '', JOB_COMPLETION_INDEX: '2' },
    stdio: 'ignore',
  });
  const exited = once(child, 'exit').then(([code]: unknown[]) => code);
  const read = (): string => {
    try {
      return readFileSync(join(root, 'dev/termination-log'), 'utf8');
    } catch {
      return '';
    }
  };
  return { child, exited, read };
}

test('the first process ends as its agent does, and passes SIGTERM on to it', async () => {
  const hit = await pod({ puzzle: zeros(3) });
  expect(await hit.exited).toBe(0);
  expect(JSON.parse(hit.read())).toMatchObject({ result: 'hit' });
  const told = await pod({});
  await eventually('it searches', () => told.read().includes('searching'));
  told.child.kill('SIGTERM');
  expect(await told.exited).toBe(12);
  expect(JSON.parse(told.read())).toMatchObject({ result: 'signal', next: expect.any(String) });
});

test('its switch ends it, whatever the agent does', async () => {
  const { exited, read } = await pod({}, { lifetime: 3 });
  expect(await exited).toBe(137);
  expect(read()).not.toMatch(/"result":"(hit|deadline)"/);
});
