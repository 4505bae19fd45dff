import { Stopwatch, systemClock } from '../../../clock.ts';

/**
 * Arms a dead-man's switch: `fire` is called once `seconds` are over. It looks every second, so that it is late by at
 * most one after a suspend, and no timer is longer than setTimeout can count.
 */
export function armDeadMan(
  seconds: number,
  fire: () => void,
  stopwatch: Pick<Stopwatch, 'elapsed'> = new Stopwatch(systemClock),
): void {
  const look = (): void => {
    const left = seconds - stopwatch.elapsed();
    if (left <= 0) fire();
    else setTimeout(look, Math.min(left * 1000, 1000));
  };
  look();
}
