import type { Access } from '../session/ssh/access.ts';
import { target } from '../session/ssh/access.ts';
import type { Session } from '../session/session.ts';
import { CndError } from '../error.ts';
import type { ConnectOptions, Fleet } from './fleet.ts';
import type { Instance } from '../instance.ts';

/** What differs between fleets that are reached over SSH. */
export interface SshOptions {
  /** Milliseconds for which a refused login is retried; see `ReadinessOptions`. */
  readonly loginRetry?: number | undefined;
  /** Milliseconds for each step of a connection; see `ConnectOptions.timeout`. */
  readonly connectTimeout?: number | undefined;
}

/** Imports the SSH client, which only a run needs: it takes long to load. */
export const sshClient = () => import('../session/ssh/readiness.ts');

/** What a fleet whose instances are reached over SSH knows of each: how to log in there. */
export class SshAccesses {
  readonly #accesses = new Map<string, Access>();
  readonly #options: SshOptions;

  constructor(options: SshOptions = {}) {
    this.#options = options;
  }

  /** Remembers how to reach an instance, and gives the address that it is told with. */
  note(id: string, access: Access): string {
    this.#accesses.set(id, access);
    return target(access);
  }

  get(id: string): Access | undefined {
    return this.#accesses.get(id);
  }

  /** `Fleet.connect` of a fleet whose instances are reached over SSH. */
  async connect({ id, state }: Instance, { signal, onWait }: ConnectOptions): Promise<Session> {
    const access = this.#accesses.get(id);
    if (!access) {
      throw new CndError('instance-unreachable', `instance ${id} is ${state}`, { about: id });
    }
    const { loginRetry, connectTimeout } = this.#options;
    const { waitUntilReady } = await sshClient();
    return waitUntilReady(access, {
      signal,
      ...(onWait && { onWait }),
      ...(loginRetry !== undefined && { loginRetry }),
      ...(connectTimeout !== undefined && { connectTimeout }),
    });
  }
}

/** A fleet whose instances are reached over SSH: what the suites of such fleets look at besides the contract. */
export interface SshFleet extends Fleet {
  /** How to log in to an instance that it told of; undefined until it is running. */
  access(instance: Instance): Access | undefined;
}
