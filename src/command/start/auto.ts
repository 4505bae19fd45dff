import { type RunConfig, resolveConfig } from '../../config/config.ts';
import { readConfigFile } from '../../config/file.ts';
import { UsageError } from '../../error.ts';
import { estimate, instancesFor, instancesWithin } from '../../plan/estimate.ts';
import type { Goal, MachineOption } from '../../plan/option.ts';
import { easier } from '../../puzzle/goal-text.ts';
import { dollars, duration, percent, plural } from '../../quantity.ts';
import { alternatives } from '../../text.ts';
import type { Arguments } from '../command.ts';
import { confidenceOf } from '../plan/flag.ts';
import { goalOf, machineOptions } from '../plan/machine.ts';
import { basisText, impossibleText } from '../plan/report.ts';

/** What `--N auto` leaves to cnd. */
const auto = 'auto';

/** The flags of a start with an N that is a number, and with `--N auto` why it is this one. */
export interface ChosenN {
  readonly flags: Arguments;
  readonly chosen?: string;
}

/**
 * Chooses N where `--N auto` asks for it: the fewest instances that find a golden nonce by T with the probability of
 * `--confidence`, as `cnd plan` has it. @throws UsageError when no number of them does, with the remedy.
 */
export async function chooseInstances(flags: Arguments, env: NodeJS.ProcessEnv): Promise<ChosenN> {
  if (flags['N'] !== auto) {
    if (flags['confidence'] === undefined) return { flags };
    throw new UsageError('bad-flag', '--confidence is for --N auto: with an N nothing is left to choose', {
      about: 'confidence',
      hint: 'how likely N instances succeed says: cnd plan --N 8',
    });
  }
  const confidence = confidenceOf(flags);
  const path = typeof flags['config'] === 'string' ? flags['config'] : undefined;
  // Any N and least N will do for what is not about them.
  const supposed = { ...flags, N: '1', 'min-N': '1' };
  const config = resolveConfig({ flags: supposed, env, file: await readConfigFile(path) });
  const fleet = await config.fleetKind.open(config.fleetConfig, env);
  const goal = goalOf(config, fleet);
  const options = await machineOptions(config, fleet, {
    signal: new AbortController().signal,
    env,
    allMarkets: false,
    // Of T.
    timeout: 3000,
  });
  // A type that the region does not have is not launched; if there is none at all, that is said.
  const existing = options.filter(({ missing }) => missing === undefined);
  const choices = (existing.length > 0 ? existing : options).map((option) => ({
    option,
    instances: needed(goal, option, confidence, config),
  }));
  // Of several types it is not known which there will be: enough of the slowest is enough of any.
  const [slowest] = choices.toSorted((a, b) => b.instances - a.instances);
  if (!slowest) throw new TypeError(`the fleet ${config.fleet} has no kind of machine`);
  requireAffordable(goal, slowest.option, slowest.instances, config);
  return {
    flags: { ...flags, N: String(slowest.instances) },
    chosen: reason(goal, slowest.option, slowest.instances, confidence),
  };
}

/** @throws UsageError */
function needed(goal: Goal, option: MachineOption, confidence: number, { puzzle, space }: RunConfig): number {
  const instances =
    option.missing === undefined
      ? instancesFor(goal, option, confidence)
      : ({ kind: 'missing', why: option.missing } as const);
  if (typeof instances === 'number') return instances;
  const why = impossibleText(instances, { goal, confidence, budget: undefined, puzzle, space });
  throw new UsageError('no-such-n', `--N auto: ${option.name}: ${why}`, {
    about: 'N',
    hint: 'compare what is possible with: cnd plan',
  });
}

/** @throws UsageError */
function requireAffordable(
  goal: Goal,
  option: MachineOption,
  instances: number,
  { maxCost, puzzle }: RunConfig,
): void {
  const cost = estimate(goal, option, instances).costBound;
  // Where no price is known the launch itself refuses --max-cost.
  if (maxCost === undefined || cost === undefined || cost <= maxCost) return;
  const affordable = instancesWithin(goal, option, maxCost) ?? 0;
  const rather =
    affordable < 1
      ? 'it pays for none'
      : `it pays for ${affordable}, which succeed with ${percent(estimate(goal, option, affordable).chance)}`;
  throw new UsageError(
    'over-budget',
    `--N auto: ${instances} x ${option.name} may cost $${dollars(cost)}, more than the $${dollars(maxCost)} of --max-cost: ${rather}`,
    {
      about: 'max-cost',
      hint: `give ${alternatives(['more --max-cost', ...easier(puzzle), 'less --confidence'])}`,
    },
  );
}

function reason(goal: Goal, option: MachineOption, instances: number, confidence: number): string {
  const { chance } = estimate(goal, option, instances);
  const what = `${plural(instances, 'instance')} of ${option.name} succeed within ${duration(goal.timeLimit)} with ${percent(chance)}`;
  const fewer =
    instances === 1 ? '' : `, ${instances - 1} with ${percent(estimate(goal, option, instances - 1).chance)}`;
  return `${what}${fewer}; wanted: ${percent(confidence)} (${basisText(option)})`;
}
