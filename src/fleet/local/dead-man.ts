/**
 * Seconds since it was called: the larger of the monotonic and the wall clock, because the monotonic one stands still
 * while a laptop sleeps. A wall clock that is set back is ignored.
 */
export function stopwatch(
  monotonic: () => number = () => performance.now(),
  wall: () => number = () => Date.now(),
): () => number {
  const [monotonicStart, wallStart] = [monotonic(), wall()];
  let most = 0;
  return () => {
    most = Math.max(most, (monotonic() - monotonicStart) / 1000, (wall() - wallStart) / 1000);
    return most;
  };
}

/**
 * Arms a dead-man's switch: `fire` is called once `seconds` are over. It looks every second, so that it is late by at
 * most one after a suspend, and no timer is longer than setTimeout can count.
 */
export function armDeadMan(seconds: number, fire: () => void, elapsed: () => number = stopwatch()): void {
  const look = (): void => {
    const left = seconds - elapsed();
    if (left <= 0) fire();
    else setTimeout(look, Math.min(left * 1000, 1000));
  };
  look();
}
