import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The living processes tagged with a run, one line each, as `ps` sees them: a second opinion, independent of the code
 * that is tested.
 */
export function orphans(run: string): string[] {
  return tagged(`CND_RUN=${run}`);
}

/** The living processes that have this in their environment, of any user that may be looked at, one line each, which begins with the pid. */
export function tagged(setting: string): string[] {
  const output = execFileSync('ps', ['axeww', '-o', 'pid=,stat=,args='], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  return output
    .split('\n')
    .filter((line) => ` ${line} `.includes(` ${setting} `))
    .map((line) => line.trim().slice(0, 160));
}

/**
 * Asks again and again until the answer is neither undefined nor false, and gives it back. Within a time that says that
 * something hangs, not that the machine is slow; give another one where time itself is tested.
 */
export async function eventually<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  seconds = 60,
): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await sleep(20);
  }
}

/** Waits until nothing tagged with the run is alive. */
export async function untilGone(run: string, seconds = 60): Promise<void> {
  let left: string[] = [];
  const gone = (): boolean => (left = orphans(run)).length === 0;
  await eventually('every process gone', gone, seconds).catch((error: unknown) => {
    throw new Error(`still alive: ${left.join(' | ')}`, { cause: error });
  });
}

/** Whether this machine shares the processor out by session (sched(7), autogroups). */
export function hasAutogroups(): boolean {
  const path = '/proc/sys/kernel/sched_autogroup_enabled';
  return existsSync(path) && readFileSync(path, 'utf8').startsWith('1');
}
