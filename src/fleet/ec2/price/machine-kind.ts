import type { MachineKind } from '../../kind.ts';
import { instancePrice, tablePrice } from './price.ts';

/** A vCPU count by the size in a type's name: `large` has 2 in every family that the price table knows. */
const sizes: Readonly<Record<string, number>> = { medium: 1, large: 2, xlarge: 4 };

/** What a type's name alone tells of it, with the built-in price: nobody is asked. Pure. */
export function machineKind(type: string, spot: boolean, region: string | undefined): MachineKind {
  const cores = vcpusOf(type);
  const price = tablePrice(type, cores, region ?? 'us-east-1');
  return {
    name: type,
    cores,
    // On demand is the bound of a spot price as well.
    market: spot ? 'spot' : 'on demand',
    price: price && instancePrice(price.hourly, true),
    ...(price && { priceBasis: `${price.source}, with a public address` }),
  };
}

function vcpusOf(type: string): number {
  const size = type.split('.')[1] ?? '';
  const [, multiple] = /^(\d+)xlarge$/.exec(size) ?? [];
  return multiple === undefined ? (sizes[size] ?? 2) : 4 * Number(multiple);
}
