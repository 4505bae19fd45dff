import { type Estimate, type Impossible, curve, front } from '../../plan/estimate.ts';
import type { Goal, MachineOption } from '../../plan/option.ts';
import { easier } from '../../puzzle/goal-text.ts';
import { jobPuzzle } from '../../puzzle/job.ts';
import type { Puzzle } from '../../puzzle/puzzle.ts';
import { count, dollars, duration, percent, rate } from '../../quantity.ts';
import type { Space } from '../../search/search.ts';
import { maximumLimit } from '../../search/space.ts';
import { alternatives, quote } from '../../text.ts';
import { startCommand } from '../../view/start-command.ts';
import { table } from '../../view/table.ts';
import { picture } from './picture.ts';

/** What a plan says of one kind of machine. */
export type Choice = { readonly option: MachineOption } & (
  | { readonly planned: Estimate; readonly impossible?: undefined }
  | {
      readonly planned?: undefined;
      readonly impossible:
        | Impossible
        | { readonly kind: 'budget' }
        | { readonly kind: 'price' }
        | { readonly kind: 'missing'; readonly why: string };
    }
);

export interface Plan {
  readonly puzzle: Puzzle;
  readonly space: Pick<Space, 'from' | 'limit'>;
  readonly fleet: string;
  readonly goal: Goal;
  readonly confidence: number;
  readonly budget: number | undefined;
  /** N was given. */
  readonly hasN: boolean;
  readonly choices: readonly Choice[];
  readonly kernel: string;
  /** Flags of the plan that its start has as well, as they were typed: of the fleet, and the configuration file. */
  readonly flags: Readonly<Record<string, string | boolean>>;
}

/** For people. Pure. */
export function planText(plan: Plan): string {
  const { goal, choices } = plan;
  const planned = choices.flatMap((choice) => choice.planned ?? []);
  const head = [
    'TYPE',
    'MARKET',
    'N',
    'CHANCE',
    'EXPECTED',
    'COST AT MOST',
    'ON AVERAGE',
    'RATE EACH',
    'HASHES/$',
    'BOOT',
  ];
  const rows = planned.map((one) => [
    one.option.name,
    one.option.market,
    count(one.instances),
    percent(one.chance),
    duration(one.expectedSeconds),
    amountText(one.costBound),
    amountText(one.expectedCost),
    rate(one.option.rate),
    hashesText(one.hashesPerDollar),
    duration(one.option.boot),
  ]);
  const best = bestOf(planned, plan.budget);
  return [
    `one nonce in ${rarity(1 / goal.probability)} is golden, on average; the space has ${count(goal.size)}\n`,
    `${question(plan)}\n\n`,
    ...(rows.length > 0 ? [table([head, ...rows])] : []),
    ...choices.flatMap(({ option, impossible }) =>
      impossible ? [`${nameOf(option)}: ${impossibleText(impossible, plan)}\n`] : [],
    ),
    '\n',
    ...choices.flatMap(({ option }) =>
      option.missing === undefined ? [`${nameOf(option)}: ${basisText(option)}\n`] : [],
    ),
    ...[...new Set(choices.flatMap(({ option }) => option.note ?? []))].map((note) => `${note}\n`),
    ...frontText(planned),
    ...(best
      ? [
          `\nprobability against time, with ${count(best.instances)} x ${nameOf(best.option)}:\n`,
          picture(goal, best),
        ]
      : []),
    ...(best ? [`\nto start it: ${startLine(plan, best)}\n`] : []),
  ].join('');
}

/** For programs. Pure. */
export function planJson(plan: Plan): string {
  const { puzzle, fleet, goal, confidence, budget, choices } = plan;
  const planned = choices.flatMap((choice) => choice.planned ?? []);
  const best = bestOf(planned, plan.budget);
  const value = {
    fleet,
    puzzle: jobPuzzle(puzzle),
    probability: goal.probability,
    space: String(goal.size),
    timeLimit: goal.timeLimit,
    confidence,
    ...(budget !== undefined && { budget }),
    choices: choices.map(({ option: { price, ...option }, planned: one, impossible }) => ({
      ...option,
      ...(price && { hourly: price.hourly }),
      ...(one && estimateFields(one)),
      ...(impossible && { impossible }),
    })),
    front: front(planned).map(({ option: { name, market } }) => ({ name, market })),
    ...(best && {
      best: { name: best.option.name, market: best.option.market },
      curve: curve(goal, best, 20),
      start: startLine(plan, best),
    }),
  };
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function estimateFields({
  instances,
  nonces,
  chance,
  expectedSeconds,
  costBound,
  expectedCost,
  hashesPerDollar,
}: Estimate) {
  return {
    instances,
    nonces,
    chance,
    expectedSeconds,
    ...(costBound !== undefined && { costBound }),
    ...(expectedCost !== undefined && { expectedCost }),
    // What costs nothing has no such number.
    ...(hashesPerDollar !== undefined && Number.isFinite(hashesPerDollar) && { hashesPerDollar }),
  };
}

/** For a budget the likeliest, else the cheapest; of those that are alike the fastest. */
function bestOf(planned: readonly Estimate[], budget: number | undefined): Estimate | undefined {
  const byCost = (a: Estimate, b: Estimate): number =>
    // Two that have no price are alike.
    (a.costBound ?? Number.MAX_VALUE) - (b.costBound ?? Number.MAX_VALUE);
  const byChance = (a: Estimate, b: Estimate): number => b.chance - a.chance;
  const [first, second] = budget === undefined ? [byCost, byChance] : [byChance, byCost];
  return planned.toSorted((a, b) => first(a, b) || second(a, b) || a.expectedSeconds - b.expectedSeconds)[0];
}

function question({ goal, confidence, budget, hasN }: Plan): string {
  const within = `within T = ${duration(goal.timeLimit)}, ${duration(goal.reserve)} of it for teardown`;
  if (hasN) return `how likely is a golden nonce ${within}?`;
  if (budget !== undefined) return `how likely is a golden nonce for at most $${dollars(budget)} ${within}?`;
  return `how many instances find a golden nonce with a probability of ${percent(confidence)} ${within}?`;
}

/** Why no number of instances will do, and the remedy. Pure. */
export function impossibleText(
  impossible: NonNullable<Choice['impossible']>,
  {
    goal,
    confidence,
    budget,
    puzzle,
    space,
  }: Pick<Plan, 'goal' | 'confidence' | 'budget' | 'puzzle' | 'space'>,
): string {
  switch (impossible.kind) {
    case 'space':
      return `no number of instances reaches ${percent(confidence)}: the whole space holds a golden nonce with ${percent(impossible.chance)}${remedy([...wider(puzzle, space), ...easier(puzzle)])}`;
    case 'time':
      return `T = ${duration(goal.timeLimit)} is over before an instance searches; give at least --T ${Math.ceil(impossible.least) + 1}`;
    case 'machines':
      return `${impossible.isAllowance ? `the ${count(impossible.most)} that maxN allows` : `all ${count(impossible.most)}`} together reach ${percent(impossible.chance)}${remedy(['a longer --T', ...easier(puzzle), ...(impossible.isAllowance ? ['a larger maxN'] : [])])}`;
    case 'budget':
      return `$${dollars(budget ?? 0)} do not pay for one until T and its grace; give a shorter --T, or more`;
    case 'price':
      return 'its price is not known, so nothing can be said for a budget';
    case 'missing':
      return impossible.why;
  }
}

/** What makes a space larger, as a remedy: all nonces of a header are one. */
function wider({ scheme }: Puzzle, { from, limit }: Plan['space']): string[] {
  if (limit < maximumLimit(scheme)) return ['a larger --limit'];
  if (from > 0n) return ['a smaller --from'];
  return scheme === 'bitcoin' ? ['another --header'] : [];
}

function remedy(remedies: readonly string[]): string {
  return remedies.length === 0 ? '' : `; give ${alternatives(remedies)}`;
}

/** A number of nonces, beyond what anybody reads as a power of ten. */
function rarity(nonces: number): string {
  return nonces < 1e15 ? count(Math.round(nonces)) : nonces.toExponential(2);
}

/** The choices worth making: each of the others is neither cheaper nor faster than one of them. */
function frontText(planned: readonly Estimate[]): string[] {
  const best = front(planned);
  if (planned.length < 2 || best.length === 0) return [];
  const names = best.map(({ option, costBound = 0 }) => `${nameOf(option)} ($${dollars(costBound)})`);
  return [`\nnothing else is both cheaper and faster than: ${names.join(', ')}\n`];
}

function nameOf({ name, market }: MachineOption): string {
  return market === 'spot' ? `${name} spot` : name;
}

function hashesText(hashes: number | undefined): string {
  return hashes === undefined ? 'unknown' : Number.isFinite(hashes) ? hashes.toExponential(2) : '-';
}

/** Where the figures of a kind of machine are from. Pure. */
export function basisText({ rateBasis, bootBasis, priceBasis, price }: MachineOption): string {
  const hourly = price?.hourly;
  const cost =
    hourly === 0 ? 'free' : hourly === undefined ? 'price not known' : `$${dollars(hourly)} an hour`;
  return `rate: ${rateBasis}; boot: ${bootBasis}; ${cost}${priceBasis === undefined ? '' : ` (${priceBasis})`}`;
}

function amountText(amount: number | undefined): string {
  return amount === undefined ? 'unknown' : amount === 0 ? '-' : `$${dollars(amount)}`;
}

function startLine(
  { puzzle, fleet, goal, space, kernel, flags }: Plan,
  { option, instances }: Estimate,
): string {
  return startCommand({
    fleet,
    fleetFlags: [
      ...(option.market === 'own' ? [] : [`--type ${option.name}`]),
      ...(option.market === 'spot' ? ['--spot'] : []),
      ...Object.entries(flags).map(([name, value]) =>
        typeof value === 'string' ? `--${name} ${quote(value)}` : `--${name}`,
      ),
    ],
    instances,
    timeLimit: goal.timeLimit,
    puzzle: { ...puzzle },
    ...space,
    kernel,
  });
}
