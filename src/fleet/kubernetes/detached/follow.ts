import { isPassing } from '../../../kubernetes/failure.ts';
import { backoff } from '../../../retry.ts';
import { Changes, onceAborted, pause } from '../../../wait.ts';
import type { DetachedInstance, DetachedLook, DetachedRun } from '../../detached.ts';
import type { KubernetesApi } from '../api.ts';
import { ownerHash } from '../label.ts';
import type { Pod } from '../object.ts';
import { gone } from './claim.ts';
import { detachedInstance, detachedRun } from './instance.ts';

/** Milliseconds between two looks at the Job, and for which an API server that does not answer is asked again. */
const every = 1000;
const giveUpAfter = 60_000;

/**
 * Follows a detached run: its pods by a watch, which alone tells what those leave that the Job deletes at its end, and
 * the Job itself by a look now and then. See `Detaching.follow`.
 */
export async function* followJob(
  api: KubernetesApi,
  run: string,
  signal: AbortSignal,
): AsyncGenerator<DetachedLook> {
  const own = ownerHash(await api.user(signal));
  const pods = new PodWatch(api, run, signal);
  let failing: number | undefined;
  try {
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        // The Job first: pods that are listed after its end are all that will be.
        const look = await lookAt(api, run, own, signal);
        const changed = look.endedAt || attempt === 0 ? await pods.list() : pods.take();
        if (attempt === 0) pods.start();
        failing = undefined;
        yield { run: look, changed };
        if (look.endedAt) return;
        await pods.next(every);
      } catch (error) {
        if (signal.aborted) return;
        failing ??= performance.now();
        if (!isPassing(error) || performance.now() - failing > giveUpAfter) throw error;
        await pause(backoff(2), signal);
        attempt = -1;
      }
    }
  } finally {
    pods.stop();
  }
}

async function lookAt(
  api: KubernetesApi,
  run: string,
  own: string,
  signal: AbortSignal,
): Promise<DetachedRun> {
  const { context, namespace } = api.client.place;
  const job = await api.job(run, signal);
  const look = job && detachedRun(job, context, own);
  if (look) return look;
  throw gone(run, `${context}/${namespace}`);
}

/** The pods of one run as they change, whatever happens to the connection that tells of them. */
class PodWatch {
  readonly #api: KubernetesApi;
  readonly #run: string;
  readonly #stopped = new AbortController();
  readonly #changes = new Changes();
  readonly #last = new Map<number, string>();
  #changed = new Map<number, DetachedInstance>();
  #version = '';
  #running = false;

  constructor(api: KubernetesApi, run: string, signal: AbortSignal) {
    this.#api = api;
    this.#run = run;
    onceAborted(signal, () => this.stop());
  }

  /** Lists all pods, and gives what has changed. @throws KubernetesError */
  async list(): Promise<DetachedInstance[]> {
    const { items, version } = await this.#api.listedPods(this.#run, this.#stopped.signal);
    this.#version = version;
    for (const pod of items) this.#see(pod);
    return this.take();
  }

  /** What has changed since the last time. */
  take(): DetachedInstance[] {
    const changed = [...this.#changed.values()];
    this.#changed = new Map();
    return changed;
  }

  /** Resolves at the next change, not later than after so many milliseconds. */
  async next(milliseconds: number): Promise<void> {
    if (this.#changed.size > 0) return;
    const over = new AbortController();
    const off = onceAborted(this.#stopped.signal, () => over.abort());
    await Promise.race([this.#changes.next(over.signal), pause(milliseconds, over.signal)]);
    over.abort();
    off();
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    void this.#watch();
  }

  stop(): void {
    this.#stopped.abort();
  }

  /** Never rejects: what cannot be watched is still listed at the end. */
  async #watch(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      const begun = performance.now();
      try {
        for await (const pod of this.#api.podChanges(this.#run, this.#version, signal)) this.#see(pod);
      } catch {
        // It is begun again.
      }
      if (performance.now() - begun < every) await pause(every, signal);
      if (signal.aborted) return;
      await this.list().then(
        (changed) => {
          for (const instance of changed) this.#changed.set(instance.index, instance);
          this.#changes.notify();
        },
        () => {},
      );
    }
  }

  #see(pod: Pod): void {
    const instance = detachedInstance(this.#run, pod);
    if (!instance) return;
    const text = JSON.stringify(instance);
    // What has ended stays so, whatever is told of it later.
    const before = this.#last.get(instance.index);
    if (before === text || (before?.includes('"state":"ended"') && instance.state !== 'ended')) return;
    this.#last.set(instance.index, text);
    this.#changed.set(instance.index, instance);
    this.#changes.notify();
  }
}
