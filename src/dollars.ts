/** An amount in US dollars, rounded up to what is still worth telling: `1.24`, `0.0042`. */
export function dollars(amount: number): string {
  const digits = amount >= 1 ? 2 : amount >= 0.01 ? 3 : 4;
  const scale = 10 ** digits;
  // Not 0.1 + 0.2 up to 0.31: what is only off by a rounding error stays.
  return (Math.ceil(Number((amount * scale).toPrecision(12))) / scale).toFixed(digits);
}
