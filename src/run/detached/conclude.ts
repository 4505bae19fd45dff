import { makeRunFolder } from '../../archive/directory-probe.ts';
import type { Emit, EventFields, EventName, RunEvent } from '../../event/event.ts';
import type { View } from '../../event/view.ts';
import { CndError, messageOf } from '../../error.ts';
import type { DetachedClaim } from '../../fleet/detached.ts';
import { terminateAll } from '../../fleet/terminate-all.ts';
import type { Instance } from '../../instance.ts';
import { plural } from '../../quantity.ts';
import { RunContext, type RunInputs } from '../context.ts';
import { finish, record } from '../finish.ts';
import { planned } from '../plan/plan.ts';
import type { DetachedHistory } from './history.ts';
import type { SetClock } from './set-clock.ts';

/** An event that is told again with its time. */
export interface ToldEvent {
  readonly time: Date;
  readonly tell: (emit: Emit) => void;
}

/** Keeps events as they are told, to be told again. Pure, but for the list. */
export function keeping(told: ToldEvent[], time: Date): Emit {
  return <Name extends EventName>(event: Name, fields: EventFields[Name]) => {
    told.push({ time, tell: (emit) => emit(event, fields) });
  };
}

/** The events that tell what a detached run was to do. */
export function tellPlan(
  emit: Emit,
  { config, archive, run }: Pick<RunInputs, 'config' | 'archive' | 'run'>,
): void {
  emit('run.planned', planned(config, archive.location(run)));
}

/**
 * Makes the journal and the record of a detached run that has ended, archives all that is kept, and deletes then what is left of it:
 * whoever is killed before that is done leaves all that it can be done from again. Gives the exit code. What was shown already is
 * not shown again.
 * @throws CndError `run-superseded` when another process does it; `record-unwritten`, and nothing is deleted.
 */
export async function concludeDetached(
  inputs: Omit<RunInputs, 'clock' | 'views' | 'detached'> & {
    readonly clock: SetClock;
    readonly views: readonly View[];
  },
  claim: DetachedClaim,
  history: DetachedHistory,
  told: readonly ToldEvent[],
): Promise<number> {
  const { run, config, archive, clock, start } = inputs;
  await claim.confirm();
  // What a resume has left that was killed before it was done.
  await (archive.spool ?? archive).remove(run);
  await makeRunFolder(config.logs.directory, run);
  const rest = inputs.views.map((view) => new LaterView(view));
  clock.set(new Date(start.wall));
  const context = new RunContext({ ...inputs, views: rest, detached: true });
  const begun = history.firstStart;
  const ended = history.endedAt ?? new Date();
  tellPlan(context.emit, inputs);
  for (const { time, tell } of told.toSorted((a, b) => +a.time - +b.time)) {
    clock.set(time);
    if (begun && time >= begun && context.phases.current === 'plan') context.phases.begin('search');
    tell(context.emit);
  }
  clock.set(ended);
  for (const view of rest) view.begin();
  const { unknown } = history.search;
  if (unknown.length > 0)
    context.warn(
      `what ${plural(unknown.length, 'instance')} of ${config.instances} tested is unknown: they ended without a word, or were deleted before it was seen`,
    );
  context.launched = await launchedOf(inputs, history);
  for (const { id } of context.launched) context.known.add(id);
  await record(context);
  // Its Job has ended, and none of its pods runs any more.
  context.emit('terminate.started', { instances: context.launched.length });
  for (const { index, id } of context.launched) context.emit('instance.terminated', { instance: index, id });
  return finish(context, history.search, history.ending(), true, async ({ isArchived, logs }) => {
    if (!isArchived) {
      if (logs === archive.location(run)) throw unwritten(run, logs);
      context.warn(
        `run ${run} is kept on the cluster, because its record is not in ${archive.location(run)}: store it with: cnd resume ${run}`,
      );
      return true;
    }
    await claim.confirm().catch((error: unknown) => {
      // Somebody deleted it meanwhile: so much the better.
      if (!(error instanceof CndError) || error.code !== 'run-gone') throw error;
    });
    return deleteDetached(inputs, (warning) => context.emit('warning', warning)).catch((error: unknown) => {
      context.left = [run];
      context.emit('cleanup.failed', {
        what: 'what is left of the run on the cluster',
        reason: messageOf(error),
      });
      return false;
    });
  });
}

/** All that the fleet knows of, also those that were gone before anybody saw them; where it can't be asked, those that were seen. */
async function launchedOf(
  { run, fleet }: Pick<RunInputs, 'run' | 'fleet'>,
  { instances: seen }: DetachedHistory,
): Promise<Instance[]> {
  const known = await fleet.describe(run).catch((): readonly Pick<Instance, 'index' | 'id'>[] => []);
  const all = new Map([...known, ...seen].map(({ index, id }) => [index, id]));
  return [...all].toSorted(([a], [b]) => a - b).map(([index, id]) => ({ index, id, state: 'terminated' }));
}

/** Seconds for which the deletion of what is left is tried again. */
const deleteTimeout = 60;

/** Deletes what is left of a detached run that is recorded. @throws TerminationUnconfirmed */
export async function deleteDetached(
  { run, fleet }: Pick<RunInputs, 'run' | 'fleet'>,
  warn: (warning: EventFields['warning']) => void,
): Promise<true> {
  await terminateAll(fleet, run, [], deleteTimeout, ({ message, remedy }) =>
    warn({ message: `${message}; retrying`, ...(remedy !== undefined && { hint: remedy }) }),
  );
  await fleet.dispose(run);
  return true;
}

function unwritten(run: string, where: string): CndError {
  return new CndError('record-unwritten', `the record of ${run} cannot be written to ${where}`, {
    about: run,
    hint: `nothing of the run was deleted: once it can be, repeat: cnd resume ${run}`,
  });
}

/** A view that is told only of what comes from now on. */
class LaterView implements View {
  readonly #view: View;
  #has = false;

  constructor(view: View) {
    this.#view = view;
  }

  begin(): void {
    this.#has = true;
  }

  show(event: RunEvent): void {
    if (this.#has) this.#view.show(event);
  }

  close(): Promise<void> {
    return this.#view.close();
  }
}
