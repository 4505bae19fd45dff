/** A count with thousands separated by commas: `4,294,967,296`. Takes decimal strings beyond 2^53 as they are. */
export function count(value: string | number | bigint): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A hash rate in nonces per second with three significant digits: `1.25 MH/s`. */
export function rate(noncesPerSecond: number): string {
  const scaled = ['H/s', 'kH/s', 'MH/s', 'GH/s', 'TH/s'];
  let value = noncesPerSecond;
  let step = 0;
  while (value >= 999.5 && step < scaled.length - 1) {
    value /= 1000;
    step += 1;
  }
  // toPrecision goes over to exponents from 1000 on, which only the largest unit reaches.
  return `${value < 100 ? value.toPrecision(3) : Math.round(value)} ${scaled[step] ?? ''}`;
}

/** A duration given in seconds: `0.42 s`, `12.3 s`, `4 min 5 s`, `2 h 3 min`. */
export function duration(seconds: number): string {
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 119.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 7200) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 172_800) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  // A rare puzzle on a small fleet: years, not seconds, tell the user what was asked for.
  const days = seconds / 86_400;
  if (days < 730) return `${count(Math.round(days))} days`;
  return `${count(Number((days / 365.25).toPrecision(2)))} years`;
}

/** A probability as a percentage that never claims certainty or impossibility it does not have. */
export function percent(probability: number): string {
  if (probability <= 0) return '0 %';
  if (probability >= 1) return '100 %';
  if (probability < 0.0001) return '< 0.01 %';
  if (probability > 0.9999) return '> 99.99 %';
  return `${(probability * 100).toFixed(probability < 0.1 || probability > 0.99 ? 2 : 1)} %`;
}

/** Plural made simple: `1 instance`, `2 instances`. */
export function plural(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? '' : 's'}`;
}
