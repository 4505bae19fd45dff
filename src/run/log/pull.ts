import { join } from 'node:path';
import pLimit from 'p-limit';
import { messageOf } from '../../error.ts';
import type { Instance } from '../../instance.ts';
import type { Session } from '../../session/session.ts';
import type { Deadline } from '../deadline.ts';
import { syslogName } from '../../event/file-name.ts';
import type { Emit } from '../../event/event.ts';
import type { Link } from '../../session/link.ts';

/** Syslogs pulled at a time: enough to hide round trips, few enough for a laptop's uplink and the remote sshd. */
const parallel = 32;

/** Bytes, compressed, that are kept of one syslog, and about of all of a run together. */
const most = { one: 16 << 20, all: 1 << 30 };

/** Bytes that are kept at least of each syslog, however many there are. */
const least = 1 << 20;

/**
 * How many bytes are kept of each compressed syslog of a run of so many instances: what an instance writes must not fill the
 * disk here, nor the archive. Pure.
 */
export function syslogLimit(instances: number): number {
  return Math.min(most.one, Math.max(least, Math.floor(most.all / Math.max(1, instances))));
}

/** What pulling the syslogs of a run needs. */
export interface LogPull {
  readonly instances: readonly Instance[];
  readonly link: (instance: Instance) => Link;
  /** The command that writes an instance's syslog, gzip-compressed, to its stdout. */
  readonly command: (instance: Instance) => string;
  /** Where they are kept, or wait to be uploaded: that is for when no instance costs money any more. */
  readonly folder: string;
  /** Bytes that are kept of each. */
  readonly maxBytes: number;
  readonly emit: Emit;
  /** Told of each instance from which nothing is wanted any more: its syslog is in, or cannot be had. */
  readonly onDone?: (instance: Instance) => void;
  /** Ends the pull: instances are not kept alive for their logs. */
  readonly signal: AbortSignal;
  /** Makes a deadline so many seconds from now. */
  readonly toConnect: (seconds: number) => Deadline;
}

/**
 * Seconds to wait for an instance that does not answer, if there is so much time left: for one that did, as it may only be cut off
 * for a moment, and for one that never did, which still boots and has nothing to tell. The others cost money meanwhile.
 */
const timeouts = { cutOff: 10, booting: 3 };

/** Pulls the syslog of every instance that can be reached in time. Never rejects. */
export async function pullLogs(options: LogPull): Promise<void> {
  const { instances, link, command, folder, maxBytes, emit, signal } = options;
  const deadlines = {
    cutOff: options.toConnect(timeouts.cutOff),
    booting: options.toConnect(timeouts.booting),
  };
  const limit = pLimit(parallel);
  const missing = new Map<number, string>();
  const reach = async (instance: Instance): Promise<Session> => {
    if (instance.address === undefined) throw new Error(`the instance is ${instance.state}`);
    signal.throwIfAborted();
    const own = link(instance);
    const deadline = own.wasOpen ? deadlines.cutOff : deadlines.booting;
    const connect = AbortSignal.any([signal, deadline.signal]);
    try {
      return await own.session(connect);
    } catch (error) {
      const since = own.wasOpen ? 'did not reconnect' : 'was never reached';
      throw connect.aborted ? new Error(`the instance ${since}`, { cause: error }) : error;
    }
  };
  const pull = async (instance: Instance): Promise<void> => {
    const { index } = instance;
    try {
      const name = syslogName(index);
      const path = join(folder, name);
      const session = await reach(instance);
      const bounds = { signal, name: 'reading the syslog', maxOutput: maxBytes };
      const { bytes, truncated } = await session.save(command(instance), path, bounds);
      emit('logs.pulled', { instance: index, name, bytes, ...(truncated && { truncated }) });
      if (truncated) emit('warning', { message: truncatedWords(index, name, maxBytes) });
    } catch (error) {
      missing.set(index, signal.aborted ? 'there was no time left' : messageOf(error));
    }
    options.onDone?.(instance);
  };
  await Promise.all(instances.map((instance) => limit(() => pull(instance))));
  // Together, and the same reasons one after the other: of many instances that failed alike one line is enough.
  const alike = [...missing].toSorted(([a, why], [b, other]) => why.localeCompare(other) || a - b);
  for (const [instance, reason] of alike) emit('logs.missing', { instance, reason });
  for (const deadline of Object.values(deadlines)) deadline.cancel();
}

function truncatedWords(index: number, name: string, maxBytes: number): string {
  const limit = `${(maxBytes / 2 ** 20).toFixed(1)} MiB`;
  return `#${index}: its syslog is larger than ${limit} compressed: ${name} has the first ${limit}, the rest is missing`;
}
