import { isForbidden } from '../../../kubernetes/failure.ts';
import { backoff } from '../../../retry.ts';
import { Changes, pause, withDeadline } from '../../../wait.ts';
import type { KubernetesApi } from '../api.ts';
import type { Pod } from '../object.ts';
import { indexOfPod, podInstance } from '../pod-instance.ts';
import type { PodEnd } from './problem.ts';

/** Milliseconds for which a watch may be behind a list. */
const behind = 1_000;

/** Milliseconds after which a watch that ends has not failed. */
const lasting = 10_000;

/** Milliseconds until somebody is asked again who may not watch: an API server that has just started says so of everybody. */
const forbidden = 30_000;

/**
 * How the pods of a run have ended. A pod that is evicted may be gone a second later: between two lists only a watch tells why.
 * Where there is no right to watch, it is known of those alone that a list had on their way out.
 */
export class PodEnds {
  readonly #api: KubernetesApi;
  readonly #run: string;
  readonly #ends = new Map<number, PodEnd>();
  readonly #changes = new Changes();
  readonly #stopped = new AbortController();
  /** What was waited for in vain. */
  readonly #unknown = new Set<number>();
  #isStarted = false;
  /** The watch has begun, and has not failed since. */
  #isWatching = false;

  constructor(api: KubernetesApi, run: string) {
    this.#api = api;
    this.#run = run;
  }

  /** By the index of the pod. */
  get all(): ReadonlyMap<number, PodEnd> {
    return this.#ends;
  }

  /** Takes the pods of a list, and watches from its version on, if that has not begun. */
  list(pods: readonly Pod[], version: string): void {
    for (const pod of pods) this.#see(pod);
    if (this.#isStarted) return;
    this.#isStarted = true;
    void this.#watch(version);
  }

  /** Resolves once it is known how the pods of these indexes ended, or that is not to be expected any more. Never rejects. */
  async known(indexes: readonly number[], signal: AbortSignal | undefined): Promise<void> {
    const isKnown = (): boolean =>
      indexes.every((index) => this.#ends.has(index) || this.#unknown.has(index));
    await withDeadline(behind, signal, async (until) => {
      while (this.#isWatching && !isKnown() && !until.aborted) await this.#changes.next(until);
    });
    for (const index of indexes) this.#unknown.add(index);
  }

  stop(): void {
    this.#stopped.abort();
    this.#isWatching = false;
    this.#changes.notify();
  }

  /** Never rejects. */
  async #watch(from: string): Promise<void> {
    const { signal } = this.#stopped;
    let version = from;
    for (let failures = 0; !signal.aborted;) {
      const begun = performance.now();
      let isRefused = false;
      try {
        this.#isWatching = true;
        for await (const pod of this.#api.podChanges(this.#run, version, signal)) this.#see(pod);
      } catch (error) {
        // That it cannot be reached is told by the next list.
        isRefused = isForbidden(error);
      }
      this.#isWatching = false;
      this.#changes.notify();
      failures = performance.now() - begun < lasting ? failures + 1 : 0;
      await pause(isRefused ? forbidden : backoff(failures), signal);
      if (signal.aborted) return;
      const listed = await this.#api.listedPods(this.#run, signal).catch(() => undefined);
      for (const pod of listed?.items ?? []) this.#see(pod);
      version = listed?.version ?? version;
    }
  }

  #see(pod: Pod): void {
    const index = indexOfPod(pod);
    const { state, reason, endedBy } = podInstance(this.#run, pod) ?? {};
    if (index === undefined || (state !== 'terminated' && state !== 'shutting-down')) return;
    this.#ends.set(index, { ...(reason !== undefined && { reason }), endedBy });
    this.#changes.notify();
  }
}
