import { LocalInstance } from './instance.ts';
import type { PendingLogins } from './pending-login.ts';
import type { LocalInstanceRecord } from '../record.ts';
import type { HostSpec } from '../spec.ts';
import { sweep } from '../sweep.ts';

/** The instances of one run: makes them, boots them, and powers them off. */
export class Hypervisor {
  readonly #spec: HostSpec;
  readonly #instances: LocalInstance[];
  readonly #make: (index: number) => LocalInstance;
  readonly #onEmpty: () => void;

  /** `logins` are those under way, to all instances together; `onEmpty` is called when the last instance has been terminated. */
  constructor(spec: HostSpec, logins: PendingLogins, onEmpty: () => void) {
    const keys = { host: spec.hostKey.privateKey, login: spec.loginKey };
    this.#spec = spec;
    this.#make = (index) => new LocalInstance(spec, index, keys, logins);
    this.#instances = Array.from({ length: spec.count }, (_, index) => this.#make(index));
    this.#onEmpty = onEmpty;
  }

  /** Creates all instances or fails; with no boot delay they are running when it resolves. */
  async launch(): Promise<void> {
    await Promise.all(
      this.#instances.map(async (instance) => {
        await instance.create();
        if (this.#spec.bootDelay === 0) await this.#boot(instance);
      }),
    );
    if (this.#spec.bootDelay > 0) {
      for (const instance of this.#instances) {
        setTimeout(() => void this.#bootLater(instance), this.#spec.bootDelay * 1000);
      }
    }
  }

  /** Creates one more, in place of one that was lost. */
  async add(index: number): Promise<LocalInstanceRecord[]> {
    if (!Number.isSafeInteger(index) || this.#instances.some((other) => other.index === index))
      throw new RangeError(`there is an instance ${index} already`);
    const instance = this.#make(index);
    this.#instances.push(instance);
    await instance.create();
    if (this.#spec.bootDelay === 0) await this.#boot(instance);
    else setTimeout(() => void this.#bootLater(instance), this.#spec.bootDelay * 1000);
    return this.describe();
  }

  /** How the instances are. */
  describe(): LocalInstanceRecord[] {
    return this.#instances.map(({ record }) => record);
  }

  /**
   * Powers off the instances with these ids, or all, and resolves with how they are then: terminated once every process
   * of theirs was seen to be dead, also stopped ones and daemons that left their process group.
   */
  async powerOff(
    ids: readonly string[] | undefined,
    reason: string,
    endedBy: 'service' | 'user',
  ): Promise<LocalInstanceRecord[]> {
    const chosen = this.#instances.filter(({ id }) => !ids || ids.includes(id));
    const going = chosen.filter(({ state }) => state !== 'terminated');
    for (const instance of going) instance.cut(reason, endedBy);
    if (going.length > 0) {
      const left = await sweep(this.#spec.run, { instances: going.map(({ id }) => id) });
      for (const instance of going)
        if (left.every((it) => it.instance !== instance.id)) instance.terminated();
    }
    const isKept = this.#spec.replace && ids !== undefined;
    if (!isKept && this.#instances.every(({ state }) => state === 'terminated')) this.#onEmpty();
    return chosen.map(({ record }) => record);
  }

  async #boot(instance: LocalInstance): Promise<void> {
    const rehearsal = this.#spec.rehearse.find((it) => it.instance === instance.index);
    if (rehearsal?.failure === 'never-runs') return;
    await instance.boot();
    if (rehearsal?.failure === 'dies') {
      setTimeout(
        () => void this.powerOff([instance.id], 'rehearsed power failure', 'service'),
        (rehearsal.after ?? 0) * 1000,
      );
    }
  }

  async #bootLater(instance: LocalInstance): Promise<void> {
    try {
      await this.#boot(instance);
    } catch (error) {
      await this.powerOff([instance.id], `cannot boot: ${String(error)}`, 'service');
    }
  }
}
