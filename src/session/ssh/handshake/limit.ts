import pLimit from 'p-limit';

import { aborted } from '../../bounded.ts';
import { onceAborted } from '../../../wait.ts';

/** Runs a task once fewer than so many others are running; a signal that fires earlier takes it off the queue. */
export type HandshakeLimit = <T>(task: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/**
 * Hosts reset connections when too many handshakes start at once (basecamp/kamal#326), and a handshake is the only part
 * of a connection that costs the controller real CPU.
 */
export function handshakeLimit(most = 30): HandshakeLimit {
  const limit = pLimit(most);
  return (task, signal) =>
    new Promise((resolve, reject) => {
      const leave = () => reject(aborted('waiting for other handshakes', signal));
      if (signal?.aborted) return leave();
      const stay = onceAborted(signal, leave);
      void limit(async () => {
        stay();
        if (!signal?.aborted) await task().then(resolve, reject);
      });
    });
}

/** What this process's connections share when nothing else is said. */
export const processLimit: HandshakeLimit = handshakeLimit();
