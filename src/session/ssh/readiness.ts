import { setTimeout as sleep } from 'node:timers/promises';

import { CndError } from '../../error.ts';

import type { Access } from './access.ts';
import { aborted } from '../bounded.ts';
import { onceAborted } from '../../wait.ts';
import { connect, type SshConnectOptions, processJumps } from './connect.ts';
import type { Connection } from './connection.ts';
import { ConnectionError } from './failure.ts';
import { target } from './access.ts';
import { type FailureCause } from './attempt.ts';

export interface ReadinessOptions extends Omit<SshConnectOptions, 'timeout' | 'onSlowLogin'> {
  /** Milliseconds until it is given up; without it only `signal` ends the wait. */
  readonly timeout?: number;
  /** Milliseconds for the steps of each try; see `SshConnectOptions.timeout`. */
  readonly connectTimeout?: number;
  /** Milliseconds for which a refused login is retried: cloud-init may create the user after sshd is up. */
  readonly loginRetry?: number;
  /** Called when the reason for waiting changes. `elapsed` is in milliseconds since the start of the wait. */
  readonly onWait?: (cause: FailureCause, words: string, elapsed: number) => void;
}

/** What passes by itself while a machine boots; everything else fails at once. */
const passing: ReadonlySet<FailureCause> = new Set([
  'refused',
  'unreachable',
  'silent',
  'closed-early',
  'timeout',
  'login',
]);

/** Grows whatever the causes are: a server that drops connections in turns with refusing them is to be left alone as well. */
const firstDelay = 50;
const longestDelay = 2_000;
/** OpenSSH 9.8 and later lock out an address with many failed logins (PerSourcePenalties). */
const loginDelay = 1_000;

/**
 * Connects to a machine that is still booting, retrying by cause until it lets us in.
 *
 * @throws ConnectionError for what does not pass; CndError `ssh-not-ready` at the timeout and `session-aborted` on the
 *   signal, both with the last failure as their cause, and in their message.
 */
export async function waitUntilReady(access: Access, options: ReadinessOptions = {}): Promise<Connection> {
  const { timeout, connectTimeout, loginRetry = 30_000, onWait, ...connecting } = options;
  const started = performance.now();
  const wait = stoppable(options.signal, timeout);
  let last: ConnectionError | undefined;
  let login: { error: ConnectionError; since: number } | undefined;
  let delay = firstDelay;
  const tell = (failure: ConnectionError): void => {
    if (failure.words !== last?.words) onWait?.(failure.failure, failure.words, performance.now() - started);
    last = failure;
  };
  // The connection to the jump host outlasts the attempts that fail behind it.
  const { jumps = processJumps } = options;
  const hold = access.jump && jumps.hold(access.jump);
  try {
    for (;;) {
      const failure = await attempt(access, {
        ...connecting,
        signal: wait.signal,
        onSlowLogin: tell,
        ...(connectTimeout === undefined ? {} : { timeout: connectTimeout }),
      });
      if (!(failure instanceof ConnectionError)) return failure;
      if (!passing.has(failure.failure)) throw failure;
      const elapsed = performance.now() - started;
      if (failure.failure === 'login') login = { error: failure, since: login?.since ?? elapsed };
      if (login !== undefined && elapsed - login.since >= loginRetry) throw login.error;
      tell(failure);
      const pause = Math.max(delay, failure.failure === 'login' ? Math.min(loginDelay, loginRetry) : 0);
      await sleep(pause * (0.75 + Math.random() / 2), undefined, { signal: wait.signal });
      delay = Math.min(delay * 1.6, longestDelay);
    }
  } catch (error) {
    if (!wait.signal.aborted) throw error;
    throw options.signal?.aborted ? stopped(access, options.signal, last) : tooLate(access, timeout, last);
  } finally {
    wait.end();
    hold?.release();
  }
}

async function attempt(access: Access, options: SshConnectOptions): Promise<Connection | ConnectionError> {
  try {
    return await connect(access, options);
  } catch (error) {
    if (error instanceof ConnectionError) return error;
    throw error;
  }
}

/** One signal for both ends of a wait. AbortSignal.any would do, but keeps its sources' memory for ever on Node 20. */
function stoppable(signal: AbortSignal | undefined, timeout: number | undefined) {
  const stop = new AbortController();
  const onAbort = () => stop.abort(signal?.reason);
  const timer = timeout === undefined ? undefined : setTimeout(() => stop.abort(), timeout);
  if (signal?.aborted) onAbort();
  const off = onceAborted(signal, onAbort);
  return {
    signal: stop.signal,
    end: () => {
      clearTimeout(timer);
      off();
    },
  };
}

function stopped(access: Access, signal: AbortSignal, last: ConnectionError | undefined): CndError {
  if (last === undefined) return aborted(`connecting to ${target(access)}`, signal);
  return new CndError('session-aborted', `stopped waiting for ${target(access)}: ${last.words}`, {
    about: target(access),
    cause: last,
  });
}

function tooLate(access: Access, timeout: number | undefined, last: ConnectionError | undefined): CndError {
  const seconds = Math.round((timeout ?? 0) / 100) / 10;
  const state = last?.words ?? 'the first attempt did not complete';
  return new CndError('ssh-not-ready', `${target(access)} was not ready within ${seconds} s: ${state}`, {
    about: target(access),
    ...(last?.hint === undefined ? {} : { hint: last.hint }),
    cause: last,
  });
}
