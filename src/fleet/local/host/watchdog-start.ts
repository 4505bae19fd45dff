import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { programPath } from '../../../package.ts';
import { identify } from '../../../state/process.ts';
import { withDeadline } from '../../../wait.ts';
import { watchdogEnvironment } from '../environment.ts';
import { LineReader } from '../line-reader.ts';
import type { WatchdogSpec } from '../spec.ts';

/**
 * Starts a run's watchdog from within its host and resolves once it is armed. It holds the other end of its stdin as
 * long as the host lives, however the host may die.
 */
export async function startWatchdog(spec: Omit<WatchdogSpec, 'host'>): Promise<ChildProcess> {
  const host = identify(process.pid);
  if (!host) throw new Error('cannot identify the host process');
  const watchdog = spawn(process.execPath, [programPath('local-watchdog'), spec.run], {
    cwd: '/',
    env: watchdogEnvironment(process.env),
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  watchdog.on('error', () => undefined);
  watchdog.stdin.on('error', () => undefined);
  watchdog.stdin.write(`${JSON.stringify({ ...spec, host } satisfies WatchdogSpec)}\n`);
  const reader = new LineReader(watchdog.stdout);
  const answer = await withDeadline(10_000, undefined, async (signal) => reader.next(signal));
  if (answer !== 'armed') throw new Error('the watchdog did not start, so no instance was');
  watchdog.stdout.destroy();
  watchdog.unref();
  return watchdog;
}
