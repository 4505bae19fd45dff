import { CndError } from '../../error.ts';
import type { RunState } from '../../state/run-state.ts';
import type { Arguments } from '../command.ts';

/** Continues a run within the same T; gives the exit code. */
export async function continueRun({ run }: RunState, _given: Arguments): Promise<number> {
  throw new CndError('not-implemented', `run ${run} cannot be continued yet`, {
    about: run,
    hint: `terminate it with: cnd scram --run ${run}`,
  });
}
