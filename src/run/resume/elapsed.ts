import type { Start } from '../../clock.ts';
import type { BootTime } from '../../state/boot.ts';
import type { RunSnapshot } from './snapshot.ts';

/** What the clocks say now: milliseconds as `Clock` has them, and the clock that starts with the machine. */
export interface Now {
  readonly monotonic: number;
  readonly wall: number;
  readonly boot: BootTime;
}

/**
 * When a run began, by the clocks of a process that takes it up. What was elapsed stays so, and the time since then counts by
 * whichever clock says more: the wall clock, or within one boot the clock of the machine. A step back is ignored. Pure.
 */
export function resumedStart({ startedAt, time }: Pick<RunSnapshot, 'startedAt' | 'time'>, now: Now): Start {
  const isSameBoot = time.boot.boot !== undefined && time.boot.boot === now.boot.boot;
  const since = isSameBoot ? Math.max(0, now.boot.seconds - time.boot.seconds) : 0;
  const elapsed = Math.max(time.elapsed + since, (now.wall - startedAt) / 1000);
  return { monotonic: now.monotonic - elapsed * 1000, wall: startedAt };
}
