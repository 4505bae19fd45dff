import { Changes, withDeadline } from '../../../wait.ts';
import type { KubernetesApi } from '../api.ts';
import type { Pod } from '../object.ts';
import { indexOfPod, podInstance } from '../pod-instance.ts';
import { PodWatch } from '../pod-watch.ts';
import type { PodEnd } from './problem.ts';

/** Milliseconds for which a watch may be behind a list. */
const behind = 1_000;

/**
 * How the pods of a run have ended. A pod that is evicted may be gone a second later: between two lists only a watch tells why.
 * Where there is no right to watch, it is known of those alone that a list had on their way out.
 */
export class PodEnds {
  readonly #run: string;
  readonly #ends = new Map<number, PodEnd>();
  readonly #changes = new Changes();
  readonly #watch: PodWatch;
  /** What was waited for in vain. */
  readonly #unknown = new Set<number>();

  constructor(api: KubernetesApi, run: string) {
    this.#run = run;
    this.#watch = new PodWatch(api, run, {
      see: (pod, isGone) => this.#see(pod, isGone),
      onState: () => this.#changes.notify(),
    });
  }

  /** By the index of the pod. */
  get all(): ReadonlyMap<number, PodEnd> {
    return this.#ends;
  }

  /** Takes the pods of a list, and watches from its version on, if that has not begun. */
  list(pods: readonly Pod[], version: string): void {
    for (const pod of pods) this.#see(pod, false);
    this.#watch.start(version);
  }

  /** Resolves once it is known how the pods of these indexes ended, or that is not to be expected any more. Never rejects. */
  async known(indexes: readonly number[], signal: AbortSignal | undefined): Promise<void> {
    const isKnown = (): boolean =>
      indexes.every((index) => this.#ends.has(index) || this.#unknown.has(index));
    const isWorthIt = (): boolean => this.#watch.mayTell && !isKnown();
    const wait = async (): Promise<void> =>
      withDeadline(behind, signal, async (until) => {
        while (isWorthIt() && !until.aborted) await this.#changes.next(until);
      });
    await wait();
    if (isWorthIt() && !signal?.aborted) {
      // A pod is gone, and the watch has not told: its connection may be dead without anybody having said so.
      this.#watch.reconnect();
      await wait();
    }
    for (const index of indexes) this.#unknown.add(index);
  }

  stop(): void {
    this.#watch.stop();
  }

  #see(pod: Pod, isGone: boolean): void {
    const index = indexOfPod(pod);
    const { metadata } = pod;
    const deletionTimestamp = metadata.deletionTimestamp ?? (isGone ? new Date().toISOString() : null);
    const instance = podInstance(this.#run, { ...pod, metadata: { ...metadata, deletionTimestamp } });
    const { state, reason, endedBy } = instance ?? {};
    if (index === undefined || (state !== 'terminated' && state !== 'shutting-down')) return;
    this.#ends.set(index, { ...(reason !== undefined && { reason }), endedBy });
    this.#changes.notify();
  }
}
