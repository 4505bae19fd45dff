import { isDeepStrictEqual } from 'node:util';
import { isPassing } from '../../../kubernetes/failure.ts';
import { backoff } from '../../../retry.ts';
import { Changes, onceAborted, pause } from '../../../wait.ts';
import type { DetachedInstance, DetachedLook, DetachedRun } from '../../detached.ts';
import type { KubernetesApi } from '../api.ts';
import { ownerHash } from '../label.ts';
import type { JobObject, Pod } from '../object.ts';
import { PodWatch } from '../pod-watch.ts';
import { ProblemReport } from '../problem/problem-report.ts';
import { endOf } from '../problem/problem.ts';
import { gone } from './claim.ts';
import { detachedInstance, detachedRun } from './instance.ts';

/** Milliseconds between two looks at the Job, and for which an API server that does not answer is asked again. */
const every = 1000;
const giveUpAfter = 60_000;

/** Milliseconds between two questions of why pods are missing. */
const askEvery = 5_000;

/**
 * Follows a detached run: its pods by a watch, which alone tells what those leave that the Job deletes at its end, and
 * the Job itself by a look now and then. See `Detaching.follow`.
 */
export async function* followJob(
  api: KubernetesApi,
  run: string,
  signal: AbortSignal,
): AsyncGenerator<DetachedLook> {
  let own: string | undefined;
  const problems: string[] = [];
  const report = new ProblemReport((message) => problems.push(message));
  const pods = new FollowedPods(api, run, signal, report);
  let failing: number | undefined;
  let asked = Number.NEGATIVE_INFINITY;
  try {
    while (!signal.aborted) {
      try {
        own ??= ownerHash(await api.user(signal));
        // The Job first: pods that are listed after its end are all that will be.
        const { look, job } = await lookAt(api, run, own, signal);
        if (look.endedAt) await pods.complete();
        else await pods.start();
        if (!look.endedAt) report.seeJob(job);
        const isLacking = !look.endedAt && pods.count < (job.spec.completions ?? 0);
        if (isLacking && performance.now() - asked >= askEvery) {
          asked = performance.now();
          await report.ask(api, run, signal);
        }
        failing = undefined;
        yield { run: look, changed: pods.take(), problems: problems.splice(0) };
        if (look.endedAt) return;
        await pods.next(every);
      } catch (error) {
        if (signal.aborted) return;
        failing ??= performance.now();
        if (!isPassing(error) || performance.now() - failing > giveUpAfter) throw error;
        await pause(backoff(2), signal);
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
): Promise<{ readonly look: DetachedRun; readonly job: JobObject }> {
  const { context, namespace } = api.client.place;
  const job = await api.job(run, signal);
  const look = job && detachedRun(job, context, own);
  if (look) return { look, job };
  throw gone(run, `${context}/${namespace}`);
}

/** The pods of one run as they change. */
class FollowedPods {
  readonly #api: KubernetesApi;
  readonly #run: string;
  readonly #signal: AbortSignal;
  readonly #report: ProblemReport;
  readonly #changes = new Changes();
  readonly #watch: PodWatch;
  readonly #last = new Map<number, DetachedInstance>();
  #changed = new Map<number, DetachedInstance>();

  constructor(api: KubernetesApi, run: string, signal: AbortSignal, report: ProblemReport) {
    this.#api = api;
    this.#run = run;
    this.#signal = signal;
    this.#report = report;
    this.#watch = new PodWatch(api, run, { see: (pod, isGone) => this.#see(pod, isGone) });
  }

  /** Lists all pods and watches them from then on, unless that has begun. @throws KubernetesError, also when it may not be watched. */
  async start(): Promise<void> {
    if (this.#watch.refusal) throw this.#watch.refusal;
    if (!this.#watch.isStarted) this.#watch.start(await this.#list());
  }

  /** The Job has ended: takes what its pods have left, also those that it has deleted since. @throws KubernetesError */
  async complete(): Promise<void> {
    this.#watch.stop();
    await this.#list();
    const { version } = this.#watch;
    if (version === '' || [...this.#last.values()].every(({ state }) => state === 'ended')) return;
    // The connection of the watch may have been dead: what it would have told is told by another one.
    const rest = this.#api.podChanges(this.#run, { version, seconds: 1, signal: this.#signal });
    try {
      for await (const { pod, isGone = false } of rest) if (pod) this.#see(pod, isGone);
    } catch {
      // Then it remains unknown.
    }
  }

  /** Those that there are, or were. */
  get count(): number {
    return this.#last.size;
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
    const off = onceAborted(this.#signal, () => over.abort());
    await Promise.race([this.#changes.next(over.signal), pause(milliseconds, over.signal)]);
    over.abort();
    off();
  }

  stop(): void {
    this.#watch.stop();
  }

  /** Takes all pods that there are, and gives the version of the list. @throws KubernetesError */
  async #list(): Promise<string> {
    const { items, version } = await this.#api.listedPods(this.#run, this.#signal);
    for (const pod of items) this.#see(pod, false);
    return version;
  }

  #see(pod: Pod, isGone: boolean): void {
    const seen = detachedInstance(this.#run, pod);
    if (!seen) return;
    const { index } = seen;
    const before = this.#last.get(index);
    if (seen.state === 'pending' && !isGone) this.#report.see(pod);
    // One that has run and is gone without a word has ended all the same.
    const isLost = isGone && seen.state === 'running';
    const instance = isLost
      ? { ...seen, state: 'ended' as const, reason: endOf(pod).reason ?? 'its pod was deleted' }
      : seen;
    // What has ended stays so, whatever is told of it later.
    if (
      before &&
      (isDeepStrictEqual(before, instance) || (before.state === 'ended' && instance.state !== 'ended'))
    )
      return;
    this.#last.set(index, instance);
    this.#changed.set(index, instance);
    this.#changes.notify();
  }
}
