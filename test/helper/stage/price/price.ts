/** USD an hour on demand, Linux, us-east-1, mid-2026; other regions are a tenth dearer here. */
const prices: Record<string, number> = {
  't3.micro': 0.0104,
  't4g.small': 0.0168,
  'c7g.medium': 0.0361,
  'c7g.large': 0.0723,
  'c8g.medium': 0.0399,
  'c7a.medium': 0.05132,
  'c7a.large': 0.10264,
  'c7a.xlarge': 0.20528,
  'c8a.medium': 0.0539,
  'c6a.large': 0.0765,
  'c6i.large': 0.085,
  'c7i.large': 0.08925,
};

export const pricedTypes = Object.keys(prices);

export function onDemandPrice(type: string, region: string): number | undefined {
  const price = prices[type];
  if (price === undefined) return undefined;
  return region === 'us-east-1' ? price : Number((price * 1.1).toFixed(5));
}
