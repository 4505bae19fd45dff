import { KubernetesError, isForbidden } from '../../kubernetes/failure.ts';
import { backoff } from '../../retry.ts';
import { onceAborted, pause } from '../../wait.ts';
import type { KubernetesApi } from './api.ts';
import type { Pod } from './object.ts';

/** Seconds after which the API server ends a watch, to be begun again. */
const watchSeconds = 30;

/** Milliseconds after which a watch that ends has not failed. */
const lasting = 10_000;

/**
 * Milliseconds for which a refusal is taken for that of an API server that has just started, and says so of everybody; and until
 * somebody is asked again who may not watch.
 */
const forbidden = { passing: 20_000, again: 30_000 };

/** Who is told of pods. */
export interface PodListener {
  /** A pod as it is now or, when it is gone, was last. */
  readonly see: (pod: Pod, isGone: boolean) => void;
  /** `mayTell` has changed. */
  readonly onState?: () => void;
}

/**
 * Tells what becomes of the pods of a run, whatever becomes of the connection: a watch that has ended goes on where it was, so
 * that nothing between two of them is missed, also of pods that are gone by now. When the API server does not remember that far
 * back (410), all pods are listed anew. What fails is tried again ever more seldom, up to 5 s.
 */
export class PodWatch {
  readonly #api: KubernetesApi;
  readonly #run: string;
  readonly #listener: PodListener;
  readonly #stopped = new AbortController();
  #cut = new AbortController();
  #version = '';
  #isStarted = false;
  #refusedSince: number | undefined;
  #refusal: KubernetesError | undefined;

  constructor(api: KubernetesApi, run: string, listener: PodListener) {
    this.#api = api;
    this.#run = run;
    this.#listener = listener;
  }

  /** Begins after the list that has this version. */
  start(version: string): void {
    if (this.#isStarted || this.#stopped.signal.aborted) return;
    this.#isStarted = true;
    this.#version = version;
    void this.#watch();
  }

  get isStarted(): boolean {
    return this.#isStarted;
  }

  /** Whether something may be told yet: it was begun, and the API server does not refuse it. Its connection may be dead. */
  get mayTell(): boolean {
    return this.#isStarted && !this.#stopped.signal.aborted && this.#refusedSince === undefined;
  }

  /** How far it has come; empty when that is not known. */
  get version(): string {
    return this.#version;
  }

  /** What the API server says to somebody who may not watch, once that does not pass by itself. */
  get refusal(): KubernetesError | undefined {
    return this.#refusal;
  }

  /** Goes on with a new connection, at once: the one that there is tells nothing of what has happened. */
  reconnect(): void {
    this.#cut.abort();
  }

  stop(): void {
    this.#stopped.abort();
    this.#listener.onState?.();
  }

  /** Never rejects. */
  async #watch(): Promise<void> {
    const { signal } = this.#stopped;
    for (let failures = 0; !signal.aborted;) {
      const begun = performance.now();
      this.#cut = new AbortController();
      const cut = this.#cut;
      const off = onceAborted(signal, () => cut.abort());
      try {
        if (this.#version === '') await this.#list(signal);
        await this.#follow(cut.signal);
      } catch (error) {
        if (!cut.signal.aborted) this.#fail(error);
      }
      const isFailure = !cut.signal.aborted && performance.now() - begun < lasting;
      failures = isFailure ? failures + 1 : 0;
      if (!cut.signal.aborted) await pause(this.#refusal ? forbidden.again : backoff(failures), cut.signal);
      off();
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const changes = this.#api.podChanges(this.#run, {
      version: this.#version,
      seconds: watchSeconds,
      signal,
      onOpen: () => {
        this.#refusedSince = undefined;
        this.#refusal = undefined;
      },
    });
    for await (const { version, pod, isGone = false } of changes) {
      if (version !== '') this.#version = version;
      if (pod) this.#listener.see(pod, isGone);
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { items, version } = await this.#api.listedPods(this.#run, signal);
    for (const pod of items) this.#listener.see(pod, false);
    this.#version = version;
  }

  #fail(error: unknown): void {
    if (!(error instanceof KubernetesError)) return;
    if (error.status === 410) this.#version = '';
    if (!isForbidden(error)) return;
    this.#refusedSince ??= performance.now();
    if (performance.now() - this.#refusedSince >= forbidden.passing) this.#refusal = error;
    this.#listener.onState?.();
  }
}
