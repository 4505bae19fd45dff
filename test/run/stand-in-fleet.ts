import type { Session } from '../../src/session/session.ts';
import type { Fleet, FleetTiming, FoundRun } from '../../src/fleet/fleet.ts';
import type { Instance, InstanceState } from '../../src/instance.ts';

/** What a test wants of a fleet; what it does not say must not be asked for. */
export type Behaviour = Partial<Pick<Fleet, 'describe' | 'terminate' | 'dispose' | 'find'>>;

/** A fleet for tests of those who use one: every answer is the test's own. */
export class StandInFleet implements Fleet {
  readonly name: string;
  readonly timing: FleetTiming = { reserve: 3, grace: 5, boot: 1, poll: 0.1, settle: 0 };
  readonly calls: string[] = [];
  readonly #behaviour: Behaviour;

  constructor(name: string, behaviour: Behaviour) {
    this.name = name;
    this.#behaviour = behaviour;
  }

  launch(): Promise<Instance[]> {
    return unexpected('launch');
  }

  handle(): unknown {
    return {};
  }

  recover(): Promise<void> {
    return unexpected('recover');
  }

  describe(run: string, signal?: AbortSignal): Promise<Instance[]> {
    this.calls.push(`describe ${run}`);
    return this.#behaviour.describe?.(run, signal) ?? unexpected('describe');
  }

  connect(): Promise<Session> {
    return unexpected('connect');
  }

  terminate(run: string): Promise<Instance[]> {
    this.calls.push(`terminate ${run}`);
    return this.#behaviour.terminate?.(run) ?? unexpected('terminate');
  }

  dispose(run: string): Promise<void> {
    this.calls.push(`dispose ${run}`);
    return this.#behaviour.dispose?.(run) ?? Promise.resolve();
  }

  find(): Promise<FoundRun[]> {
    return this.#behaviour.find?.() ?? unexpected('find');
  }

  syslogCommand(): string {
    return 'true';
  }
}

export function instance(index: number, state: InstanceState, reachable = false): Instance {
  return { id: `i-${index}`, index, state, ...(reachable && { address: 'cnd@127.0.0.1:1' }) };
}

function unexpected(what: string): Promise<never> {
  return Promise.reject(new Error(`nobody should ask to ${what}`));
}
