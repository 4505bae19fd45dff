import { makeRunFolder } from '../../archive/directory-probe.ts';
import type { Emit, EventFields, EventName, RunEvent } from '../../event/event.ts';
import type { View } from '../../event/view.ts';
import { plural } from '../../quantity.ts';
import { RunContext, type RunInputs } from '../context.ts';
import { finish, record } from '../finish.ts';
import { ownInstances, undo } from '../launch.ts';
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
 * Makes the journal and the record of a detached run that has ended, deletes what is left of it, and archives all that is kept;
 * gives the exit code. What was shown already is not shown again.
 */
export async function concludeDetached(
  inputs: Omit<RunInputs, 'clock' | 'views'> & { readonly clock: SetClock; readonly views: readonly View[] },
  history: DetachedHistory,
  told: readonly ToldEvent[],
): Promise<number> {
  const { run, config, archive, clock, start } = inputs;
  // What a resume has left that was killed before it was done.
  await (archive.spool ?? archive).remove(run);
  await makeRunFolder(config.logs.directory, run);
  const rest = inputs.views.map((view) => new LaterView(view));
  clock.set(new Date(start.wall));
  const context = new RunContext({ ...inputs, views: rest });
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
      `what ${plural(unknown.length, 'instance')} of ${config.instances} tested is unknown: their pods were deleted before they were seen to have ended`,
    );
  context.launched = history.instances.map(({ index, id }) => ({ index, id, state: 'terminated' }));
  for (const { id } of context.launched) context.known.add(id);
  await record(context);
  ownInstances(context);
  const clean = await undo(context);
  return finish(context, history.search, history.ending(), clean);
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
