import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import type { Archive } from '../archive/archive.ts';
import { messageOf } from '../error.ts';
import type { Instance } from '../fleet/fleet.ts';
import type { Deadline } from './deadline.ts';
import type { Emit } from './event.ts';
import type { Link } from './link.ts';

/** Syslogs pulled at a time: enough to hide round trips, few enough for a laptop's uplink and the remote sshd. */
const parallel = 32;

/** What pulling the syslogs of a run needs. */
export interface LogPull {
  readonly run: string;
  readonly instances: readonly Instance[];
  readonly link: (instance: Instance) => Link;
  /** The command that writes an instance's syslog, gzip-compressed, to its stdout. */
  readonly command: (instance: Instance) => string;
  /** Where syslogs are kept before they are archived. */
  readonly folder: string;
  readonly archive: Archive;
  readonly emit: Emit;
  /** Ends the pull: instances are not kept alive for their logs. */
  readonly signal: AbortSignal;
  /** Makes a deadline so many seconds from now. */
  readonly toConnect: (seconds: number) => Deadline;
}

/** Seconds to wait for an instance that has not answered yet: one that never will must not hold up the others' end. */
const patience = 3;

/** The name of an instance's syslog in the archive. */
export function logName(index: number): string {
  return `Instance${index}.log.gz`;
}

/** Pulls and archives the syslog of every instance that can be reached in time. Never rejects. */
export async function pullLogs(options: LogPull): Promise<void> {
  const { run, instances, link, command, folder, archive, emit, signal } = options;
  const connecting = options.toConnect(patience);
  const connect = AbortSignal.any([signal, connecting.signal]);
  const limit = pLimit(parallel);
  const why = (error: unknown): string => {
    if (signal.aborted) return 'there was no time left';
    if (connect.aborted) return 'the instance does not answer';
    return messageOf(error);
  };
  const pull = async (instance: Instance): Promise<void> => {
    const { index } = instance;
    try {
      if (!instance.access) throw new Error(`the instance is ${instance.state}`);
      signal.throwIfAborted();
      const name = logName(index);
      const path = join(folder, name);
      const connection = await link(instance).connection(connect);
      await connection.save(command(instance), path, { signal, name: 'reading the syslog' });
      await archive.store(run, name, path, { signal });
      emit('logs.archived', { instance: index, name, bytes: (await stat(path)).size });
    } catch (error) {
      emit('logs.missing', { instance: index, reason: why(error) });
    }
  };
  await Promise.all(instances.map((instance) => limit(() => pull(instance))));
  connecting.cancel();
}
