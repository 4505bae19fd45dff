import { join } from 'node:path';
import type { EventFields, RunEvent } from '../event/event.ts';
import { messageOf } from '../error.ts';
import { replaceFile } from '../file.ts';
import { displayDigest } from '../puzzle/digest.ts';
import { isSingle, probability } from '../puzzle/probability.ts';
import { testedNow } from '../search/coverage.ts';
import { chanceWithin } from '../search/forecast.ts';
import type { RunContext } from './context.ts';
import { archiveRun } from './log/archive.ts';
import { pruneArchive } from './log/prune.ts';
import { recordName } from '../event/file-name.ts';
import { type Outcome, exitCodes } from '../event/outcome.ts';
import type { RunRecord } from '../event/record.ts';
import { newRecord } from './record/record.ts';
import { coverageOfNone, earlierFields } from './record/earlier.ts';
import { released } from './released.ts';
import { spending } from './spending.ts';
import type { RunningSearch } from '../engine/engine.ts';
import { type Ending, runResult } from './result.ts';

/** Why nothing was found although a digest was asked for. */
const refuted =
  'none of its nonces has that digest: it is of a nonce below --from or from --limit on, or of another text';

/** What is kept of a run that has ended. */
export interface KeptLogs {
  /** Where: a path or a URL. */
  readonly logs: string;
  /** Its record is written, and where the archive is. */
  readonly isArchived: boolean;
}

/**
 * Says how the run ended, as its last event and in its record, archives what is kept, and gives the exit code.
 * @param afterwards What can be undone only when that is kept, because it cannot be made again; gives whether it is confirmed.
 */
export async function finish(
  context: RunContext,
  search: Pick<RunningSearch, 'best' | 'isComplete' | 'coverage' | 'evidence'> | undefined,
  ending: Ending,
  clean: boolean,
  afterwards?: (kept: KeptLogs) => Promise<boolean>,
): Promise<number> {
  const { run, config, archive, clock, preflight, earlier } = context.inputs;
  const { outcome, hit, reason, exitCode } = runResult(
    ending,
    search?.best,
    config.smallest,
    search?.isComplete,
  );
  const coverage = search?.coverage() ?? coverageOfNone(config.space, earlier);
  const { puzzle, space } = config;
  // That one of them has the digest was taken for granted.
  const isRefuted = outcome === 'exhausted' && isSingle(puzzle);
  const why = isRefuted ? refuted : reason;
  const shown = hit && displayDigest(puzzle, hit.digest);
  const { search: searched = 0 } = context.phases.seconds;
  const ended = {
    outcome,
    exitCode: clean ? exitCode : exitCodes.cleanupUnconfirmed,
    ...(hit && { nonce: `${hit.nonce}`, digest: hit.digest }),
    ...(hit?.instance !== undefined && { instance: hit.instance }),
    ...(shown !== undefined && shown !== hit?.digest && { displayDigest: shown }),
    ...(why !== undefined && { reason: why }),
    tested: coverage.tested,
    ...earlierFields(earlier),
    ...(!isRefuted && {
      probability: chanceWithin(
        probability(puzzle, space.limit - space.from),
        BigInt(coverage.tested),
        isSingle(puzzle),
      ),
    }),
    rate: searched > 0 ? Number(testedNow(coverage)) / searched : 0,
    elapsed: context.elapsed(),
    phases: context.phases.seconds,
    coverage,
    smallest: config.smallest,
    ...(search?.evidence() && { evidence: search.evidence() }),
    logs: archive.location(run),
    ...released(config),
    launched: context.known.size,
    terminated: [...context.known].filter((id) => !isLeft(context, id)).length,
    left: context.left,
    ...spending(preflight, {
      ...context.paid,
      instances: context.known.size,
      terminated: context.terminated.times,
    }),
  };
  const endedAt = new Date(clock.wall()).toISOString();
  // Journal and record are whole before they are uploaded; everybody else is told when that is over, too.
  const isToldLast = archive.spool !== undefined || afterwards !== undefined;
  if (isToldLast) context.journal.show({ event: 'run.ended', time: endedAt, run, ...ended });
  else {
    await pruneArchive(context);
    context.emit('run.ended', ended);
  }
  const kept = await keep(context, endedAt, ended);
  const isConfirmed = afterwards === undefined || (await afterwards(kept));
  const told = { ...ended, ...(!isConfirmed && unconfirmed(context)) };
  if (isToldLast) {
    await pruneArchive(context);
    context.emit('run.ended', {
      ...told,
      elapsed: context.elapsed(),
      phases: context.phases.seconds,
      logs: kept.logs,
    });
  }
  await context.stream.close();
  return told.exitCode;
}

/**
 * Does for a run that has said how it ended what its controller, which was killed, could not do any more: its record, its report,
 * its upload. Gives the exit code.
 * @param last Its last event.
 * @param clean Whether nothing of it is left by now.
 */
export async function finishEnded(
  context: RunContext,
  last: Extract<RunEvent, { event: 'run.ended' }>,
  clean: boolean,
): Promise<number> {
  const { event, time, run: _, ...told } = last;
  const isConfirmed = clean && told.exitCode === exitCodes.cleanupUnconfirmed;
  const ended = {
    ...told,
    ...(isConfirmed && { exitCode: usual[told.outcome], left: [] }),
    ...(!clean && unconfirmed(context)),
  };
  const { logs } = await keep(context, time, ended);
  context.emit(event, { ...ended, logs });
  await context.stream.close();
  return ended.exitCode;
}

/** What is said of a run of which something may be left. */
function unconfirmed({ left }: RunContext): Pick<EventFields['run.ended'], 'exitCode' | 'left'> {
  return { exitCode: exitCodes.cleanupUnconfirmed, left };
}

/** With what runs exit of which nothing is left; which signal an interruption was by is not told. */
const usual: Readonly<Record<Outcome, number>> = {
  found: exitCodes.found,
  failed: exitCodes.failed,
  unproven: exitCodes.notFound,
  exhausted: exitCodes.notFound,
  'time-limit': exitCodes.notFound,
  interrupted: 130,
};

/** Writes the record and the report of a run that has ended, and archives all that is kept of it. */
async function keep(
  context: RunContext,
  endedAt: string,
  ended: EventFields['run.ended'],
): Promise<KeptLogs> {
  const { run, archive } = context.inputs;
  await context.journal.close();
  const isWritten = await record(context, { endedAt, ended });
  // It is written where it belongs; only the index does not know of it yet.
  if (!archive.spool) await archive.store(run, recordName, join(context.folder, recordName)).catch(() => {});
  await report(context);
  const logs = archive.spool ? await archiveRun(context, archive.spool) : ended.logs;
  return { logs, isArchived: isWritten && logs === archive.location(run) };
}

/** Where the fleet could not be asked at all, the run stands for its instances. */
function isLeft({ left, inputs }: RunContext, id: string): boolean {
  return left.includes(id) || left.includes(inputs.run);
}

/** Draws the report, unless whoever interrupted twice wants the end at once. It costs a warning at most. */
async function report(context: RunContext): Promise<void> {
  const { run, writeReport, interrupts } = context.inputs;
  if (interrupts.second.aborted) return;
  try {
    await writeReport?.(run, context.folder);
  } catch (error) {
    const remedy = `make it later with: cnd report ${run}`;
    context.emit('warning', { message: `the report cannot be made: ${messageOf(error)}`, hint: remedy });
  }
}

/** Writes run.json, and gives whether that worked. A full disk costs the record, never the run. */
export async function record(context: RunContext, result: Partial<RunRecord> = {}): Promise<boolean> {
  const { run, detached } = context.inputs;
  try {
    const known = newRecord(run, context.startedAt(), context.inputs);
    const { resumed } = context.history;
    const whole: RunRecord = {
      ...known,
      ...(resumed.length > 0 && { resumed }),
      instances: context.history.records(),
      ...result,
    };
    const text = `${JSON.stringify(whole, undefined, 2)}\n`;
    // What it is made from is deleted after it.
    await replaceFile(join(context.folder, recordName), text, { sync: detached === true });
    return true;
  } catch (error) {
    context.warn(`${recordName} cannot be written: ${messageOf(error)}`);
    return false;
  }
}
