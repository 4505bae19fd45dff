import { findTagged } from '../../state/process.ts';
import type { TaggedProcess } from '../../state/process.ts';
import { instanceId } from './environment.ts';
import type { Role } from './environment.ts';
import { listRuns, localDirectory, readRecordText } from './directory.ts';
import { hostRecord } from './record.ts';
import type { HostRecord, InstanceRecord } from './record.ts';

/** Where a run's things are, and its host's record if it can be read. */
export interface Lead {
  readonly run: string;
  readonly directory: string;
  readonly record?: HostRecord;
  /** Known by the record, or by the host's tags. */
  readonly expiresAt?: string;
}

/** Looks a run up under a state root, and, if it is not there, where the tags of its processes say. */
export async function lookUp(run: string, stateRoot: string): Promise<Lead> {
  const lead = await readLead(run, stateRoot);
  if (lead.record) return lead;
  const elsewhere = findTagged(run).find(({ tags }) => tags['CND_STATE'])?.tags['CND_STATE'];
  return elsewhere === undefined ? lead : readLead(run, elsewhere);
}

/** All runs of the local fleet: those with a record under the state root, and those with a living process. */
export async function lookAll(stateRoot: string): Promise<Lead[]> {
  const living = new Map<string, Record<string, string>>();
  for (const { run, tags } of findTagged().filter(isLocal)) living.set(run, { ...living.get(run), ...tags });
  const kept = (await listRuns(stateRoot)).filter((run) => !living.has(run));
  const leads = await Promise.all([
    ...[...living].map(async ([run, tags]) =>
      readLead(run, tags['CND_STATE'] ?? stateRoot, tags['CND_EXPIRES']),
    ),
    ...kept.map(async (run) => readLead(run, stateRoot)),
  ]);
  return leads.filter(({ run, record }) => record ?? living.has(run));
}

/** The instances of a run whose record is gone, from the tags of its living processes. */
export function fromTags(processes: readonly TaggedProcess[]): InstanceRecord[] {
  const host = processes.find(({ tags }) => tags['CND_ROLE'] === ('local-host' satisfies Role));
  const count = Number(host?.tags['CND_INSTANCES'] ?? 0);
  const launched = Array.from({ length: count }, (_, index) => instanceId(host?.run ?? '', index));
  const seen = processes.flatMap(({ instance }) => instance ?? []);
  const state = host ? 'running' : 'shutting-down';
  const reason = host ? 'its record is not in the state directory' : 'its host is gone';
  return [...new Set([...launched, ...seen])]
    .map((id): InstanceRecord => ({ id, index: Number(id.split('-').pop()), threads: 1, state, reason }))
    .toSorted((a, b) => a.index - b.index);
}

/** Other fleets' processes may carry the tag too. */
function isLocal({ tags, instance }: TaggedProcess): boolean {
  return (tags['CND_ROLE']?.startsWith('local-') ?? false) || (instance?.startsWith('l-') ?? false);
}

async function readLead(run: string, stateRoot: string, expires?: string): Promise<Lead> {
  const directory = localDirectory(stateRoot, run);
  const text = await readRecordText(directory);
  const record = text === undefined ? undefined : parse(text, run);
  const expiresAt = record?.expiresAt ?? expires;
  return {
    run,
    directory,
    ...(record === undefined ? {} : { record }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

function parse(text: string, run: string): HostRecord | undefined {
  try {
    const record = hostRecord.parse(JSON.parse(text));
    return record.run === run ? record : undefined;
  } catch {
    return undefined; // another version's, or damaged: then the tags must do
  }
}
