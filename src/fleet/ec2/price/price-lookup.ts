import type { EC2 } from '@aws-sdk/client-ec2';
import type { Pricing } from '@aws-sdk/client-pricing';
import { z } from 'zod';
import { allItems } from '../../../aws/page.ts';
import { unlessAborted } from '../../../wait.ts';
import type { Ec2Api } from '../api.ts';
import { type Price, tablePrice } from './price.ts';
import { readCachedPrice, writeCachedPrice } from './price-cache.ts';
import { type MachineType, typeName } from '../launch/instance-type.ts';

/** What a type costs in US dollars per hour. */
export interface TypePrice {
  /** The bound: what an instance costs at most. */
  readonly most: number;
  /** Of spot instances: the dearest zone's price now. */
  readonly now?: number;
  readonly source: string;
}

/** A spot instance may become dearer by this factor before it is taken away; on demand is the bound in any case. */
const spotMargin = 1.2;

/** What a Spot Instance costs at most an hour, by its price now and that on demand; undefined where neither is known. Pure. */
export function spotBound(now: number | undefined, onDemand: number | undefined): number | undefined {
  return now === undefined ? onDemand : Math.min(now * spotMargin, onDemand ?? Infinity);
}

/** What is known of the prices of types when the signal aborts at the latest; one that is missing has none. Never rejects. */
export async function findPrices(
  api: Ec2Api,
  types: readonly MachineType[],
  market: {
    readonly region: string;
    readonly zones: readonly string[];
    readonly spot: boolean;
    readonly env: NodeJS.ProcessEnv;
  },
  signal: AbortSignal,
): Promise<Map<string, TypePrice>> {
  const found = await Promise.all(
    types.map(async (type): Promise<[string, TypePrice][]> => {
      const [price, now] = await Promise.all([
        onDemandPrice(api, type, market.region, market.env, signal),
        market.spot
          ? unlessAborted(spotPrice(await api.ec2(), type.name, market.zones, signal), signal).catch(
              () => undefined,
            )
          : undefined,
      ]);
      if (now !== undefined) {
        const most = spotBound(now, price?.hourly) ?? now;
        return [[type.name, { most, now, source: `spot price history, ${today()}` }]];
      }
      return price ? [[type.name, { most: price.hourly, source: price.source }]] : [];
    }),
  );
  return new Map(found.flat());
}

/** The on-demand price of a type in a region: from the cache, the Price List API, or the built-in table. */
export async function onDemandPrice(
  api: Ec2Api,
  { name, vcpus }: MachineType,
  region: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Price | undefined> {
  const cached = await readCachedPrice(region, name, env);
  if (cached) return cached;
  const fallback = tablePrice(name, vcpus, region);
  try {
    const pricing = await api.pricing();
    const hourly = await unlessAborted(fetchPriceList(pricing, name, region, signal), signal);
    if (hourly === undefined) return fallback;
    await writeCachedPrice(region, name, hourly, env);
    return { hourly, source: `AWS Price List, ${today()}` };
  } catch {
    // The caller may lack pricing:GetProducts, or the network does: the plan says which price it is.
    return fallback;
  }
}

/** Prices change: each is told with its date. */
function today(): string {
  return new Date().toISOString().slice(0, 10);
}

async function fetchPriceList(
  pricing: Pricing,
  type: string,
  region: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  const is = (Field: string, Value: string) => ({ Type: 'TERM_MATCH' as const, Field, Value });
  const { paginateGetProducts } = await import('@aws-sdk/client-pricing');
  const pages = paginateGetProducts(
    { client: pricing },
    {
      ServiceCode: 'AmazonEC2',
      Filters: [
        is('instanceType', type),
        is('regionCode', region),
        is('operatingSystem', 'Linux'),
        is('tenancy', 'Shared'),
        is('preInstalledSw', 'NA'),
        is('capacitystatus', 'Used'),
      ],
    },
    { abortSignal: signal },
  );
  const products = await allItems(pages, ({ PriceList }) => PriceList);
  const prices = products.flatMap((text: unknown) => parseProduct(String(text)) ?? []);
  return prices.length > 0 ? Math.max(...prices) : undefined;
}

/** What is needed of a product of the price list (AWS Billing, "Finding prices in the service price list file"). */
const product = z.object({
  terms: z.object({
    OnDemand: z.record(
      z.string(),
      z.object({
        priceDimensions: z.record(
          z.string(),
          z.object({ unit: z.string(), pricePerUnit: z.object({ USD: z.string() }) }),
        ),
      }),
    ),
  }),
});

/** US dollars per hour on demand in one product of the price list; undefined when it has none. Pure. */
export function parseProduct(text: string): number | undefined {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = product.safeParse(content).data;
  const hourly = Object.values(parsed?.terms.OnDemand ?? {})
    .flatMap(({ priceDimensions }) => Object.values(priceDimensions))
    .filter(({ unit }) => unit === 'Hrs')
    .map(({ pricePerUnit }) => Number(pricePerUnit.USD))
    .filter((price) => price > 0);
  return hourly.length > 0 ? Math.max(...hourly) : undefined;
}

/** The dearest zone's spot price of a type now; undefined when there is none. */
export async function spotPrice(
  ec2: EC2,
  type: string,
  zones: readonly string[],
  signal: AbortSignal,
): Promise<number | undefined> {
  const { paginateDescribeSpotPriceHistory } = await import('@aws-sdk/client-ec2');
  const pages = paginateDescribeSpotPriceHistory(
    { client: ec2 },
    {
      StartTime: new Date(),
      ProductDescriptions: ['Linux/UNIX'],
      InstanceTypes: [typeName(type)],
      ...(zones.length > 0 && { Filters: [{ Name: 'availability-zone', Values: [...zones] }] }),
    },
    { abortSignal: signal },
  );
  const history = await allItems(pages, ({ SpotPriceHistory }) => SpotPriceHistory);
  const prices = history.map(({ SpotPrice }) => Number(SpotPrice)).filter((price) => price > 0);
  return prices.length > 0 ? Math.max(...prices) : undefined;
}
