import { CndError, messageOf } from '../error.ts';
import { type Outcome, exitCodes } from '../event/outcome.ts';
import type { Interruption } from './interrupt.ts';
import type { Hit } from '../engine/hit.ts';
import type { SearchEnd } from '../engine/engine.ts';

/** What a search came to. */
export interface RunResult {
  readonly outcome: Outcome;
  /** Without regard to the cleanup, which may override it. */
  readonly exitCode: number;
  /** The golden nonce; with any outcome but `found`, a candidate. */
  readonly hit?: Hit;
  readonly reason?: string;
}

/** Everything that can end a search. */
export type Ending =
  | SearchEnd
  | { readonly kind: 'time-limit'; readonly searched: boolean }
  | { readonly kind: 'interrupted'; readonly by: Interruption }
  | { readonly kind: 'failed'; readonly error: unknown };

/**
 * What an ending means. `best` is the best verified hit; with `smallest` it is only a candidate unless the search
 * itself said that it is found. `isComplete`: `RunningSearch.isComplete`, once nothing searches any more: a proof does not outlive what it rests on.
 */
export function runResult(
  ending: Ending,
  best: Hit | undefined,
  smallest: boolean,
  isComplete = true,
): RunResult {
  const isProved = isComplete || (ending.kind === 'found' && !smallest);
  if (ending.kind === 'found' && isProved)
    return { outcome: 'found', exitCode: exitCodes.found, hit: ending.hit };
  // A golden nonce that was verified just before something else ended the run is what the user asked for.
  if (best && !smallest) return { outcome: 'found', exitCode: exitCodes.found, hit: best };
  const candidate = best ? { hit: best } : {};
  switch (ending.kind) {
    case 'found':
      return { outcome: 'unproven', exitCode: exitCodes.notFound, hit: ending.hit, reason: takenBack };
    case 'exhausted':
      return isProved
        ? { outcome: 'exhausted', exitCode: exitCodes.notFound }
        : { outcome: 'failed', exitCode: exitCodes.failed, reason: takenBack };
    case 'time-limit':
      return {
        outcome: best ? 'unproven' : 'time-limit',
        exitCode: exitCodes.notFound,
        ...candidate,
        ...(ending.searched ? {} : { reason: 'the time limit was reached before anything was searching' }),
      };
    case 'interrupted':
      return { outcome: 'interrupted', exitCode: ending.by.exitCode, ...candidate, reason: ending.by.name };
    case 'lost':
      return {
        outcome: 'failed',
        exitCode: exitCodes.failed,
        ...candidate,
        reason: ending.reason,
      };
    case 'failed':
      return { outcome: 'failed', exitCode: exitCodes.failed, ...candidate, reason: words(ending.error) };
  }
}

const takenBack =
  'an instance took back what it had said to be tested, as the search ended; cnd resume tests the rest';

function words(error: unknown): string {
  if (error instanceof CndError) return error.hint ? `${error.message} (${error.hint})` : error.message;
  return messageOf(error);
}
