import type { Readable } from 'node:stream';
import type { Archive } from '../../archive/archive.ts';
import type { RecordedSettings } from '../../config/resumed.ts';
import { boundedText } from '../../text.ts';
import { CndError, UsageError } from '../../error.ts';
import { type Checkpoint, longestCheckpoint, parseCheckpoint } from '../../event/checkpoint.ts';
import { checkpointName, recordName } from '../../event/file-name.ts';
import { type RunRecord, parseRecord } from '../../event/record.ts';
import { runStart } from '../../run-id.ts';
import type { RecordedCoverage } from '../../search/covered.ts';

/** Characters of the longest record that is read: the coverage of a thousand instances is a hundredth of it. */
const longestRecord = 64 * 1024 * 1024;

/** Seconds after T until the last net of any fleet acts. */
const longestGrace = 60;

/** What the archive tells of a run that is to be resumed. */
export interface PastRun {
  readonly run: string;
  readonly settings: RecordedSettings;
  /** What it says was tested: several accounts of the same, some of them older. */
  readonly coverages: readonly RecordedCoverage[];
  readonly candidate?: { readonly nonce: string; readonly digest: string };
  /** Where its instances are to be looked for; absent where the run has seen all of them terminated. */
  readonly unended?: UnendedRun;
}

/** Makes the error of a run that may not be over. */
export type Refuse = (why: string, hint?: string) => CndError;

/** A run of which instances may be left. */
export interface UnendedRun extends Partial<Pick<Checkpoint, 'where' | 'account' | 'host'>> {
  readonly fleet: string;
  /** When the last of its dead-man's switches fires, at the latest. */
  readonly expiresAt: Date;
  /** The ids of those that it is known to have launched; those of them that may be left. */
  readonly instances: readonly string[];
  /** How many it was to launch. */
  readonly count: number;
}

/**
 * Reads what is kept of a run.
 * @throws UsageError `nothing-to-resume` where it has come to its result; CndError where too little of it can be read.
 */
export async function readPastRun(archive: Archive, run: string): Promise<PastRun> {
  const record = await readRecord(archive, run);
  if (record?.ended) return endedRun(record, record.ended);
  const checkpoint = await readCheckpoint(archive, run);
  const settings = record ?? (checkpoint && settingsOf(checkpoint));
  if (!settings)
    throw new CndError(
      'nothing-kept',
      `neither the record nor a checkpoint of ${run} is in ${archive.location(run)}`,
      {
        about: run,
        hint: 'see what is kept of runs with: cnd logs ls',
      },
    );
  const { where, account, host, instances = [] } = checkpoint ?? {};
  const launched = instances.length > 0 ? instances : (record?.instances ?? []);
  return {
    run,
    settings,
    coverages: checkpoint ? [checkpoint.coverage] : [],
    ...(checkpoint?.hit && { candidate: checkpoint.hit }),
    unended: {
      fleet: settings.config.fleet,
      ...given({ where: where ?? record?.where, account: account ?? record?.account, host }),
      expiresAt: checkpoint ? new Date(checkpoint.expiresAt) : expiryOf(settings, record?.startedAt),
      instances: launched.map(({ id }) => id),
      count: settings.config.N,
    },
  };
}

/** When a run is over at the latest whose record alone is there. */
function expiryOf({ run, config }: RecordedSettings, startedAt: string | undefined): Date {
  const start = startedAt === undefined ? (runStart(run)?.getTime() ?? Date.now()) : Date.parse(startedAt);
  return new Date(start + (config.T + longestGrace) * 1000);
}

/** One that has ended by itself, with all of its instances or not. */
function endedRun(record: RunRecord, ended: NonNullable<RunRecord['ended']>): PastRun {
  const { run, where, account, config } = record;
  const { outcome, nonce, digest, coverage, left } = ended;
  if (outcome === 'found') throw nothing(run, `it has found the golden nonce ${nonce ?? ''}`);
  if (outcome === 'exhausted') throw nothing(run, 'it has tested the whole nonce space');
  return {
    run,
    settings: record,
    coverages: [coverage],
    ...(nonce !== undefined && digest !== undefined && { candidate: { nonce, digest } }),
    ...(left.length > 0 && {
      unended: {
        fleet: config.fleet,
        ...given({ where, account }),
        expiresAt: expiryOf(record, record.startedAt),
        instances: left,
        count: left.length,
      },
    }),
  };
}

/** There is no work left. */
export function nothing(run: string, why: string): UsageError {
  return new UsageError('nothing-to-resume', `nothing of ${run} is left to resume: ${why}`, {
    about: run,
    hint: `see it with: cnd logs replay ${run}`,
  });
}

function settingsOf({ run, where, config }: Checkpoint): RecordedSettings {
  const { settings = {}, ...rest } = config;
  return { run, ...given({ where }), config: { ...rest, [config.fleet]: settings } };
}

/** The record of a run; undefined when there is none. @throws CndError `record-damaged`; UsageError for one of too old a version */
export async function readRecord(archive: Archive, run: string): Promise<RunRecord | undefined> {
  const content = await readEntry(archive, run, recordName, longestRecord);
  const record = content === undefined ? undefined : parseRecord(content);
  if (record && record.run !== run)
    throw new CndError('record-damaged', `${recordName} of ${run} belongs to another run`, { about: run });
  if (record && (record.schema ?? 1) < 2)
    throw new UsageError(
      'record-too-old',
      `run ${run} was made by a version of cnd whose runs cannot be resumed`,
      {
        about: run,
        hint: 'start a new one with: cnd start',
      },
    );
  return record;
}

async function readCheckpoint(archive: Archive, run: string): Promise<Checkpoint | undefined> {
  const content = await readEntry(archive, run, checkpointName, longestCheckpoint);
  return content === undefined ? undefined : parseCheckpoint(content, run);
}

/** An entry as text; undefined when there is none. @throws CndError `archive-too-long` */
export async function readEntry(
  archive: Archive,
  run: string,
  name: string,
  longest: number,
): Promise<string | undefined> {
  let stream: Readable;
  try {
    stream = await archive.open(run, name);
  } catch (error) {
    if (error instanceof CndError && error.code === 'archive-no-entry') return undefined;
    throw error;
  }
  const tooLong = () => new CndError('archive-too-long', `${name} of ${run} is too long`, { about: run });
  return boundedText(stream, longest, tooLong);
}

/** Without what is undefined. */
function given<T extends Record<string, string | undefined>>(values: T): { [Key in keyof T]?: string } {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it has just these keys
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: string;
  };
}
