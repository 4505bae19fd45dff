/** The middle of values, and how far they lie apart. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** The median; of none it is 0. Pure. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
}

/** Median, minimum and maximum: of a few repeats nothing else means much. Pure. */
export function spread(values: readonly number[]): Spread {
  return {
    median: median(values),
    least: values.reduce((least, value) => Math.min(least, value), values[0] ?? 0),
    most: values.reduce((most, value) => Math.max(most, value), values[0] ?? 0),
  };
}
