import { type Platform, nativeKernel } from '../../../kernel/native.ts';
import { type Architecture, platforms } from '../launch/image.ts';
import { instanceData } from './instance-data.ts';
import { typeFacts } from './instance-table.ts';
import { addressPrice, tablePrice } from './price.ts';
import { tableRate } from './rate.ts';
import { regionFamilies } from './region-family.ts';

// Which instance type is launched, and planned with, where none is configured: the best that the region offers.

/** The scheme that types are compared by: the order is the same for all of them. */
const scheme = 'hex-chain';

/** A family of the table by its smallest size: the finest step of N, of what is paid at least and of a quota. */
interface Candidate {
  readonly name: string;
  readonly architecture: Architecture;
  /** Nonces that it tests for a US dollar, its public address included. */
  readonly perDollar: number;
}

const hasNativeKernel = (platform: Platform): boolean => nativeKernel(platform) !== undefined;

/**
 * The types that are chosen from, the one with the most nonces for a dollar first. Those that have no native kernel here come last:
 * pow.py is far slower than any difference between types.
 */
export function defaultTypes(hasKernel: (platform: Platform) => boolean = hasNativeKernel): string[] {
  const rank = ({ architecture }: Candidate): number => (hasKernel(platforms[architecture]) ? 0 : 1);
  return candidates()
    .toSorted((a, b) => rank(a) - rank(b) || b.perDollar - a.perDollar)
    .map(({ name }) => name);
}

/**
 * The one that is chosen in a region as far as the built-in table knows: in a region that it does not have, one that all others
 * have.
 */
export function tableDefaultType(
  region: string,
  hasKernel: (platform: Platform) => boolean = hasNativeKernel,
): string | undefined {
  const own = Object.hasOwn(regionFamilies, region) ? regionFamilies[region] : undefined;
  const regions = own === undefined ? Object.values(regionFamilies) : [own];
  return defaultTypes(hasKernel).find((name) =>
    regions.every((families) => families.split(' ').includes(name.split('.')[0] ?? '')),
  );
}

function candidates(): Candidate[] {
  const { families, processors, prices } = instanceData;
  return Object.entries(families).flatMap(([family, { sizes, processor }]): Candidate[] => {
    const name = `${family}.${sizes.split(' ')[0]}`;
    const facts = typeFacts(instanceData, name);
    if (!facts || 'sizes' in facts) return [];
    const rate = tableRate(instanceData, facts, scheme, 'auto')?.rate ?? 0;
    const hourly = tablePrice(name, facts.vcpus, prices.region)?.hourly ?? Infinity;
    const architecture = processors[processor]?.isa.startsWith('armv8') === true ? 'arm64' : 'x86_64';
    return [{ name, architecture, perDollar: (rate * 3600) / (hourly + addressPrice) }];
  });
}
