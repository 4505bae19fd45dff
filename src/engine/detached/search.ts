import type { Emit, EventFields } from '../../event/event.ts';
import type { Puzzle } from '../../puzzle/puzzle.ts';
import type { Coverage } from '../../search/coverage.ts';
import { Ledger } from '../../search/ledger.ts';
import type { Space } from '../../search/search.ts';
import type { RunningSearch } from '../engine.ts';
import type { Hit } from '../hit.ts';
import { Hits } from '../hits.ts';
import type { DetachedMessage } from './message.ts';

/** What a detached search is judged by. */
export interface DetachedSearchOptions {
  readonly puzzle: Puzzle;
  readonly space: Space;
  /** N: worker k has residue k, and nobody else ever has. */
  readonly workers: number;
  readonly emit: Emit;
  readonly elapsed: () => number;
}

/** A search without a controller, put together from what its workers have left. It does no I/O. */
export class DetachedSearch implements Pick<RunningSearch, 'best' | 'isComplete' | 'coverage' | 'evidence'> {
  readonly #ledger: Ledger;
  readonly #hits: Hits;
  readonly #emit: Emit;
  readonly #workers: number;
  readonly #told = new Set<number>();

  constructor(options: DetachedSearchOptions) {
    const { space, workers, emit } = options;
    this.#ledger = new Ledger(space, workers);
    this.#hits = new Hits({ ...options, smallest: false });
    this.#emit = emit;
    this.#workers = workers;
    for (let worker = 0; worker < workers; worker++) this.#ledger.deal(worker);
  }

  /** The first golden nonce that was told, verified. */
  get best(): Hit | undefined {
    return this.#hits.best;
  }

  /** Whether every nonce of the space was tested. */
  get isComplete(): boolean {
    return this.#ledger.complete();
  }

  /** Workers that have told nothing of what they tested. */
  get unknown(): number[] {
    return Array.from({ length: this.#workers }, (_, worker) => worker).filter(
      (worker) => !this.#told.has(worker),
    );
  }

  coverage(): Coverage {
    return this.#ledger.coverage();
  }

  evidence(): undefined {
    return undefined;
  }

  /** Takes what a worker has left: nothing of it counts that cannot be. */
  take(worker: number, { next, done, nonce, digest }: DetachedMessage): void {
    if (next !== undefined) {
      const result = this.#ledger.report(worker, { residue: worker, next, done });
      if (result.accepted) this.#told.add(worker);
      else this.#emit('instance.error', { instance: worker, message: `impossible report: ${result.reason}` });
    }
    if (nonce === undefined || digest === undefined) return;
    const judged = this.#hits.judge(worker, { nonce, digest });
    if (judged !== 'none') this.#ledger.confirm(nonce);
  }
}

/** What `instance.progress` says of a worker that has ended. Pure. */
export function detachedProgress(
  instance: number,
  { next = BigInt(instance), done, hashes, since, at }: DetachedMessage,
): EventFields['instance.progress'] {
  const seconds = since !== undefined && at !== undefined ? at - since : 0;
  return {
    instance,
    hashes,
    rate: seconds > 0 ? hashes / seconds : 0,
    residues: [
      {
        residue: instance,
        next: `${next}`,
        done: done.map(([lo, hi]): [string, string] => [`${lo}`, `${hi}`]),
      },
    ],
  };
}
