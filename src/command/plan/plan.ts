import { text as readText } from 'node:stream/consumers';
import type { Archive } from '../../archive/archive.ts';
import { makeArchive } from '../../archive/registry.ts';
import { type RunConfig, resolveConfig } from '../../config/config.ts';
import { readConfigFile } from '../../config/file.ts';
import { free } from '../../cost.ts';
import { UsageError, messageOf } from '../../error.ts';
import { recordName } from '../../event/file-name.ts';
import { type RunRecord, parseRecord } from '../../event/record.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import type { MachineKind } from '../../fleet/kind.ts';
import { chooseKernel } from '../../kernel/choice.ts';
import {
  type Impossible,
  estimate,
  instancesFor,
  instancesForAll,
  instancesWithin,
} from '../../plan/estimate.ts';
import type { Goal, MachineOption } from '../../plan/option.ts';
import { probability } from '../../puzzle/probability.ts';
import { plural, rate as rateText } from '../../quantity.ts';
import { visible } from '../../text.ts';
import type { Arguments } from '../command.ts';
import { interruptible } from '../interruptible.ts';
import { type Past, pastOf } from './past.ts';
import { type Choice, type Plan, planJson, planText } from './report.ts';

/** Past runs that are looked at, the newest first. */
const pastRuns = 50;

/**
 * `cnd plan`: how many instances a search needs for a probability of success by T, what they cost, and how likely the
 * search succeeds with so many, or for a budget. Launches and asks nothing of AWS.
 */
export function plan(flags: Arguments): Promise<number> {
  return interruptible((signal) => make(flags, signal));
}

async function make(flags: Arguments, signal: AbortSignal): Promise<number> {
  const confidence = numberFlag(flags, 'confidence', 'above 0 and below 1: no search is certain', 0.95);
  if (confidence <= 0 || confidence >= 1)
    throw refused('confidence', confidence, 'must be above 0 and below 1: no search is certain', '0.95');
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
  const goal: Goal = {
    probability: probability(config.puzzle),
    size: config.space.limit - config.space.from,
    timeLimit: config.timeLimit,
    reserve: fleet.timing.reserve,
    grace: fleet.timing.grace,
  };
  const options = await optionsOf(config, fleet, signal);
  const choices = options.map((option): Choice => {
    const instances = hasN ? config.instances : wanted(goal, option, { confidence, budget });
    return typeof instances === 'number'
      ? { option, planned: estimate(goal, option, instances) }
      : { option, impossible: instances };
  });
  const { puzzle, space } = config;
  const made: Plan = { puzzle, space, fleet: config.fleet, goal, confidence, budget, hasN, choices };
  process.stdout.write(flags['json'] === true ? planJson(made) : planText(made));
  return 0;
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
  return Math.min(affordable, instancesForAll(goal, option));
}

/** The kinds of machines of the chosen fleet, with what is known of their speed. */
async function optionsOf(config: RunConfig, fleet: Fleet, signal: AbortSignal): Promise<MachineOption[]> {
  const { fleetKind, fleetConfig, kernel, puzzle } = config;
  const machines: readonly MachineKind[] = fleetKind.machines?.(fleetConfig) ?? [
    { name: fleetKind.name, cores: 1, market: 'own', price: free },
  ];
  // What shares this machine's cores is slower the more there are: measured is better.
  const records = fleet.isThisMachine ? [] : await pastRecords(config);
  const past = pastOf(records, puzzle.scheme, kernel);
  const known = await chooseKernel(config, fleet, undefined, signal);
  const basis = fleet.isThisMachine ? 'measured on this machine' : 'assumed, a core';
  return machines.map((machine): MachineOption => {
    const { name, cores, market, price, priceBasis, most } = machine;
    const seen = past.get(name);
    return {
      name,
      market,
      price,
      ...(priceBasis !== undefined && { priceBasis }),
      ...(most !== undefined && { most }),
      rate: seen?.rate ?? known.rate * cores,
      rateBasis: seen ? pastBasis(seen) : `${rateText(known.rate)} ${basis}`,
      boot: seen?.boot ?? fleet.timing.boot,
      bootBasis: seen ? pastBasis(seen) : 'as usual',
    };
  });
}

function pastBasis({ instances, last }: Past): string {
  return `median of ${plural(instances, 'instance')} of past runs, the last of ${last.slice(0, 10)}`;
}

/** The records of the newest runs of the archive; an archive that cannot be read has none, which is said. */
async function pastRecords({ logs, aws }: RunConfig): Promise<RunRecord[]> {
  const archive = await makeArchive(logs, aws, process.env);
  const records: RunRecord[] = [];
  try {
    let looked = 0;
    for await (const run of archive.runs()) {
      if (++looked > pastRuns) break;
      const record = await recordOf(archive, run);
      if (record) records.push(record);
    }
  } catch (error) {
    process.stderr.write(`cnd: past runs cannot be read, so they do not count: ${messageOf(error)}\n`);
  }
  return records;
}

/** One that is missing or torn says nothing. */
async function recordOf(archive: Archive, run: string): Promise<RunRecord | undefined> {
  try {
    return parseRecord(await readText(await archive.open(run, recordName)));
  } catch {
    return undefined;
  }
}

function numberFlag(flags: Arguments, name: string, what: string, otherwise: number): number {
  const given = flags[name];
  if (given === undefined) return otherwise;
  const value = typeof given === 'string' && given.trim() !== '' ? Number(given) : NaN;
  if (Number.isFinite(value)) return value;
  throw refused(name, given, `must be a number, ${what}`, name === 'budget' ? '0.50' : '0.95');
}

function refused(name: string, value: unknown, why: string, example: string): UsageError {
  return new UsageError('bad-flag', `--${name} is '${visible(String(value))}': ${why}`, {
    about: name,
    hint: `for example --${name} ${example}`,
  });
}
