import { displayDigest } from '../puzzle/digest.ts';
import type { SearchRequest } from './engine.ts';
import { type Claim, type Hit, verifiedHit } from './hit.ts';

/** What hits are judged by, and whom they are told to. */
export interface HitsOptions extends Pick<
  SearchRequest,
  'puzzle' | 'space' | 'smallest' | 'emit' | 'elapsed'
> {
  /** N, as launched; 0 where the engine has no instances. */
  readonly workers: number;
  /** How many instances there are by now; absent: N. */
  readonly instances?: () => number;
}

/** What a claim came to: `none` is no hit, `known` is one but no better than the best, `better` is the best now. */
export type Judgement = 'none' | 'known' | 'better';

/** The hits of one search, whoever claims them: verified, told as events, and the best of them kept. */
export class Hits {
  readonly #options: HitsOptions;
  #best: Hit | undefined;

  constructor(options: HitsOptions) {
    this.#options = options;
  }

  /** The best verified hit so far: the first one, or with `smallest` the smallest. */
  get best(): Hit | undefined {
    return this.#best;
  }

  /** A hit that was told before, by another controller: it is only verified again. */
  restore(claim: Claim): void {
    const { instances, ...options } = this.#options;
    this.#best = verifiedHit(claim.instance, claim, {
      ...options,
      instances: instances?.() ?? options.workers,
    });
  }

  /**
   * `teller`, as a rule the agent of the instance with this index, says that a nonce is golden.
   *
   * @param options `onBetter` is called once it is verified and the best, before anybody is told; `quiet`: a false one is not told.
   */
  judge(
    teller: number | undefined,
    claim: Claim,
    {
      quiet = false,
      onBetter,
    }: { readonly quiet?: boolean; readonly onBetter?: (() => void) | undefined } = {},
  ): Judgement {
    const { smallest, emit, elapsed, puzzle, workers } = this.#options;
    const instances = this.#options.instances?.() ?? workers;
    const nonce = `${claim.nonce}`;
    const hit = verifiedHit(teller, claim, { ...this.#options, instances });
    if (!hit) {
      const reason = 'its digest does not match, or it is outside the nonce space';
      // Who wrote it on a queue may name an instance that there is not.
      const named = teller !== undefined && teller < instances ? teller : undefined;
      if (!quiet) emit('hit.rejected', { ...by(named), nonce, digest: claim.digest, reason });
      return 'none';
    }
    if (this.#best !== undefined && !(smallest && hit.nonce < this.#best.nonce)) return 'known';
    this.#best = hit;
    onBetter?.();
    const { instance, digest } = hit;
    const shown = displayDigest(puzzle, digest);
    emit('hit', {
      ...by(instance),
      nonce,
      digest,
      ...(shown !== digest && { displayDigest: shown }),
      elapsed: elapsed(),
    });
    return 'better';
  }
}

/** Whose it is, where that is an instance. */
function by(instance: number | undefined): { readonly instance?: number } {
  return instance === undefined ? {} : { instance };
}
