import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { type RecordSummary, parseRecordSummary } from '../../event/record.ts';
import { type RunId, parseRunId, runStart } from '../../run-id.ts';

// An entry of the index is an empty file or object: all that a listing shows of a run is in its name. So one listing tells of a
// thousand runs, no entry is ever changed, and two runs that end at the same time write two different ones.

/** Where the entries are, in the folder of the archive; the dot hides it from those who look for runs. */
export const indexFolder = '.cnd-index';

/** What an entry says. */
export interface IndexEntry {
  readonly run: RunId;
  /** Of the record it was made from; see `ArchiveIndex.stamp`. */
  readonly stamp: string;
  readonly record: RecordSummary;
  /** It did not fit: the puzzle's block or what the cost is computed from are only in the record. */
  readonly isShortened: boolean;
}

/** Raised when entries are written differently. Entries of another version are as good as none. */
const version = '1';

/** Characters of a name: file systems allow 255 bytes, S3 1024 for the whole key. */
const longest = 255;

/** Bytes that the content of a name may have at most: whoever can write to a bucket can write anything there. */
const mostContent = 16_384;

const runLength = 20;
const letters = '0123456789abcdefghijklmnopqrstuvwxyz';

/**
 * A run id, or the beginning of one, that sorts the other way round: stores list names in ascending order, and the newest runs
 * are wanted first. Its own inverse. Pure.
 */
export function mirrored(id: string): string {
  return id.replace(/[a-z0-9]/g, (letter) => letters.charAt(letters.length - 1 - letters.indexOf(letter)));
}

/** What the names of a run's entries begin with. Pure. */
export function beginningOf(run: string): string {
  return `${mirrored(run)}.`;
}

/** The run that an entry is of, as its name says, also of another version; undefined for a name that is none. Pure. */
export function runOf(name: string): RunId | undefined {
  return name.charAt(runLength) === '.' ? parseRunId(mirrored(name.slice(0, runLength))) : undefined;
}

/** The name of the entry of a run; undefined for a run that has not ended, or a record that no name can hold. Pure. */
export function indexName(record: RecordSummary, stamp: string): string | undefined {
  const { run, ended } = record;
  if (!ended) return undefined;
  // 32 bytes that do not compress have a place of their own.
  const digest = isDigest(ended.digest) ? Buffer.from(ended.digest, 'hex').toString('base64url') : '';
  const head = `${beginningOf(run)}${version}.${stamp}.${digest}.`;
  const names = [false, true].map((isShortened) => head + encode(record, isShortened));
  return names.find((name) => name.length <= longest && parseIndexName(name) !== undefined);
}

/** What an entry says; undefined for a name that is none, or of another version. Pure. */
export function parseIndexName(name: string): IndexEntry | undefined {
  const run = runOf(name);
  const [, of, stamp, digest, content, ...rest] = name.split('.');
  if (!run || of !== version || stamp === undefined || rest.length > 0) return undefined;
  if (digest === undefined || content === undefined) return undefined;
  const decoded = decode(run, Buffer.from(digest, 'base64url').toString('hex'), content);
  return decoded && { run, stamp, ...decoded };
}

/** JSON as entries have it; what is alike in most of them costs next to nothing in a name. Part of the version. */
const dictionary = Buffer.from(
  '"costBasis":"the price is not known: spot at most, AWS Price List, built-in price table of 2026-11-29, c7a.medium c7g.xlarge c6i.2xlarge c8a.large on demand at $0.052/h and $0.005/h for its address; AWS Price List, 2026-11-2' +
    '"cost":{"limit":0.0,"basis":"unit":"bits-lsb","difficulty":"scheme":"bitcoin","header":"scheme":"sha256d","block":"' +
    '"outcome":"interrupted","exitCode":130,"outcome":"failed","exitCode":1,"outcome":"exhausted","outcome":"unproven","exitCode":3,"outcome":"time-limit","exitCode":3,"elapsed":' +
    '{"t":[123,4567],"c":{"N":4,"T":60,"fleet":"hosts","fleet":"ec2","fleet":"local","puzzle":{"scheme":"hex-chain","block":"COMSM0010cloud","unit":"digits","difficulty":6}},"ended":{"outcome":"found","exitCode":0,"elapsed":1.5,"nonce":"3730945","digest":"~","displayDigest":"~"',
);

type Content = Omit<RecordSummary, 'run' | 'startedAt' | 'endedAt' | 'config'>;

function encode(record: RecordSummary, isShortened: boolean): string {
  const { run, startedAt, endedAt, config, cost, ended } = record;
  const { N, T, fleet, puzzle } = config;
  const start = Date.parse(startedAt);
  const times = [start - base(run), ...(endedAt === undefined ? [] : [Date.parse(endedAt) - start])];
  const { scheme, unit, difficulty, prefix, suffix, digest } = puzzle;
  const content = {
    t: times,
    c: { N, T, fleet, puzzle: isShortened ? { scheme, unit, difficulty, prefix, suffix, digest } : puzzle },
    ...(cost && { cost: isShortened ? { limit: cost.limit && rounded(cost.limit) } : cost }),
    ...(ended && { ended: packed(isShortened ? shortened(ended) : ended) }),
    ...(isShortened && { short: true }),
  };
  return deflateRawSync(JSON.stringify(content), { dictionary, level: 9 }).toString('base64url');
}

function decode(
  run: RunId,
  digest: string,
  text: string,
): Pick<IndexEntry, 'record' | 'isShortened'> | undefined {
  try {
    const raw = inflateRawSync(Buffer.from(text, 'base64url'), { dictionary, maxOutputLength: mostContent });
    // What it must be is judged below, as a record is.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const { t, c, short, cost, ended } = JSON.parse(raw.toString()) as {
      readonly t: readonly number[];
      readonly c: RecordSummary['config'];
      readonly short?: boolean;
    } & Content;
    const [after, length] = t;
    if (typeof after !== 'number') return undefined;
    const start = base(run) + after;
    const iso = (time: number): string => new Date(time).toISOString();
    const times = { startedAt: iso(start), ...(length !== undefined && { endedAt: iso(start + length) }) };
    const record = parseRecordSummary(
      JSON.stringify({ run, ...times, config: c, cost, ended: ended && unpacked(ended, digest) }),
    );
    return record && { record, isShortened: short === true };
  } catch {
    return undefined;
  }
}

/** The moment that a run's id says: what its record says is a part of a second later. */
function base(run: string): number {
  return runStart(run)?.getTime() ?? NaN;
}

type Ended = NonNullable<RecordSummary['ended']>;

function shortened({ outcome, exitCode, elapsed, nonce, digest, displayDigest, cost }: Ended): Ended {
  return {
    outcome,
    exitCode,
    elapsed,
    nonce,
    digest,
    // Free where it follows from the digest.
    ...(displayDigest !== undefined && displayDigest === reversed(digest) && { displayDigest }),
    ...(cost !== undefined && { cost: rounded(cost) }),
  };
}

/** As exact as anybody is shown an amount. */
function rounded(amount: number): number {
  return Number(amount.toPrecision(6));
}

/** What stands for the digest of the name, and for its bytes the other way round. */
const elsewhere = '~';

function packed(ended: Ended): Ended {
  const { digest, displayDigest } = ended;
  return {
    ...ended,
    ...(isDigest(digest) && { digest: elsewhere }),
    ...(displayDigest !== undefined && displayDigest === reversed(digest) && { displayDigest: elsewhere }),
  };
}

function unpacked(ended: Ended, digest: string): Ended {
  const shown = reversed(digest);
  return {
    ...ended,
    ...(ended.digest === elsewhere && { digest }),
    ...(ended.displayDigest === elsewhere && shown !== undefined && { displayDigest: shown }),
  };
}

function isDigest(text: string | undefined): text is string {
  return text !== undefined && /^[0-9a-f]{64}$/.test(text);
}

function reversed(digest: string | undefined): string | undefined {
  return isDigest(digest) ? (digest.match(/../g) ?? []).toReversed().join('') : undefined;
}
