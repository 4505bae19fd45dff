import { CndError } from '../../error.ts';
import type { Arguments } from '../command.ts';

/** Starts a new run from what an ended one has covered; gives the exit code. */
export async function resumeEnded(run: string, _given: Arguments): Promise<number> {
  throw new CndError('not-implemented', `run ${run} has ended: it cannot be resumed yet`, {
    about: run,
    hint: 'see runs with: cnd logs ls',
  });
}
