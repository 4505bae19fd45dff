import type { Archive } from '../../archive/archive.ts';
import { pushRun } from '../../archive/push.ts';
import { ownEntriesOf } from '../../archive/spooled.ts';
import { messageOf } from '../../error.ts';
import { exitCodes } from '../../event/outcome.ts';
import type { EventFields } from '../../event/event.ts';
import type { RunRecord } from '../../event/record.ts';
import type { DetachedClaim } from '../../fleet/detached.ts';
import { deleteDetached } from '../../run/detached/conclude.ts';
import type { Interrupts } from '../../run/interrupt.ts';
import type { RunView } from '../start/run-display.ts';
import type { FoundDetachedRun } from './find.ts';

/** A run that was recorded, and what it is deleted with. */
interface Recorded {
  readonly run: FoundDetachedRun;
  readonly archive: Archive;
  readonly claim: DetachedClaim;
  readonly interrupts: Interrupts;
  readonly display: RunView;
}

/**
 * Does for a detached run whose record is kept what the process that made it could not do any more: stores what still waits for its
 * upload, and deletes what is left on the cluster. Shows the result again, and gives the exit code.
 */
export async function deleteRecorded(
  { run: { fleet, found }, archive, claim, interrupts, display }: Recorded,
  { endedAt, ended }: RunRecord,
): Promise<number> {
  const { run } = found;
  if (!ended) throw new Error(`the record of ${run} has no end`);
  const { spool } = archive;
  if (spool && (await ownEntriesOf(spool, run)).length > 0)
    await pushRun(run, spool, archive, { signal: interrupts.first });
  const warn = (warning: EventFields['warning']): void =>
    display.show({ event: 'warning', time: new Date().toISOString(), run, ...warning });
  await claim.confirm();
  const failure = await deleteDetached({ run, fleet }, warn).catch(messageOf);
  const isDeleted = failure === true;
  if (!isDeleted) warn({ message: `what is left of ${run} cannot be deleted: ${failure}` });
  const { exitCode } = ended;
  display.show({
    event: 'run.ended',
    time: endedAt ?? new Date().toISOString(),
    run,
    ...ended,
    logs: archive.location(run),
    ...(!isDeleted && { exitCode: exitCodes.cleanupUnconfirmed, left: [run] }),
  });
  display.line(`run ${run} was recorded before${isDeleted ? '; what was left of it is deleted' : ''}`);
  await display.close();
  return isDeleted ? exitCode : exitCodes.cleanupUnconfirmed;
}
