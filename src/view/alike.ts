import type { RunEvent } from '../event/event.ts';

/** An event that several instances may tell in the same words. */
type Alike = Extract<RunEvent, { event: 'instance.lost' | 'instance.error' | 'logs.missing' }>;

/** Milliseconds for which others that say the same are waited for. */
const gatherTime = 100;

/** What an event says besides of which instance; undefined for one that is always a line of its own. Pure. */
export function alikeKey(event: RunEvent): string | undefined {
  if (event.event === 'instance.lost') return `lost ${event.retrying} ${event.reason}`;
  if (event.event === 'instance.error') return `error ${event.message}`;
  if (event.event === 'logs.missing') return `logs ${event.reason}`;
  return undefined;
}

/** Some instances in words: `#1 #4 #6`, at most eight of them: `… and 12 more`. Pure. */
export function instanceWords(indices: readonly number[]): string {
  const some = indices.slice(0, 8).map((index) => `#${index}`);
  const more = indices.length - some.length;
  return [...some, ...(more > 0 ? [`and ${more} more`] : [])].join(' ');
}

/** Events on their way to lines: those that say the same of several instances, one after the other, become one. */
export class AlikeEvents {
  readonly #tell: (event: RunEvent, instances: readonly number[]) => void;
  #held: { readonly event: Alike; readonly key: string; readonly instances: number[] } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #waiting: (() => void)[] = [];

  /** `tell` is given each event, and the instances that it is of where there are several. */
  constructor(tell: (event: RunEvent, instances: readonly number[]) => void) {
    this.#tell = tell;
  }

  add(event: RunEvent): void {
    const key = alikeKey(event);
    if (key !== undefined && this.#held?.key === key && 'instance' in event && event.instance !== undefined) {
      this.#held.instances.push(event.instance);
      return;
    }
    this.flush();
    if (!isAlike(event)) return this.#tell(event, []);
    this.#held = { event, key: key ?? '', instances: [event.instance] };
    this.#timer = setTimeout(() => this.flush(), gatherTime);
  }

  /** Tells what is held back. */
  flush(): void {
    clearTimeout(this.#timer);
    const held = this.#held;
    this.#held = undefined;
    if (held) this.#tell(held.event, held.instances.length > 1 ? held.instances : []);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Resolves when nothing is held back. */
  settle(): Promise<void> {
    if (!this.#held) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

function isAlike(event: RunEvent): event is Alike {
  return alikeKey(event) !== undefined;
}
