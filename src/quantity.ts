/** A count with thousands separated by commas: `4,294,967,296`. Takes decimal strings beyond 2^53 as they are. */
export function count(value: string | number | bigint): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/**
 * A rate in nonces per second, always in MH/s so that rates compare at a glance: `0.437 MH/s`, `46.7 MH/s`,
 * `1,234 MH/s`. Three significant digits, as far as there are any above a nonce per second.
 */
export function rate(noncesPerSecond: number): string {
  const value = noncesPerSecond / 1e6;
  if (value <= 0) return '0 MH/s';
  if (value < 0.000_001) return '< 0.000001 MH/s';
  if (value >= 99.95) return `${count(Math.round(value))} MH/s`;
  return `${value < 0.001 ? value.toFixed(6) : value.toPrecision(3)} MH/s`;
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
export function plural(number: number | bigint, noun: string): string {
  return `${count(number)} ${noun}${number === 1 || number === 1n ? '' : 's'}`;
}

/** An amount in US dollars, rounded up to what is still worth telling: `1.24`, `0.0042`. */
export function dollars(amount: number): string {
  const digits = amount >= 1 ? 2 : amount >= 0.01 ? 3 : 4;
  const scale = 10 ** digits;
  // Not 0.1 + 0.2 up to 0.31: what is only off by a rounding error stays.
  return (Math.ceil(Number((amount * scale).toPrecision(12))) / scale).toFixed(digits);
}
