import { setTimeout as delay } from 'node:timers/promises';
import { onceAborted, Changes } from '../wait.ts';
import type { Instance } from '../instance.ts';

/**
 * Seconds between two looks at the fleet while instances are pending, at most, and once all are running. The first ones
 * are as far apart as the fleet wants.
 */
const intervals = { pending: 2, running: 5 };

/** Looks at the fleet without an instance that was seen before, in a row, after which it has vanished. */
const vanishedAfter = 3;

/** Who is told of what the fleet answers. */
export interface WatchListener {
  /** The instances were launched long ago: one that the fleet does not know any more has vanished. */
  readonly haveBeenSeen?: boolean;
  /** It cannot be asked. */
  readonly onError: (error: unknown) => void;
  /** How many seconds an answer took, also one that it cannot be asked. */
  readonly onAnswer?: (seconds: number) => void;
}

/** Who can tell how the instances of a run are: their fleet. */
export interface InstanceSource {
  /** Seconds between two looks, at least. */
  readonly timing: { readonly poll: number };
  /** @throws CndError when nothing can be known now. */
  describe(run: string, signal?: AbortSignal): Promise<Instance[]>;
}

/**
 * One eye on the whole fleet: describes all instances of a run in one call at a time and tells those who wait for one
 * of them. Starts with what the launch answered.
 */
export class Watch {
  readonly #fleet: InstanceSource;
  readonly #run: string;
  readonly #known = new Map<number, Instance>();
  /** How often in a row an instance that was seen is missing now. */
  readonly #missing = new Map<number, number>();
  readonly #changes = new Changes();
  #nudged = new AbortController();
  /** Somebody nudged, perhaps while the fleet was being asked. */
  #urgent = false;
  readonly #listener: WatchListener;

  constructor(fleet: InstanceSource, run: string, launched: readonly Instance[], listener: WatchListener) {
    this.#fleet = fleet;
    this.#run = run;
    this.#listener = listener;
    for (const instance of launched) {
      this.#known.set(instance.index, instance);
      if (listener.haveBeenSeen) this.#missing.set(instance.index, 0);
    }
  }

  get instances(): Instance[] {
    return [...this.#known.values()];
  }

  /** One more is launched. */
  add(instance: Instance): void {
    if (!this.#known.has(instance.index)) this.#known.set(instance.index, instance);
    this.#changes.notify();
  }

  /** Asks the fleet once, now. @throws CndError when nothing can be known. */
  async look(signal: AbortSignal): Promise<void> {
    this.#learn(await this.#fleet.describe(this.#run, signal));
  }

  /** Polls until `signal` aborts. A failing call is told once in a row and tried again. */
  async poll(signal: AbortSignal): Promise<void> {
    const { poll } = this.#fleet.timing;
    let wait = poll;
    let failing = false;
    while (!signal.aborted) {
      const pending = this.instances.some(({ state }) => state === 'pending');
      await this.#pause(pending ? wait : Math.max(poll, intervals.running), signal);
      if (signal.aborted) return;
      wait = Math.min(wait * 1.5, Math.max(poll, intervals.pending));
      const begin = performance.now();
      try {
        await this.look(signal);
        failing = false;
      } catch (error) {
        if (signal.aborted) return;
        if (!failing) this.#listener.onError(error);
        failing = true;
      }
      this.#listener.onAnswer?.((performance.now() - begin) / 1000);
    }
  }

  /** Looks at once: something tells that an instance is not what it was. */
  nudge(): void {
    this.#urgent = true;
    this.#nudged.abort();
  }

  /** Resolves with the instance once it is running and can be reached, or once it no longer lives. */
  async settled(index: number, signal: AbortSignal): Promise<Instance> {
    for (;;) {
      const instance = this.#known.get(index);
      if (instance && (instance.address !== undefined || isGone(instance))) return instance;
      await this.#changes.next(signal);
      signal.throwIfAborted();
    }
  }

  /** Resolves when the instance no longer lives. */
  async gone(index: number, signal: AbortSignal): Promise<Instance> {
    for (;;) {
      const instance = this.#known.get(index);
      if (instance && isGone(instance)) return instance;
      await this.#changes.next(signal);
      signal.throwIfAborted();
    }
  }

  async #pause(seconds: number, signal: AbortSignal): Promise<void> {
    this.#nudged = new AbortController();
    if (this.#urgent) this.#nudged.abort();
    const off = onceAborted(signal, () => this.nudge());
    await delay(seconds * 1000, undefined, { signal: this.#nudged.signal }).catch(() => {});
    off();
    this.#urgent = false;
  }

  #learn(instances: readonly Instance[]): void {
    for (const instance of instances) this.#known.set(instance.index, instance);
    this.#noteVanished(instances);
    this.#changes.notify();
  }

  /**
   * A fleet may leave out terminated instances, and EC2 may leave out new ones for a moment: only one that was seen and
   * is missing several times in a row counts as terminated.
   */
  #noteVanished(seen: readonly Instance[]): void {
    const present = new Set(seen.map(({ index }) => index));
    for (const instance of this.#known.values()) {
      const { index } = instance;
      if (present.has(index)) {
        this.#missing.set(index, 0);
        continue;
      }
      const times = this.#missing.get(index);
      if (times === undefined || isGone(instance)) continue;
      this.#missing.set(index, times + 1);
      if (times + 1 >= vanishedAfter)
        this.#known.set(index, { ...instance, state: 'terminated', reason: 'it vanished' });
    }
  }
}

function isGone({ state }: Instance): boolean {
  return state === 'terminated' || state === 'shutting-down';
}
