import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { CndError } from '../../../error.ts';
import { isPassing } from '../../../kubernetes/failure.ts';
import { type RetryOptions, retry } from '../../../retry.ts';
import { printable } from '../../../text.ts';
import { pause } from '../../../wait.ts';
import type { DetachedClaim } from '../../detached.ts';
import type { KubernetesApi } from '../api.ts';
import { labelKeys } from '../label.ts';

// An annotation of the Job says who has it, in a patch that counts only while nobody else has changed the Job: of all that try
// at once, one does. Its holder renews it; one that nobody renews is that of a dead process. Only the observer's own clock
// counts, as in client-go's leader election: the clocks of two machines differ.

/** Milliseconds between two renewals, and without any after which a claim is taken over. */
const times = { renewal: 2_000, expiry: 10_000 };

/** For how many milliseconds an API server that restarts, or is not reached, is asked again. */
const asking = (signal: AbortSignal): RetryOptions => ({ signal, timeout: 60_000, isRetryable: isPassing });

const claim = z.object({
  /** Of one process. */
  id: z.string().max(64),
  by: z.string().max(300),
  /** How often it was renewed. */
  renewed: z.int().nonnegative(),
});

/** Who has the claim of a Job, as its annotation has it. */
export type JobClaim = z.output<typeof claim>;

/** The claim in an annotation; undefined when there is none, or something that nobody of cnd's wrote. Pure. */
export function parseClaim(text: string | undefined): JobClaim | undefined {
  try {
    return claim.safeParse(JSON.parse(text ?? '')).data;
  } catch {
    return undefined;
  }
}

/** See `Detaching.claim`. `milliseconds`: other times for tests. */
export async function claimJob(
  api: KubernetesApi,
  run: string,
  by: string,
  {
    signal,
    onWait,
    milliseconds = times,
  }: {
    readonly signal: AbortSignal;
    readonly onWait: (by: string) => void;
    readonly milliseconds?: typeof times;
  },
): Promise<DetachedClaim> {
  const id = randomBytes(8).toString('hex');
  const own = { id, by: by.slice(0, 300), renewed: 0 };
  let first: string | undefined;
  let hasWaited = false;
  const begun = performance.now();
  for (;;) {
    signal.throwIfAborted();
    const job = await retry(() => api.job(run, signal), asking(signal));
    if (!job) throw gone(run);
    const text = job.metadata.annotations?.[labelKeys.claim] ?? '';
    const held = parseClaim(text);
    // The answer to our own patch was lost.
    if (held?.id === id) break;
    first ??= text;
    if (held && text !== first) throw driven(run, held);
    const isDead = performance.now() - begun >= milliseconds.expiry;
    if (!held || isDead) {
      const values = { [labelKeys.claim]: JSON.stringify(own) };
      if (await retry(() => api.annotateJob(run, job, values, signal), asking(signal))) break;
      continue;
    }
    if (!hasWaited) onWait(printable(held.by));
    hasWaited = true;
    await pause(milliseconds.renewal / 4, signal);
  }
  return new HeldClaim(api, run, own, milliseconds.renewal);
}

/** The claim of this process. */
class HeldClaim implements DetachedClaim {
  readonly #api: KubernetesApi;
  readonly #run: string;
  readonly #lost = new AbortController();
  readonly #released = new AbortController();
  readonly #renewing: Promise<void>;
  #own: JobClaim;

  constructor(api: KubernetesApi, run: string, own: JobClaim, interval: number) {
    this.#api = api;
    this.#run = run;
    this.#own = own;
    this.#renewing = this.#renewAll(interval);
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async confirm(): Promise<void> {
    this.#lost.signal.throwIfAborted();
    await retry(() => this.#renew(), asking(this.#lost.signal));
  }

  async release(): Promise<void> {
    this.#released.abort();
    await this.#renewing;
    try {
      const job = await this.#api.job(this.#run);
      if (job && this.#isOwn(job.metadata.annotations?.[labelKeys.claim]))
        await this.#api.annotateJob(this.#run, job, { [labelKeys.claim]: null });
    } catch {
      // It expires.
    }
  }

  #isOwn(text: string | undefined): boolean {
    return parseClaim(text)?.id === this.#own.id;
  }

  /** Never rejects: what cannot be renewed now is later, or is another's then. */
  async #renewAll(interval: number): Promise<void> {
    const { signal } = this.#released;
    for (;;) {
      await pause(interval, signal);
      if (signal.aborted) return;
      try {
        await this.#renew();
      } catch (error) {
        if (!isOver(error)) continue;
        this.#lost.abort(error);
        return;
      }
    }
  }

  /** @throws CndError `run-superseded`, `run-gone`; KubernetesError */
  async #renew(): Promise<void> {
    for (;;) {
      const job = await this.#api.job(this.#run);
      if (!job) throw gone(this.#run);
      if (!this.#isOwn(job.metadata.annotations?.[labelKeys.claim])) throw superseded(this.#run);
      this.#own = { ...this.#own, renewed: this.#own.renewed + 1 };
      // Anybody may change a Job at any time: its controller does, with every pod that ends.
      if (await this.#api.annotateJob(this.#run, job, { [labelKeys.claim]: JSON.stringify(this.#own) }))
        return;
    }
  }
}

function isOver(error: unknown): boolean {
  return error instanceof CndError && (error.code === 'run-gone' || error.code === 'run-superseded');
}

/** The error for a run that is not on its cluster any more. */
export function gone(run: string, where?: string): CndError {
  return new CndError(
    'run-gone',
    `run ${run} is not ${where === undefined ? 'there' : `in ${where}`} any more`,
    {
      about: run,
      hint: `somebody may have resumed or ended it: cnd logs ls`,
    },
  );
}

function driven(run: string, { by }: JobClaim): CndError {
  return new CndError('run-driven', `run ${run} is being resumed by ${printable(by)}`, {
    about: run,
    hint: `watch it with: cnd attach ${run}; should that process be killed, resume it again`,
  });
}

function superseded(run: string): CndError {
  return new CndError('run-superseded', `run ${run} was resumed by another cnd, which writes its record`, {
    about: run,
    hint: `see it with: cnd attach ${run}`,
  });
}
