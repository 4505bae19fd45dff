import { type ChildProcess, spawn } from 'node:child_process';
import { programPath } from '../../../package.ts';
import { withDeadline } from '../../../wait.ts';
import { watchdogEnvironment } from '../environment.ts';
import { LineReader } from '../line-reader.ts';
import { type HostPlace, placeArguments } from '../spec.ts';

/**
 * Starts a run's watchdog from within its host, and resolves once it is armed. The host holds the other end of its stdin as long as it
 * lives, however it may die.
 */
export async function startWatchdog(place: HostPlace): Promise<ChildProcess> {
  const watchdog = spawn(process.execPath, [programPath('local-watchdog'), ...placeArguments(place)], {
    cwd: '/',
    env: watchdogEnvironment(process.env),
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  watchdog.on('error', () => undefined);
  watchdog.stdin.on('error', () => undefined);
  const answers = new LineReader(watchdog.stdout);
  const answer = await withDeadline(10_000, undefined, async (signal) => answers.next(signal));
  if (answer !== 'armed') throw new Error('the watchdog did not start, so no instance was');
  watchdog.stdout.destroy();
  watchdog.unref();
  return watchdog;
}
