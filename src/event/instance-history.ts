import type { RunEvent } from './event.ts';
import type { InstanceRecord, ResumedRecord } from './record.ts';
import type { View } from './view.ts';

/** What the events of a run say of each of its instances, for the run record. */
export class InstanceHistory implements View {
  readonly #instances = new Map<number, InstanceRecord>();
  readonly #resumed: ResumedRecord[] = [];
  /** Nonces counted by all agents of an instance; apart from the rest, which does not change every second. */
  readonly #hashes = new Map<number, number>();
  /** Nonces counted by agents of an instance that were started before its present one. */
  readonly #earlierHashes = new Map<number, number>();

  show(event: RunEvent): void {
    switch (event.event) {
      case 'instance.launched':
        this.#add(event.instance, {
          index: event.instance,
          id: event.id,
          launchedAt: event.time,
          ...(event.type !== undefined && { type: event.type }),
          ...(event.zone !== undefined && { zone: event.zone }),
        });
        break;
      case 'instance.running':
        this.#add(event.instance, { address: event.address, runningAt: event.time });
        break;
      case 'instance.searching': {
        const { kernel, isa, threads, python } = event;
        const searchingAt = this.#instances.get(event.instance)?.searchingAt ?? event.time;
        this.#add(event.instance, { kernel, isa, threads, python, searchingAt });
        break;
      }
      case 'instance.progress':
        if (!this.#instances.has(event.instance)) this.#add(event.instance, {});
        this.#hashes.set(event.instance, (this.#earlierHashes.get(event.instance) ?? 0) + event.hashes);
        break;
      case 'instance.lost':
        this.#noteEnd(event.instance);
        if (!event.retrying) this.#add(event.instance, { lost: event.reason });
        break;
      case 'instance.stopped':
        this.#noteEnd(event.instance);
        this.#add(event.instance, { stoppedAt: event.time });
        break;
      case 'instance.terminated':
        this.#add(event.instance, { terminatedAt: event.time });
        break;
      case 'instance.interrupted':
        this.#add(event.instance, { interruptedAt: event.time });
        break;
      case 'instance.replaced':
        this.#add(event.instance, { replacedBy: event.replacement });
        break;
      case 'logs.pulled': {
        const { name, bytes, truncated } = event;
        this.#add(event.instance, { log: { name, bytes, ...(truncated && { truncated }) } });
        break;
      }
      case 'logs.missing':
        this.#add(event.instance, { logMissing: event.reason });
        break;
      case 'run.resumed': {
        const { time, elapsed, away, by } = event;
        this.#resumed.push({ time, elapsed, away, by });
        break;
      }
      case 'archive.started':
      case 'broadcast':
      case 'cleanup.failed':
      case 'output.dropped':
      case 'hit':
      case 'hit.rejected':
      case 'instance.adopted':
      case 'instance.armed':
      case 'instance.connected':
      case 'instance.discredited':
      case 'instance.disconnected':
      case 'instance.reconnected':
      case 'instance.error':
      case 'instance.idle':
      case 'instance.released':
      case 'instance.uploaded':
      case 'instance.waiting':
      case 'launch.started':
      case 'archive.pruned':
      case 'logs.archived':
      case 'run.ended':
      case 'run.interrupted':
      case 'run.planned':
      case 'run.preflight':
      case 'run.progress':
      case 'search.all':
      case 'search.stopped':
      case 'terminate.started':
      case 'warning':
        break; // nothing that the record keeps of an instance
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** When other processes went on with the run. */
  get resumed(): readonly ResumedRecord[] {
    return this.#resumed;
  }

  /** The instances by index. */
  records(): InstanceRecord[] {
    const all = [...this.#instances.values()].map((one) => {
      const hashes = this.#hashes.get(one.index);
      return hashes === undefined ? one : { ...one, hashes };
    });
    return all.toSorted((a, b) => a.index - b.index);
  }

  /** Its agent is over; a new one counts from 0. (That one searches may be said twice, where the controller was killed.) */
  #noteEnd(index: number): void {
    this.#earlierHashes.set(index, this.#hashes.get(index) ?? 0);
  }

  #add(index: number, fields: Partial<InstanceRecord>): void {
    const known = this.#instances.get(index) ?? { index, id: '' };
    this.#instances.set(index, { ...known, ...fields });
  }
}
