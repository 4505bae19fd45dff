import { text as readText } from 'node:stream/consumers';
import type { Archive } from '../../archive/archive.ts';
import { makeArchive } from '../../archive/registry.ts';
import type { RunConfig } from '../../config/config.ts';
import { free } from '../../cost.ts';
import { messageOf } from '../../error.ts';
import { recordName } from '../../event/file-name.ts';
import { type RunRecord, parseRecord } from '../../event/record.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import type { MachineKind, MachineRequest } from '../../fleet/kind.ts';
import { chooseKernel } from '../../kernel/choice.ts';
import type { Goal, MachineOption } from '../../plan/option.ts';
import { slowdown } from '../../kernel/compression.ts';
import { isSingle, probability } from '../../puzzle/probability.ts';
import { plural, rate as rateText } from '../../quantity.ts';
import { type Median, pastOf } from './past.ts';

/** Past runs that are looked at, the newest first. */
const pastRuns = 50;

/** What a run with this configuration searches for, and until when. Pure. */
export function goalOf({ puzzle, space, timeLimit, maxInstances }: RunConfig, { timing }: Fleet): Goal {
  const size = space.limit - space.from;
  return {
    probability: probability(puzzle, size),
    single: isSingle(puzzle),
    size,
    timeLimit,
    reserve: timing.reserve,
    grace: timing.grace,
    allowed: maxInstances,
  };
}

/**
 * The kinds of machines of the chosen fleet, with what is known of their speed: by past runs, else as the fleet knows it, else as
 * measured here or assumed.
 * @param allMarkets Also what the settings do not choose: on demand and spot.
 */
export async function machineOptions(
  config: RunConfig,
  fleet: Fleet,
  { signal, env, allMarkets, timeout }: Pick<MachineRequest, 'signal' | 'env' | 'allMarkets' | 'timeout'>,
): Promise<MachineOption[]> {
  const { fleetKind, fleetConfig, kernel, puzzle, space } = config;
  const { scheme } = puzzle;
  const machines: readonly MachineKind[] = (await fleetKind.machines?.(fleetConfig, {
    scheme,
    kernel,
    allMarkets,
    env,
    signal,
    timeout,
  })) ?? [{ name: fleetKind.name, cores: 1, market: 'own', price: free }];
  // What shares this machine's cores is slower the more there are: measured is better.
  const records = fleet.isThisMachine ? [] : await pastRecords(config);
  const past = pastOf(records, scheme, kernel);
  const known = await chooseKernel(config, { isThisMachine: fleet.isThisMachine }, undefined, signal);
  const basis = fleet.isThisMachine ? 'measured on this machine' : 'a core, assumed';
  // All of these rates are those of a short text.
  const slower = slowdown(puzzle, space.limit - 1n, kernel);
  const note = slower === 1 ? '' : `, divided by ${slower.toPrecision(3)} for the text after the nonce`;
  return machines.map(({ cores, rate, rateBasis, ...machine }): MachineOption => {
    const seen = past.get(machine.name);
    return {
      ...machine,
      ...(seen?.rate
        ? { rate: seen.rate.value / slower, rateBasis: `${pastBasis(seen.rate)}${note}` }
        : {
            rate: (rate ?? known.rate * cores) / slower,
            rateBasis: `${rateBasis ?? `${rateText(known.rate)} ${basis}`}${note}`,
          }),
      boot: seen?.boot.value ?? fleet.timing.boot,
      bootBasis: seen ? pastBasis(seen.boot) : 'as usual',
    };
  });
}

function pastBasis({ instances, last }: Median): string {
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
