import { setTimeout as sleep } from 'node:timers/promises';
import { CndError } from '../../error.ts';
import { findOwned } from '../../state/owned.ts';
import { isAlive } from '../../state/process.ts';
import type { TaggedProcess } from '../../state/process.ts';
import { queryHost } from './control.ts';
import type { Question } from './control.ts';
import { withDeadline } from '../../wait.ts';
import type { Lead } from './lookup.ts';
import { fromTags } from './lookup.ts';
import type { HostRecord, LocalInstanceRecord } from './record.ts';
import { sweep } from './sweep.ts';

/** How long a healthy host may take to answer, in milliseconds. */
const timeout = 1000;

/** How long it may take to make another instance, in milliseconds. */
const launchTimeout = 10_000;

/**
 * How a run's instances are, by the word of their host, or, without one, by their processes.
 * @throws CndError when the host is there but does not answer.
 */
export async function look(
  { run, record, isPrepared }: Lead,
  signal?: AbortSignal,
): Promise<LocalInstanceRecord[]> {
  if (!record) return fromTags(findOwned(run), isPrepared);
  const start = performance.now();
  while (isAlive(record.host)) {
    try {
      return await ask(record, { ask: 'describe' }, signal);
    } catch (cause) {
      signal?.throwIfAborted();
      if (performance.now() - start >= timeout) throw silent(run, record.host.pid, cause);
      await sleep(50); // it may be just ending
    }
  }
  return afterHost(record.instances, findOwned(run));
}

/**
 * Terminates instances of a run, or all and host and watchdog too, and tells how they are then. The host's word is
 * good, but death is seen, not assumed: by tag, which works as well when the host hangs, is dead, or is unknown.
 */
export async function powerOff(
  { run, record, isPrepared }: Lead,
  ids?: readonly string[],
): Promise<LocalInstanceRecord[]> {
  const known = record?.instances ?? fromTags(findOwned(run), isPrepared);
  let told = await tell(record, { ask: 'terminate', ...(ids ? { ids } : {}) });
  const left = await sweep(run, ids ? { instances: ids } : { grace: told ? 300 : 0 });
  if (ids) told ??= await tell(record, { ask: 'describe' }); // it may only have been slow
  const nobodys = left.filter(({ instance }) => !known.some(({ id }) => id === instance));
  if (nobodys.length > 0) throw unkillable(run, nobodys);
  const standing = record !== undefined && isAlive(record.host);
  return known
    .filter(({ id }) => !ids || ids.includes(id))
    .map((instance) => outcome(instance, { told, standing, living: left }));
}

/** Has the host of a run launch one more instance; gives its record afterwards. @throws when there is no host, or it cannot. */
export async function powerOn(
  { run, record }: Lead,
  index: number,
  signal: AbortSignal,
): Promise<HostRecord> {
  if (!record || !isAlive(record.host)) throw new CndError('local-host-gone', `run ${run} has no local host`);
  const instances = await withDeadline(launchTimeout, signal, (limit) =>
    queryHost(record, { ask: 'launch', index }, limit),
  );
  return { ...record, instances };
}

/** What becomes of instances whose host died: a power cut, which is over when their last process is dead. */
export function afterHost(
  instances: readonly LocalInstanceRecord[],
  living: readonly TaggedProcess[],
): LocalInstanceRecord[] {
  return instances.map(({ id, index, threads }) => ({
    id,
    index,
    threads,
    state: living.some(({ instance }) => instance === id) ? 'shutting-down' : 'terminated',
    reason: 'its host process has exited',
  }));
}

/** What is known after an attempt to terminate. */
export interface Evidence {
  /** What the host says of its instances, if it answered. */
  readonly told: readonly LocalInstanceRecord[] | undefined;
  /** Whether the host is still alive. */
  readonly standing: boolean;
  /** The processes that could not be killed. */
  readonly living: readonly TaggedProcess[];
}

/** What can be said of an instance after an attempt to terminate it: `terminated` is said only of what is. */
export function outcome(
  instance: LocalInstanceRecord,
  { told, standing, living }: Evidence,
): LocalInstanceRecord {
  const now = told?.find(({ id }) => id === instance.id);
  const pids = living.filter((it) => it.instance === instance.id).map(({ pid }) => pid);
  const { id, index, threads } = instance;
  if (pids.length > 0) {
    return { id, index, threads, state: 'shutting-down', reason: `cannot kill process ${pids.join(', ')}` };
  }
  if (standing && now?.state !== 'terminated') {
    const reason = 'its processes have exited, but its host still holds it';
    return { id, index, threads, state: 'shutting-down', reason };
  }
  const reason = now?.reason;
  return { id, index, threads, state: 'terminated', ...(reason === undefined ? {} : { reason }) };
}

async function ask(
  record: HostRecord,
  question: Question,
  signal?: AbortSignal,
): Promise<LocalInstanceRecord[]> {
  return withDeadline(timeout, signal, async (signal) => queryHost(record, question, signal));
}

async function tell(
  record: HostRecord | undefined,
  question: Question,
): Promise<LocalInstanceRecord[] | undefined> {
  return record && isAlive(record.host) ? ask(record, question).catch(() => undefined) : undefined;
}

function silent(run: string, pid: number, cause: unknown): CndError {
  return new CndError('local-host-silent', `the local host of run ${run} (process ${pid}) does not answer`, {
    about: run,
    hint: `if this continues, end the run with: cnd scram --run ${run}`,
    cause,
  });
}

/** What cannot be killed and is of no instance that is known, so that no instance can be told of instead. */
function unkillable(run: string, processes: readonly TaggedProcess[]): CndError {
  const pids = processes.map(({ pid }) => pid).join(', ');
  return new CndError('local-process-left', `processes of run ${run} cannot be killed: ${pids}`, {
    about: run,
  });
}
