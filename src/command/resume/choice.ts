import { CndError, UsageError } from '../../error.ts';
import { drivenBy } from '../../state/claim.ts';
import { isAlive } from '../../state/process.ts';
import { type RunState, listRunStates } from '../../state/run-state.ts';

/** What `cnd resume` is about. */
export type ChosenRun =
  /** Its live state is here, and nobody drives it. */
  | { readonly kind: 'unfinished'; readonly state: RunState }
  /** Nothing here tells of it as of one that goes on: it has ended. As it was named, perhaps only the beginning of an id. */
  | { readonly kind: 'ended'; readonly run: string };

/**
 * The run that is meant: by its id, by the beginning of one, or the only one that can be continued.
 * @throws CndError `run-driven`, `nothing-to-resume`; UsageError where several could be meant.
 */
export async function chooseRun(named: string | undefined, env: NodeJS.ProcessEnv): Promise<ChosenRun> {
  const states = await listRunStates(env);
  const candidates =
    named === undefined
      ? states.filter(({ controller }) => !isAlive(controller))
      : states.filter(({ run }) => run.startsWith(named));
  const [state, ...others] = candidates;
  if (!state && named !== undefined) return { kind: 'ended', run: named };
  if (!state) {
    throw new CndError('nothing-to-resume', 'there is no run to resume', {
      hint: 'see what is running with: cnd ps; runs that have ended with: cnd logs ls',
    });
  }
  if (others.length > 0) {
    const ids = candidates.map(({ run }) => run).join(', ');
    throw new UsageError('ambiguous-run', `several runs can be resumed: ${ids}`, {
      about: 'run',
      hint: `name one: cnd resume ${state.run}`,
    });
  }
  if (isAlive(state.controller)) throw drivenBy(state.run, state.controller);
  return { kind: 'unfinished', state };
}
