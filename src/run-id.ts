import { randomInt } from 'node:crypto';
import { CndError } from './error.ts';

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** The form of a run id: UTC start time and four random letters or digits, so that ids sort by time. */
const runIdPattern = /^\d{8}-\d{6}-[a-z0-9]{4}$/;

declare const parsed: unique symbol;

/**
 * Text that was seen to be a run id, so that it may be part of a path, a name or a filter. Whatever comes from a process, a
 * file name, a tag, a queue, an object key or a record is parsed first: anybody may have written it.
 */
export type RunId = string & { readonly [parsed]: 'run id' };

/** The run id that a text is; undefined when it is none. Pure. */
export function parseRunId(text: string | undefined): RunId | undefined {
  return text !== undefined && isRunId(text) ? text : undefined;
}

/** Whether a text is a run id. Pure. */
export function isRunId(text: string): text is RunId {
  return runIdPattern.test(text);
}

/** As `parseRunId`, where nothing else can be gone on with. @throws CndError `bad-run-id` */
export function requireRunId(text: string): RunId {
  if (isRunId(text)) return text;
  throw new CndError('bad-run-id', `${JSON.stringify(text)} is not a run id`, {
    about: text,
    hint: 'run ids look like 20261120-081103-x7k2; see them with: cnd ps, cnd logs ls',
  });
}

/** The index of an instance in text, at most 7 digits and no leading zeros; undefined when it is none. Pure. */
export function parseIndex(text: string | undefined): number | undefined {
  return text !== undefined && /^(0|[1-9]\d{0,6})$/.test(text) ? Number(text) : undefined;
}

/** An instance as processes are tagged with it. */
export interface TaggedInstance {
  readonly id: string;
  readonly index: number;
}

/** An instance's tag, `l-x7k2-3` (fleet local) or `h3-<run>` (hosts), if it is one of this run; undefined otherwise. Pure. */
export function parseInstanceTag(text: string | undefined, run: RunId): TaggedInstance | undefined {
  const [, localRun, localIndex, hostIndex, hostRun] =
    /^(?:l-([a-z0-9]{4})-(\d+)|h(\d+)-([a-z0-9-]+))$/.exec(text ?? '') ?? [];
  const index = parseIndex(localIndex ?? hostIndex);
  if (text === undefined || index === undefined) return undefined;
  return localRun === run.slice(-4) || hostRun === run ? { id: text, index } : undefined;
}

/** A new run id for a run that starts at `now`, e.g. `20261120-081103-x7k2`. */
export function newRunId(now: Date = new Date()): RunId {
  const suffix = Array.from({ length: 4 }, () => alphabet[randomInt(alphabet.length)]).join('');
  return requireRunId(`${idBeginning(now)}-${suffix}`);
}

/** What the ids of the runs that start in this second begin with. Pure. */
export function idBeginning(time: Date): string {
  return time.toISOString().replace(/[-:]/g, '').slice(0, 15).replace('T', '-');
}

/** When a run started, to the second, as its id tells; undefined for what is not a run id. */
export function runStart(run: string): Date | undefined {
  if (!isRunId(run)) return undefined;
  const iso = run.replace(/^(\d{4})(\d{2})(\d{2})-(\d{2})(\d{2})(\d{2})-.*$/, '$1-$2-$3T$4:$5:$6Z');
  const start = new Date(iso);
  return Number.isNaN(start.getTime()) ? undefined : start;
}
