import type { InstancePrice } from '../../../cost.ts';
import { dollars } from '../../../quantity.ts';
import type { MachineKind, MachineRequest } from '../../kind.ts';
import type { Ec2Settings } from '../schema.ts';
import { defaultTypes, tableDefaultType } from './default-type.ts';
import { instanceData } from './instance-data.ts';
import { typeFacts } from './instance-table.ts';
import type { Live } from './live.ts';
import { type Price, instancePrice, tablePrice } from './price.ts';
import { spotBound } from './price-lookup.ts';
import { readCachedPrice } from './price-cache.ts';
import { tableRate } from './rate.ts';

/** What the built-in table is of: where no region is known. */
const tableRegion = instanceData.prices.region;

/** What is known of a type, by whomever it was asked. */
export interface KnownType {
  readonly vcpus?: number;
  readonly onDemand?: Price | undefined;
  /** US dollars an hour of a Spot Instance now. */
  readonly spot?: number | undefined;
  /** Why there is none. */
  readonly missing?: string;
}

/**
 * The types of the settings with their rates by the built-in table and their prices: AWS is asked where there are credentials, else
 * prices are those of the last week or of the table, which is said.
 */
export async function ec2Machines(
  settings: Ec2Settings,
  request: MachineRequest,
): Promise<readonly MachineKind[]> {
  const [{ sdkApi }, { askAws }] = await Promise.all([import('../api.ts'), import('./live.ts')]);
  const { types: configured, region, profile } = settings;
  const { env, signal, timeout } = request;
  const api = sdkApi({ region, profile }, env);
  const isChoice = configured === undefined;
  const live = await askAws(api, configured ?? defaultTypes(), env, { isChoice, signal, timeout });
  const where = live.region ?? region;
  const types = configured ?? [chosenType(live, where)];
  const notes = isChoice
    ? [`${types[0]} is the default in ${where ?? tableRegion}, by hashes per dollar`]
    : [];
  const kinds = types.map(async (type) => {
    if ('types' in live) return machineKinds(type, liveType(live, type), settings, request, notes);
    const known = await tableType(type, where, env);
    return machineKinds(type, known, settings, request, [...notes, live.why]);
  });
  return (await Promise.all(kinds)).flat();
}

/** The type to plan with where none is configured. Pure. */
function chosenType(live: Live | { readonly why: string }, region = tableRegion): string {
  const [offered] = 'types' in live ? live.types.keys() : [];
  return offered ?? tableDefaultType(region) ?? tableDefaultType(tableRegion) ?? '';
}

/** What AWS says of a type. Pure. */
function liveType({ region, types }: Live, name: string): KnownType {
  const found = types.get(name);
  if (!found) return { missing: `there is no instance type ${name} in ${region}` };
  return { vcpus: found.type.vcpus, onDemand: found.onDemand, spot: found.spot };
}

/** What is known without asking: a price that was looked up within the last week, or that of the table. */
async function tableType(
  name: string,
  region: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<KnownType> {
  const facts = typeFacts(instanceData, name);
  if (!facts) return {};
  if ('sizes' in facts)
    return {
      missing: `there is no ${name}: the sizes of this family are ${facts.sizes.replaceAll(' ', ', ')}`,
    };
  const { vcpus } = facts;
  const where = region ?? tableRegion;
  return {
    vcpus,
    onDemand: (await readCachedPrice(where, name, env)) ?? tablePrice(name, vcpus, where),
  };
}

/**
 * A type as it can be had: on demand, and spot where that was asked for or its price is known. Pure.
 * @param notes What one should know of it.
 */
export function machineKinds(
  type: string,
  { vcpus, onDemand, spot, missing }: KnownType,
  { spot: isSpot, connect }: Pick<Ec2Settings, 'spot' | 'connect'>,
  { scheme, kernel, allMarkets }: Pick<MachineRequest, 'scheme' | 'kernel' | 'allMarkets'>,
  notes: readonly string[] = [],
): MachineKind[] {
  const facts = typeFacts(instanceData, type);
  const rate = facts && 'family' in facts ? tableRate(instanceData, facts, scheme, kernel) : undefined;
  const withAddress = (hourly: number): InstancePrice => instancePrice(hourly, connect === 'public');
  const address = connect === 'public' ? ', with a public address' : '';
  const common = {
    name: type,
    cores: vcpus ?? 1,
    ...(rate && { rate: rate.rate, rateBasis: rate.basis }),
    ...(missing !== undefined && { missing }),
    ...(notes.length > 0 && { note: notes.join('\n') }),
  };
  const kinds: MachineKind[] = [];
  if (!isSpot || allMarkets) {
    kinds.push({
      ...common,
      market: 'on demand',
      price: onDemand && withAddress(onDemand.hourly),
      priceBasis: onDemand ? `${onDemand.source}${address}` : 'the type is not in the built-in table',
    });
  }
  if (missing === undefined && (isSpot || (allMarkets && spot !== undefined))) {
    const bound = spotBound(spot, onDemand?.hourly);
    const now =
      spot === undefined
        ? 'spot price not known: at most that on demand'
        : `spot, $${dollars(spot)} an hour now, counted with a margin`;
    kinds.push({
      ...common,
      market: 'spot',
      price: bound === undefined ? undefined : withAddress(bound),
      priceBasis: `${now}${spot === undefined && onDemand ? `, ${onDemand.source}` : ''}${address}; interruptions are not counted`,
    });
  }
  return kinds;
}
