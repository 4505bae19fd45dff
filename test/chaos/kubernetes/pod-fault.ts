import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Admin } from '../../helper/kubernetes/admin.ts';
import type { Cluster } from '../../helper/kubernetes/cluster.ts';
import type { Action } from '../scenario.ts';
import { targets } from '../target.ts';

/** What happens to pods, or to the cluster below them. */
export type PodAction = Extract<Action, { do: 'part' | 'pod' | 'quota' | 'namespace' | 'drain' }>;

const pods = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), deletionTimestamp: z.string().optional() }),
      status: z.object({ phase: z.string() }),
    }),
  ),
});

/** Where it happens. */
export interface PodGroundwork {
  readonly cluster: Cluster;
  readonly admin: Admin;
  readonly namespace: string;
}

/**
 * Does one fault, and says whether it did anything: not where another fault was faster (the quota is lowered, the pod gone), or has
 * the API server down. Resolves when it is done, what comes back included.
 */
export async function inflictOnPods(
  action: PodAction,
  run: string | undefined,
  ground: PodGroundwork,
): Promise<boolean> {
  return inflict(action, run, ground).catch((error: unknown) => {
    process.stderr.write(`${action.do} did nothing: ${String(error).slice(0, 200)}\n`);
    return false;
  });
}

async function inflict(
  action: PodAction,
  run: string | undefined,
  { cluster, admin, namespace }: PodGroundwork,
): Promise<boolean> {
  switch (action.do) {
    case 'part':
      await cluster.restart(action.part, action.after);
      return true;
    case 'quota':
      await admin.call('POST', `/api/v1/namespaces/${namespace}/resourcequotas`, {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'lowered' },
        spec: { hard: { pods: '0', 'count/jobs.batch': '0' } },
      });
      return true;
    case 'namespace':
      await admin.call('DELETE', `/api/v1/namespaces/${namespace}`);
      return true;
    case 'drain':
      return drain(cluster, action.resume);
    case 'pod':
      return run !== undefined && befall(action, run, admin, namespace);
  }
}

/** The only node is drained, and takes pods again later. Pods of its daemons, and those without an owner, go with the others. */
async function drain(cluster: Cluster, resume: number): Promise<boolean> {
  const [node = ''] = (await cluster.kubectl(['get', 'nodes', '-o', 'name'])).trim().split('\n');
  try {
    await cluster.kubectl([
      'drain',
      node.replace('node/', ''),
      '--ignore-daemonsets',
      '--delete-emptydir-data',
      '--force',
      '--timeout=30s',
    ]);
    await sleep(resume);
  } finally {
    await cluster.kubectl(['uncordon', node.replace('node/', '')]);
  }
  return true;
}

async function befall(
  { how, which }: Extract<PodAction, { do: 'pod' }>,
  run: string,
  admin: Admin,
  namespace: string,
): Promise<boolean> {
  if (how === 'oom' || how === 'oom-agent') {
    const [pid, ...others] = targets(run, how === 'oom' ? 'switch' : 'agent');
    const victim = [pid, ...others][which % Math.max(1, others.length + 1)];
    return victim !== undefined && outOfMemory(victim);
  }
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const query = `?labelSelector=${encodeURIComponent(`cnd/run=${run}`)}`;
  const { items } = pods.parse(await admin.call('GET', `${path}${query}`));
  const living = items.filter(
    ({ metadata, status }) => status.phase === 'Running' && !metadata.deletionTimestamp,
  );
  const name = living[which % Math.max(1, living.length)]?.metadata.name;
  if (name === undefined) return false;
  if (how === 'evict') {
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
    await admin.call('POST', `${path}/${name}/eviction`, eviction);
  } else {
    const options = how === 'force-delete' ? { gracePeriodSeconds: 0 } : {};
    await admin.call('DELETE', `${path}/${name}`, { apiVersion: 'v1', kind: 'DeleteOptions', ...options });
  }
  return true;
}

/** Takes the memory of a cgroup, a little in each of many processes, until the system has killed somebody in it. */
const hog = [
  'echo $$ >"$0" || exit 1',
  'for i in $(seq 16)',
  "do python3 -S -E -c 'import time; x = bytearray(8 << 20); time.sleep(2)' & done",
  'wait',
].join('\n');

/** The container of a process runs out of memory, and the system chooses that process. Whether it did. */
async function outOfMemory(pid: number): Promise<boolean> {
  try {
    const group = memoryGroup(readFileSync(`/proc/${pid}/cgroup`, 'utf8'));
    if (group === undefined) return false;
    const procs = `${group}/cgroup.procs`;
    for (const other of readFileSync(procs, 'utf8').trim().split('\n')) {
      try {
        writeFileSync(`/proc/${other}/oom_score_adj`, Number(other) === pid ? '1000' : '0');
      } catch {
        // It has ended.
      }
    }
    await once(spawn('sh', ['-c', hog, procs], { stdio: 'ignore' }), 'exit');
    return !existsSync(`/proc/${pid}`);
  } catch {
    return false; // it has ended
  }
}

/** Of version 1 the hierarchy of the memory controller, else the only one. */
function memoryGroup(text: string): string | undefined {
  const first = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(text)?.[1];
  if (first !== undefined) return `/sys/fs/cgroup/memory${first}`;
  const second = /^0::(.*)$/m.exec(text)?.[1];
  return second === undefined ? undefined : `/sys/fs/cgroup${second}`;
}
