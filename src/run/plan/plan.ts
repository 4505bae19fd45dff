import { availableParallelism } from 'node:os';
import type { RunConfig } from '../../config/config.ts';
import type { FleetTiming } from '../../fleet/fleet.ts';
import type { KernelChoice } from '../../kernel/choice.ts';
import { slowdown } from '../../kernel/compression.ts';
import type { Preflight } from '../../fleet/preflight.ts';
import { easier } from '../../puzzle/goal-text.ts';
import { isSingle, probability } from '../../puzzle/probability.ts';
import { type Odds, chanceWithin, odds } from '../../search/forecast.ts';
import { maximumLimit } from '../../search/space.ts';
import { type Emit, type EventFields, eventSchemaVersion } from '../../event/event.ts';
import { count, percent, rate as rateWords } from '../../quantity.ts';
import { alternatives } from '../../text.ts';
import { idleWarning } from './idle.ts';
import { searchFields, versions } from '../record/record.ts';
import { released } from '../released.ts';
import { type EarlierRun, earlierFields } from '../record/earlier.ts';

/** Below this chance within T the user is told before anything is launched. */
const slim = 0.05;

/** Below this chance of the whole nonce space the user is told as well: another space costs nothing, and no time helps. */
const even = 0.5;

/** The first event of a run: what is going to be done, in the user's words. Pure, but for the versions of what runs here. */
export function planned(config: RunConfig, logs: string, earlier?: EarlierRun): EventFields['run.planned'] {
  const { puzzle, space, instances, timeLimit, fleet, fleetConfig } = config;
  const size = space.limit - space.from;
  const p = probability(puzzle, size);
  return {
    schema: eventSchemaVersion,
    fleet,
    instances,
    timeLimit,
    ...released(config),
    ...searchFields(config),
    expectedNonces: wholeNumber(1 / p),
    spaceProbability: chanceWithin(p, size, isSingle(puzzle)),
    logs,
    ...earlierFields(earlier),
    versions: versions(),
    fleetConfig,
  };
}

/** Tells the plan: what is going to be done, for how much, and what a careful user would want to know of it first. */
export function emitPlan(emit: Emit, inputs: PlanInputs): void {
  const { config, timing, logs, kernel, preflight, earlier, chosen, warnings = [] } = inputs;
  emit('run.planned', {
    ...planned(config, logs, earlier),
    ...(chosen !== undefined && { chosen }),
  });
  if (preflight) {
    const { facts, cost, costBasis, price } = preflight;
    if (preflight.free !== true) {
      emit('run.preflight', {
        facts,
        ...(cost !== undefined && { cost }),
        ...(costBasis !== undefined && { costBasis }),
        ...(price && { price }),
      });
    }
    for (const { outcome, name, message, hint } of preflight.checks) {
      if (outcome === 'warning') emit('warning', { message: `${name}: ${message}`, ...(hint && { hint }) });
    }
  }
  for (const warning of [
    ...planWarnings(config, timing, kernel, preflight?.cores, earlier?.tested),
    ...warnings,
  ])
    emit('warning', warning);
}

/** What a plan is told from. */
export interface PlanInputs {
  readonly config: RunConfig;
  readonly timing: FleetTiming;
  readonly logs: string;
  readonly kernel: KernelChoice;
  readonly preflight?: Preflight | undefined;
  readonly earlier?: EarlierRun | undefined;
  /** Why N is what it is, where it was left to cnd. */
  readonly chosen?: string | undefined;
  readonly warnings?: readonly EventFields['warning'][] | undefined;
}

/**
 * What a careful user would want to be told before the launch; `cores` are those of the whole fleet, `tested` the nonces that
 * need no test any more. Pure.
 */
export function planWarnings(
  config: RunConfig,
  timing: FleetTiming,
  kernel: KernelChoice,
  cores: number = Math.max(1, Math.min(config.instances, availableParallelism())),
  tested = 0n,
): EventFields['warning'][] {
  const { timeLimit } = config;
  const warnings: EventFields['warning'][] = [];
  const searching = timeLimit - timing.reserve - timing.boot;
  if (searching <= 0) {
    const message = `T of ${timeLimit} s leaves no time to search: instances usually take ${timing.boot} s to boot`;
    warnings.push({
      message,
      hint: `give a longer --T, say ${Math.ceil(2 * timing.boot + timing.reserve + 10)}`,
    });
  }
  const idle = idleWarning(config);
  if (idle) warnings.push(idle);
  if (kernel.warning) warnings.push(kernel.warning);
  if (config.checkpoint > 0 && config.logs.bucket === undefined) {
    warnings.push({
      message: `checkpoint is ${config.checkpoint}: without logs.bucket checkpoints stay on this machine, and no other can resume the run`,
      hint: 'name a bucket as logs.bucket in cnd.config.json, or omit --checkpoint',
    });
  }
  const { puzzle, space } = config;
  // The rate of a kernel is that of a short text.
  const program = kernel.isMissing ? 'python' : config.kernel;
  const rate = (kernel.rate * cores) / slowdown(puzzle, space.limit - 1n, program);
  const size = space.limit - space.from - tested;
  const chances = (seconds: number): Odds =>
    odds(probability(puzzle, size), size, rate, seconds, isSingle(puzzle));
  const within = chances(Math.max(0, searching));
  const whole = chances(Infinity);
  if (within.chance < slim) warnings.push(oddsWarning(within, rate, config, tested));
  // Whoever goes on with a run knew of its space.
  else if (whole.chance < even && tested === 0n) warnings.push(oddsWarning(whole, rate, config));
  return warnings;
}

function oddsWarning(
  { chance, expectedNonces, nonces, end }: Odds,
  rate: number,
  { puzzle, space }: Pick<RunConfig, 'puzzle' | 'space'>,
  tested = 0n,
): EventFields['warning'] {
  const place = tested === 0n ? 'the whole nonce space' : 'what is left of the nonce space';
  const within = end === 'time' ? `within T, at about ${rateWords(rate)},` : `in ${place}`;
  const number = (value: number): string => count(wholeNumber(value));
  const one = chance >= slim ? percent(chance) : chance > 0 ? `about 1 in ${number(1 / chance)}` : 'nil';
  return {
    message: `the probability of a golden nonce ${within} is ${one}: one nonce in ${number(expectedNonces)} is golden, and ${number(nonces)} can be tested`,
    hint: raising([
      ...easier(puzzle),
      ...(end === 'time' ? ['a longer --T', 'more instances'] : []),
      ...(end === 'space' && space.limit < maximumLimit(puzzle.scheme) ? ['a higher --limit'] : []),
      ...(end === 'space' && space.from > 0n ? ['a lower --from'] : []),
    ]),
  };
}

/** What makes odds better, of what there is for the scheme; a whole header may have no golden nonce. Pure. */
function raising(remedies: readonly string[]): string {
  if (remedies.length === 0)
    return 'all its nonces will be tested: nothing but another --header can raise it';
  return `raise it with ${alternatives(remedies)}`;
}

/** A number that may be far beyond 2^53, in plain digits up to 15 of them, then as a power of ten. */
function wholeNumber(value: number): string {
  return value < 1e15 ? String(Math.round(value)) : value.toExponential(2);
}
