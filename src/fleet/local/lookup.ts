import { isAbsolute } from 'node:path';
import { lstat, stat } from 'node:fs/promises';
import { isMissing, messageOf } from '../../error.ts';
import { type RunId, parseIndex, parseInstanceTag, requireRunId } from '../../run-id.ts';
import { findTagged } from '../../state/process.ts';
import type { TaggedProcess } from '../../state/process.ts';
import { listStateRuns } from '../../state/run-state.ts';
import { assertPrivate, openStateRoot, stateRoot } from '../../state/state.ts';
import { instanceId } from './environment.ts';
import type { Role } from './environment.ts';
import { localDirectory, readRecordText } from './directory.ts';
import { hostRecord } from './record.ts';
import type { HostRecord, LocalInstanceRecord } from './record.ts';

/** Instances that are believed of a tag. */
const mostInstances = 10_000;

/** Where a run's things are, and its host's record if it can be read. */
export interface Lead {
  readonly run: RunId;
  readonly directory: string;
  readonly record?: HostRecord;
  /** Its host was started and has not launched anything yet: its directory is there, and its record is not. */
  readonly isPrepared?: true;
  /** Why the record that is there cannot be read. */
  readonly damage?: string;
  /** Known by the record, or by the host's tags. */
  readonly expiresAt?: string;
}

/** Looks a run up under this user's state root, and, if it does not exist, under that of its living host. */
export async function lookUp(run: string, env: NodeJS.ProcessEnv): Promise<Lead> {
  // Not safe: nothing in it is believed, and nothing of it deleted.
  await openStateRoot(env);
  return lead(requireRunId(run), env, findTagged(run));
}

/**
 * All runs of the local fleet: those with a record under the state root, and those with a living process.
 * @throws CndError when the state root cannot be listed.
 */
export async function lookAll(env: NodeJS.ProcessEnv): Promise<Lead[]> {
  const living = new Map<RunId, TaggedProcess[]>();
  for (const found of findTagged().filter(isLocal))
    living.set(found.run, [...(living.get(found.run) ?? []), found]);
  const runs = new Set([...living.keys(), ...(await listStateRuns(env))]);
  const leads = await Promise.all([...runs].map(async (run) => lead(run, env, living.get(run) ?? [])));
  return leads.filter(
    ({ run, record, damage }) => record !== undefined || damage !== undefined || living.has(run),
  );
}

async function lead(run: RunId, env: NodeJS.ProcessEnv, living: readonly TaggedProcess[]): Promise<Lead> {
  const own = await readLead(run, stateRoot(env));
  if (own.record) return own;
  let isPrepared = own.isPrepared;
  for (const found of living) {
    const elsewhere = await elsewhereOf(found);
    if (elsewhere?.record) return elsewhere;
    isPrepared ??= elsewhere?.isPrepared;
  }
  const expires = living
    .map(({ tags }) => Date.parse(tags['CND_EXPIRES'] ?? ''))
    .find((time) => !Number.isNaN(time));
  return {
    ...own,
    ...(isPrepared && { isPrepared }),
    ...(expires !== undefined && { expiresAt: new Date(expires).toISOString() }),
  };
}

/**
 * What a living host keeps under another state root, where it says that it does. That is only a rumour: whoever started the
 * process has chosen it, and it may be somebody else by a setuid program. The root must be this user's alone, so that what
 * is in it was written by this user, and a record must name exactly this process as the host of the run.
 */
async function elsewhereOf({ run, pid, start, tags }: TaggedProcess): Promise<Lead | undefined> {
  const root = tags['CND_STATE'];
  if (tags['CND_ROLE'] !== ('local-host' satisfies Role) || root === undefined || !isAbsolute(root))
    return undefined;
  try {
    await assertPrivate(root);
    if ((await stat(root)).mode & 0o077) return undefined;
    const found = await readLead(run, root);
    const host = found.record?.host;
    return found.isPrepared || (host?.pid === pid && host.start === start) ? found : undefined;
  } catch {
    return undefined;
  }
}

/** The instances of a run without a record, from the tags of its living processes: it is gone, or nothing was launched yet. */
export function fromTags(processes: readonly TaggedProcess[], isPrepared = false): LocalInstanceRecord[] {
  const host = processes.find(({ tags }) => tags['CND_ROLE'] === ('local-host' satisfies Role));
  const told = isPrepared ? undefined : host?.tags['CND_INSTANCES'];
  const count = Math.min(parseIndex(told) ?? 0, mostInstances);
  const launched = Array.from({ length: count }, (_, index) => instanceId(host?.run ?? '', index));
  const seen = processes.flatMap(({ run, instance }) => parseInstanceTag(instance, run)?.id ?? []);
  const state = host ? 'running' : 'shutting-down';
  const reason = host ? 'its record is not in the state directory' : 'its host process has exited';
  return [...new Set([...launched, ...seen])]
    .map((id): LocalInstanceRecord => ({ id, index: Number(id.split('-').pop()), threads: 1, state, reason }))
    .toSorted((a, b) => a.index - b.index);
}

/** Other fleets' processes may carry the tag too. */
function isLocal({ tags, instance }: TaggedProcess): boolean {
  return (tags['CND_ROLE']?.startsWith('local-') ?? false) || (instance?.startsWith('l-') ?? false);
}

async function readLead(run: RunId, root: string): Promise<Lead> {
  const directory = localDirectory(root, run);
  try {
    const text = await readRecordText(directory);
    if (text === undefined)
      return { run, directory, ...((await isDirectory(directory)) && { isPrepared: true }) };
    const record = parse(text, run);
    return { run, directory, record, expiresAt: record.expiresAt };
  } catch (error) {
    return { run, directory, damage: messageOf(error) }; // another version's, say: then the tags must do
  }
}

async function isDirectory(path: string): Promise<boolean> {
  const found = await lstat(path).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
    return undefined;
  });
  return found?.isDirectory() ?? false;
}

function parse(text: string, run: RunId): HostRecord {
  const record = hostRecord.parse(JSON.parse(text));
  if (record.run !== run) throw new Error('it belongs to another run');
  if (record.instances.some(({ id, index }) => id !== instanceId(run, index)))
    throw new Error('it names instances of another run');
  return record;
}
