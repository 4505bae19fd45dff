import { withDeadline } from '../../../wait.ts';
import type { Check, PreflightRequest } from '../../preflight.ts';
import type { MachineType } from '../launch/instance-type.ts';
import { type TypePrice, findPrices } from '../price/price-lookup.ts';
import type { PreflightContext } from './context.ts';
import { checkQuota } from './quota.ts';

/** Milliseconds for all that only informs, together: T is not to be spent on it. */
const timeout = 3000;

/** What the checks of a launch found out that is good to know, and not needed. */
export interface Information {
  readonly quota: Check | undefined;
  readonly prices: ReadonlyMap<string, TypePrice>;
  /** What was not answered in time. */
  readonly missing: readonly Check[];
}

/** Asks for quotas and prices, within one short bound: they may never answer, as in a VPC without endpoints for them. */
export async function inform(
  context: PreflightContext,
  asked: {
    readonly types: readonly MachineType[];
    readonly market: Parameters<typeof findPrices>[2];
    readonly request: PreflightRequest;
  },
  signal: AbortSignal,
): Promise<Information> {
  const { types, market, request } = asked;
  const [first] = types;
  return withDeadline(timeout, signal, async (bounded) => {
    let isLate = false;
    const [quota, prices] = await Promise.all([
      first && checkQuota(context, first, request, market.region, bounded),
      findPrices(context.api, types, market, bounded).finally(() => (isLate = bounded.aborted)),
    ]);
    signal.throwIfAborted();
    return { quota, prices, missing: isLate ? [noPrices(types, prices)] : [] };
  });
}

function noPrices(types: readonly MachineType[], prices: ReadonlyMap<string, TypePrice>): Check {
  const sources = [...new Set([...prices.values()].map(({ source }) => source))];
  const used =
    prices.size < types.length ? 'no price is known for some types' : `used: ${sources.join('; ')}`;
  return {
    name: 'prices',
    outcome: 'warning',
    message: `AWS returned no prices within ${timeout / 1000} s; ${used}`,
    hint: 'the Price List API of us-east-1 must be reachable from here; --max-cost is checked against the price that is used',
  };
}
