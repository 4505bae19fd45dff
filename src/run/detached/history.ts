import type { RunConfig } from '../../config/config.ts';
import { parseDetachedMessage } from '../../engine/detached/message.ts';
import { DetachedSearch, detachedProgress } from '../../engine/detached/search.ts';
import type { Emit } from '../../event/event.ts';
import type { DetachedInstance, DetachedLook } from '../../fleet/detached.ts';
import type { Ending } from '../result.ts';

/** What the events of a detached run are told with. */
export interface DetachedHistoryOptions {
  readonly config: Pick<RunConfig, 'puzzle' | 'space' | 'instances' | 'timeLimit'>;
  readonly startedAt: Date;
  /** Tells an event of a time that may be long past. */
  readonly emitAt: (time: Date) => Emit;
}

/** Seconds before T from which on an end is that of the time. */
const timeTolerance = 10;

/** What is seen of a detached run, made events of, and put together to a search. */
export class DetachedHistory {
  readonly search: DetachedSearch;
  readonly #options: DetachedHistoryOptions;
  readonly #seen = new Map<number, DetachedInstance>();
  readonly #words = new Set<string>();
  #time: Date;
  #endedAt: Date | undefined;

  constructor(options: DetachedHistoryOptions) {
    this.#options = options;
    this.#time = options.startedAt;
    const { puzzle, space, instances: workers } = options.config;
    const emit: Emit = (event, fields) => options.emitAt(this.#time)(event, fields);
    const elapsed = () => Math.max(0, (this.#time.getTime() - options.startedAt.getTime()) / 1000);
    this.search = new DetachedSearch({ puzzle, space, workers, emit, elapsed });
  }

  /** All instances that were seen, as they were last. */
  get instances(): readonly DetachedInstance[] {
    return [...this.#seen.values()].toSorted((a, b) => a.index - b.index);
  }

  /** When its search was over. */
  get endedAt(): Date | undefined {
    return this.#endedAt;
  }

  /** When its first instance began. */
  get firstStart(): Date | undefined {
    return this.instances.flatMap(({ startedAt }) => startedAt ?? []).toSorted((a, b) => +a - +b)[0];
  }

  take({ run, changed, problems = [] }: DetachedLook): void {
    this.#endedAt = run.endedAt;
    for (const message of problems) this.#at(new Date())('warning', { message });
    const mostInstances = this.#options.config.instances;
    for (const instance of changed.toSorted((a, b) => a.index - b.index))
      if (instance.index < mostInstances) this.#see(instance, run.createdAt);
  }

  /** What it has come to, once it has ended. */
  ending(): Ending {
    const { best, isComplete } = this.search;
    if (best) return { kind: 'found', hit: best };
    if (isComplete) return { kind: 'exhausted' };
    const { timeLimit } = this.#options.config;
    const elapsed = ((this.#endedAt ?? new Date()).getTime() - this.#options.startedAt.getTime()) / 1000;
    if (elapsed > timeLimit - timeTolerance)
      return { kind: 'time-limit', searched: this.firstStart !== undefined };
    const words = [...this.#words].slice(0, 3).join('; ');
    return { kind: 'lost', reason: words === '' ? 'its instances ended without a result' : words };
  }

  #see(instance: DetachedInstance, createdAt: Date): void {
    const before = this.#seen.get(instance.index);
    const { index, id, address, state, startedAt } = instance;
    this.#seen.set(index, instance);
    if (!before) this.#at(createdAt)('instance.launched', { instance: index, id });
    const isNew = !before || before.state === 'pending';
    if (isNew && startedAt && address !== undefined)
      this.#at(startedAt)('instance.running', { instance: index, id, address });
    // Where a queue of the cluster takes a Job back and resumes it later, an instance has two pods, one after the other.
    const isNews = before?.state !== 'ended' || before.address !== address;
    if (state === 'ended' && isNews) this.#end(instance);
  }

  /** An instance has ended: what it has left counts, as far as it can be understood. */
  #end({
    index,
    message: content = '',
    reason = 'it has ended',
    startedAt,
    endedAt = new Date(),
  }: DetachedInstance): void {
    const message = parseDetachedMessage(content);
    if (!message) {
      const said = content.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
      return this.#lose(index, endedAt, said === '' ? reason : `${reason}: ${said}`);
    }
    const { result, kernel, isa, threads = 0, cores = 0, python = '', note, words, since } = message;
    if (kernel !== undefined && isa !== undefined) {
      const began = since === undefined ? (startedAt ?? endedAt) : new Date(since * 1000);
      const fields = {
        instance: index,
        kernel,
        isa,
        threads,
        cores,
        python,
        ...(note !== undefined && { note }),
      };
      this.#at(began < endedAt ? began : endedAt)('instance.searching', fields);
    }
    this.#at(endedAt)('instance.progress', detachedProgress(index, message));
    this.search.take(index, message);
    if (result === 'failed' || result === 'searching') return this.#lose(index, endedAt, words ?? reason);
    this.#at(endedAt)('instance.stopped', { instance: index, reason: result });
  }

  #lose(instance: number, time: Date, reason: string): void {
    this.#words.add(reason);
    this.#at(time)('instance.lost', { instance, code: 'pod-ended', reason, retrying: false });
  }

  #at(time: Date): Emit {
    this.#time = time;
    return this.#options.emitAt(time);
  }
}
