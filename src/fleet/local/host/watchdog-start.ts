import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { programPath } from '../../../package.ts';
import { identify } from '../../../state/process.ts';
import { withDeadline } from '../../../wait.ts';
import { watchdogEnvironment } from '../environment.ts';
import { LineReader } from '../line-reader.ts';
import type { WatchdogSpec } from '../spec.ts';

/** A watchdog that was started and waits to be armed. */
export interface StartedWatchdog {
  readonly process: ChildProcessByStdio<Writable, Readable, null>;
  readonly answers: LineReader;
}

/** Starts a run's watchdog from within its host. */
export function startWatchdog(run: string): StartedWatchdog {
  const watchdog = spawn(process.execPath, [programPath('local-watchdog'), run], {
    cwd: '/',
    env: watchdogEnvironment(process.env),
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  watchdog.on('error', () => undefined);
  watchdog.stdin.on('error', () => undefined);
  // Read from now on: Node.js throws away what nobody reads of a process that ends.
  return { process: watchdog, answers: new LineReader(watchdog.stdout) };
}

/** Resolves once a watchdog is armed. It holds the other end of its stdin as long as the host lives, however the host may die. */
export async function armWatchdog(
  { process: watchdog, answers }: StartedWatchdog,
  spec: Omit<WatchdogSpec, 'host'>,
): Promise<void> {
  const host = identify(process.pid);
  if (!host) throw new Error('cannot identify the host process');
  watchdog.stdin.write(`${JSON.stringify({ ...spec, host } satisfies WatchdogSpec)}\n`);
  const answer = await withDeadline(10_000, undefined, async (signal) => answers.next(signal));
  if (answer !== 'armed') throw new Error('the watchdog did not start, so no instance was');
  watchdog.stdout.destroy();
  watchdog.unref();
}
