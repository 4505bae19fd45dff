import { join } from 'node:path';
import { messageOf } from '../error.ts';
import { journalName } from '../view/journal.ts';
import type { RunContext } from './context.ts';
import { type RunRecord, configFields, recordName, versions, writeRecord } from './record.ts';
import { coverageReport, noCoverage } from './report.ts';
import type { Search } from './search.ts';
import { type Ending, exitCodes, verdict } from './verdict.ts';

/** Says how the run ended, as its last event and in its record, archives both, and gives the exit code. */
export async function finish(
  context: RunContext,
  search: Search | undefined,
  ending: Ending,
  clean: boolean,
): Promise<number> {
  const { run, config, archive, clock } = context.inputs;
  const { outcome, hit, reason, exitCode } = verdict(ending, search?.best, config.smallest);
  const tested = search?.tested ?? 0n;
  const { search: searched = 0 } = context.phases.seconds;
  const ended = {
    outcome,
    exitCode: clean ? exitCode : exitCodes.cleanupUnconfirmed,
    ...(hit && { nonce: `${hit.nonce}`, digest: hit.digest, instance: hit.instance }),
    ...(reason !== undefined && { reason }),
    tested: `${tested}`,
    rate: searched > 0 ? Number(tested) / searched : 0,
    elapsed: context.elapsed(),
    phases: context.phases.seconds,
    coverage: search ? coverageReport(search.coverage()) : noCoverage(config.space),
    smallest: config.smallest,
    logs: archive.location(run),
    launched: context.known.size,
    terminated: [...context.known].filter((id) => !isLeft(context, id)).length,
    left: context.left,
  };
  context.emit('run.ended', ended);
  await context.journal.close();
  await record(context, { endedAt: new Date(clock.wall()).toISOString(), ended });
  for (const name of [journalName, recordName]) await store(context, name);
  await context.stream.close();
  return ended.exitCode;
}

/** Where the fleet could not be asked at all, the run stands for its instances. */
function isLeft({ left, inputs }: RunContext, id: string): boolean {
  return left.includes(id) || left.includes(inputs.run);
}

/** Writes run.json. A full disk costs the record, never the run. */
export async function record(context: RunContext, result: Partial<RunRecord> = {}): Promise<void> {
  const { run, config } = context.inputs;
  const instances = context.launched.map(({ index, id }) => ({ index, id }));
  const startedAt = context.startedAt().toISOString();
  try {
    await writeRecord(join(context.folder, recordName), {
      run,
      startedAt,
      versions: versions(),
      config: configFields(config),
      instances,
      ...result,
    });
  } catch (error) {
    context.warn(`${recordName} cannot be written: ${messageOf(error)}`);
  }
}

async function store(context: RunContext, name: string): Promise<void> {
  const { run, archive } = context.inputs;
  try {
    await archive.store(run, name, join(context.folder, name));
  } catch (error) {
    context.warn(`${name} could not be archived: ${messageOf(error)}; it is in ${context.folder}`);
  }
}
