import { resolveConfig, validateTimeLimit } from '../../config/config.ts';
import { readConfigFile } from '../../config/file.ts';
import { CndError, UsageError } from '../../error.ts';
import {
  type Impossible,
  estimate,
  instancesFor,
  instancesForAll,
  instancesWithin,
  tooLate,
} from '../../plan/estimate.ts';
import type { Goal, MachineOption } from '../../plan/option.ts';
import type { Arguments } from '../command.ts';
import { puzzleFlags, typedFlags } from '../start/options.ts';
import { interruptible } from '../interruptible.ts';
import { confidenceOf, numberFlag, refused } from './flag.ts';
import { goalOf, machineOptions } from './machine.ts';
import { type Choice, type Plan, impossibleText, planJson, planText } from './report.ts';

/** Flags of a start that a plan says itself, or that say how it is shown. */
const ofPlan = new Set([
  ...puzzleFlags,
  ...'N instances T fleet from limit kernel type spot confidence yes json verbose'.split(' '),
]);

/**
 * `cnd plan`: how many instances a search needs for a probability of success by T, what they cost, and how likely the
 * search succeeds with so many, or for a budget. Launches nothing; asks AWS for prices where there are credentials. Exits with 1
 * where nothing that was asked for is possible.
 */
export function plan(flags: Arguments): Promise<number> {
  return interruptible((signal) => make(flags, signal));
}

async function make(flags: Arguments, signal: AbortSignal): Promise<number> {
  const confidence = confidenceOf(flags);
  const budget = 'budget' in flags ? numberFlag(flags, 'budget', 'US dollars, above 0', 0) : undefined;
  if (budget !== undefined && budget <= 0)
    throw refused('budget', budget, 'must be US dollars, above 0', '0.50');
  if (budget !== undefined && 'N' in flags)
    throw new UsageError('bad-flag', '--N and --budget: one follows from the other', {
      about: 'budget',
      hint: 'give one of them',
    });
  const path = typeof flags['config'] === 'string' ? flags['config'] : undefined;
  const file = await readConfigFile(path);
  const config = resolveConfig({ flags, env: process.env, file, fallback: { N: 1, T: 300 } });
  const hasN = 'N' in flags;
  const fleet = await config.fleetKind.open(config.fleetConfig, process.env);
  validateTimeLimit(config.timeLimit, fleet.timing);
  const goal = goalOf(config, fleet);
  const options = await machineOptions(config, fleet, {
    signal,
    env: process.env,
    allMarkets: !('spot' in flags),
    timeout: 10_000,
  });
  const choices = options.map((option): Choice => {
    if (option.missing !== undefined) return { option, impossible: { kind: 'missing', why: option.missing } };
    const instances =
      tooLate(goal, option) ?? (hasN ? config.instances : wanted(goal, option, { confidence, budget }));
    return typeof instances === 'number'
      ? { option, planned: estimate(goal, option, instances) }
      : { option, impossible: instances };
  });
  const { puzzle, space, kernel } = config;
  const made: Plan = {
    puzzle,
    space,
    fleet: config.fleet,
    goal,
    confidence,
    budget,
    hasN,
    choices,
    kernel,
    flags: typedFlags(flags, ofPlan),
  };
  process.stdout.write(flags['json'] === true ? planJson(made) : planText(made));
  requirePossible(made);
  return 0;
}

/** @throws CndError `plan-impossible`, after the plan was printed with the reason for each kind of machine */
function requirePossible(plan: Plan): void {
  if (plan.choices.some(({ planned }) => planned !== undefined)) return;
  const reasons = new Set(
    plan.choices.flatMap(({ impossible }) => (impossible ? impossibleText(impossible, plan) : [])),
  );
  const [only] = reasons;
  const why = reasons.size === 1 && only !== undefined ? only : 'each type has its reason in the plan above';
  throw new CndError('plan-impossible', `there is no plan for these settings: ${why}`);
}

/** How many instances of a kind: what the budget pays for, or what the confidence asks for. */
function wanted(
  goal: Goal,
  option: MachineOption,
  { confidence, budget }: { readonly confidence: number; readonly budget: number | undefined },
): number | Impossible | { readonly kind: 'budget' } | { readonly kind: 'price' } {
  if (budget === undefined) return instancesFor(goal, option, confidence);
  const affordable = instancesWithin(goal, option, budget);
  if (affordable === undefined) return { kind: 'price' };
  if (affordable < 1) return { kind: 'budget' };
  return Math.min(affordable, goal.allowed ?? Infinity, instancesForAll(goal, option));
}
