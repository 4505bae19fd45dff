/** How long something took with so many instances. */
export interface Timing {
  readonly instances: number;
  readonly seconds: number;
}

/** Amdahl's law, fitted to times: `serialSeconds + parallelSeconds / N`. */
export interface AmdahlFit {
  readonly serialSeconds: number;
  readonly parallelSeconds: number;
  /** The part of the time with one instance that no further instance shortens, 0 to 1. */
  readonly serialFraction: number;
  /** Root mean square of what the times differ from the law by, in seconds. */
  readonly error: number;
}

/**
 * Fits T(N) = T(1) · (s + (1 − s) / N) to times by ordinary least squares, linear in serial and parallel seconds, neither of
 * them negative. Undefined for times of fewer than two different N. Pure.
 *
 * Gene M. Amdahl, "Validity of the single processor approach to achieving large scale computing capabilities", AFIPS Spring
 * Joint Computer Conference, 1967, pages 483–485, https://doi.org/10.1145/1465482.1465560.
 */
export function fitAmdahl(timings: readonly Timing[]): AmdahlFit | undefined {
  if (new Set(timings.map(({ instances }) => instances)).size < 2) return undefined;
  const count = timings.length;
  const meanShare = timings.reduce((sum, { instances }) => sum + 1 / instances, 0) / count;
  const meanSeconds = timings.reduce((sum, { seconds }) => sum + seconds, 0) / count;
  if (!(meanSeconds > 0)) return undefined;
  let covariance = 0;
  let variance = 0;
  let squares = 0;
  let products = 0;
  for (const { instances, seconds } of timings) {
    const share = 1 / instances;
    covariance += (share - meanShare) * (seconds - meanSeconds);
    variance += (share - meanShare) ** 2;
    squares += share ** 2;
    products += share * seconds;
  }
  let parallelSeconds = covariance / variance;
  let serialSeconds = meanSeconds - parallelSeconds * meanShare;
  // The sum of squares is convex: where the best is not allowed, the best that is lies on the border.
  if (parallelSeconds < 0) [serialSeconds, parallelSeconds] = [meanSeconds, 0];
  else if (serialSeconds < 0) [serialSeconds, parallelSeconds] = [0, products / squares];
  const deviation = timings.reduce(
    (sum, { instances, seconds }) => sum + (seconds - serialSeconds - parallelSeconds / instances) ** 2,
    0,
  );
  return {
    serialSeconds,
    parallelSeconds,
    serialFraction: serialSeconds / (serialSeconds + parallelSeconds),
    error: Math.sqrt(deviation / count),
  };
}

/** Seconds with so many instances by a law. Pure. */
export function secondsAt({ serialSeconds, parallelSeconds }: AmdahlFit, instances: number): number {
  return serialSeconds + parallelSeconds / instances;
}
