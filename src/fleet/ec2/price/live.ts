import { awsError } from '../../../aws/failure.ts';
import { unlessAborted, withDeadline } from '../../../wait.ts';
import { type Ec2Api, regionOf } from '../api.ts';
import { type MachineType, describeTypes } from '../launch/instance-type.ts';
import type { Price } from './price.ts';
import { onDemandPrice, spotPrice } from './price-lookup.ts';

const call = {
  what: 'no prices from AWS',
  about: 'ec2.region',
  permissions: 'ec2:DescribeInstanceTypes, ec2:DescribeSpotPriceHistory, pricing:GetProducts',
};

/** What AWS says of a type. */
export interface LiveType {
  readonly type: MachineType;
  /** From the Price List, now or within the last week; else the built-in table's. */
  readonly onDemand: Price | undefined;
  /** US dollars an hour of a Spot Instance now, in the zone where it is dearest. */
  readonly spot: number | undefined;
}

/** What AWS says of types in a region: one that the region does not have is absent. */
export interface Live {
  readonly region: string;
  readonly types: ReadonlyMap<string, LiveType>;
}

/**
 * Asks EC2 and the Price List about types, or says why they gave no answer. Rejects only if the signal aborts.
 * @param isChoice Only the first of them that the region has is asked about.
 * @param timeout Milliseconds for all questions together: the built-in table will do.
 */
export async function askAws(
  api: Ec2Api,
  names: readonly string[],
  env: NodeJS.ProcessEnv,
  {
    isChoice,
    signal,
    timeout,
  }: { readonly isChoice: boolean; readonly signal: AbortSignal; readonly timeout: number },
): Promise<Live | { readonly region?: string; readonly why: string }> {
  let region: string | undefined;
  try {
    // Loading the SDK is not waiting for an answer.
    const [ec2] = await Promise.all([api.ec2(), api.pricing().catch(() => undefined)]);
    return await withDeadline(timeout, signal, async (bounded) => {
      const where = (region = await unlessAborted(regionOf(api), bounded));
      const found = await unlessAborted(describeTypes(ec2, names, bounded), bounded);
      const types = found
        .slice(0, isChoice ? 1 : undefined)
        .map(async (type): Promise<[string, LiveType]> => {
          const [onDemand, spot] = await Promise.all([
            onDemandPrice(api, type, where, env, bounded),
            unlessAborted(spotPrice(ec2, type.name, [], bounded), bounded).catch(() => undefined),
          ]);
          return [type.name, { type, onDemand, spot }];
        });
      return { region: where, types: new Map(await Promise.all(types)) };
    });
  } catch (error) {
    signal.throwIfAborted();
    const why = awsError(error, call).message;
    return region === undefined ? { why } : { region, why };
  }
}
