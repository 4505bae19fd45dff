import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CndError } from '../../../src/error.ts';
import type {
  ConnectOptions,
  Fleet,
  FleetTiming,
  FoundRun,
  LaunchRequest,
} from '../../../src/fleet/fleet.ts';
import type { Instance } from '../../../src/instance.ts';
import { sweep } from '../../../src/fleet/local/sweep.ts';
import { requireRunId } from '../../../src/run-id.ts';
import type { Session } from '../../../src/session/session.ts';
import { stateRoot } from '../../../src/state/state.ts';
import { ChildSession } from '../../helper/child-session.ts';

/** What this fleet keeps of a run. */
interface Kept {
  readonly run: string;
  readonly count: number;
  readonly expiresAt: string;
}

/**
 * A fleet without SSH and without a process of its own: an instance is a directory, and whatever a session starts there.
 * It shows what a fleet needs to be one; what it has not is a dead-man's switch.
 */
export class ChildFleet implements Fleet {
  readonly name = 'child';
  readonly timing: FleetTiming = { reserve: 3, grace: 5, boot: 0, poll: 0.1, settle: 0 };
  readonly #env: NodeJS.ProcessEnv;
  readonly #sessions = new Map<string, Set<ChildSession>>();

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  async launch({ run, count, expiresAt }: LaunchRequest, signal: AbortSignal): Promise<Instance[]> {
    signal.throwIfAborted();
    const kept: Kept = { run, count, expiresAt: expiresAt.toISOString() };
    try {
      mkdirSync(this.#directory(run), { recursive: true, mode: 0o700 });
      for (let index = 0; index < count; index++) {
        const directory = this.#directory(run, index);
        mkdirSync(directory);
        writeFileSync(join(directory, 'syslog'), 'Nov 20 08:11:03 child cnd: booted\n');
      }
      writeFileSync(join(this.#directory(run), 'kept.json'), JSON.stringify(kept));
    } catch (cause) {
      if (existsSync(this.#directory(run))) await this.dispose(run);
      throw new CndError('child-launch-failed', 'the directories cannot be made', { cause });
    }
    return this.#instances(kept);
  }

  handle(): unknown {
    return {};
  }

  async recover(): Promise<void> {}

  describe(run: string): Promise<Instance[]> {
    const kept = this.#kept(run);
    return Promise.resolve(kept ? this.#instances(kept) : []);
  }

  connect({ id, index, state }: Instance, { signal }: ConnectOptions): Promise<Session> {
    const run = id.slice(id.indexOf('-') + 1);
    const directory = this.#directory(run, index);
    if (signal.aborted)
      return Promise.reject(new CndError('session-aborted', `connecting to ${id} was stopped`));
    if (state !== 'running' || !existsSync(directory)) {
      return Promise.reject(new CndError('instance-unreachable', `instance ${id} is gone`));
    }
    const env = {
      PATH: this.#env['PATH'],
      HOME: directory,
      CND_RUN: run,
      CND_INSTANCE: id,
      CND_SYSLOG: join(directory, 'syslog'),
    };
    const session = new ChildSession({ address: `child:${id}`, directory, env });
    this.#sessions.set(id, (this.#sessions.get(id) ?? new Set()).add(session));
    return Promise.resolve(session);
  }

  async terminate(run: string, ids?: readonly string[]): Promise<Instance[]> {
    const kept = this.#kept(run);
    if (!kept) return [];
    const selected = this.#instances(kept).filter(({ id }) => !ids || ids.includes(id));
    for (const { id } of selected) for (const session of this.#sessions.get(id) ?? []) session.lose();
    await sweep(run, { instances: selected.map(({ id }) => id) });
    for (const { index } of selected) rmSync(this.#directory(run, index), { recursive: true, force: true });
    return this.#instances(kept).filter(({ id }) => !ids || ids.includes(id));
  }

  dispose(run: string): Promise<void> {
    rmSync(this.#directory(run), { recursive: true, force: true });
    return Promise.resolve();
  }

  find(): Promise<FoundRun[]> {
    const root = stateRoot(this.#env);
    const runs = existsSync(root) ? readdirSync(root) : [];
    return Promise.resolve(
      runs
        .map((run) => this.#kept(run))
        .filter((kept) => kept !== undefined)
        .map((kept) => {
          const expiresAt = new Date(kept.expiresAt);
          return { fleet: this.name, run: kept.run, expiresAt, instances: this.#instances(kept) };
        }),
    );
  }

  syslogCommand(): string {
    return 'gzip -c -- "$CND_SYSLOG"';
  }

  #directory(run: string, index?: number): string {
    const root = join(stateRoot(this.#env), requireRunId(run), 'child');
    return index === undefined ? root : join(root, `${index}`);
  }

  #kept(run: string): Kept | undefined {
    const path = join(this.#directory(run), 'kept.json');
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Kept) : undefined;
  }

  #instances({ run, count }: Kept): Instance[] {
    return Array.from({ length: count }, (_, index): Instance => {
      // As instances are tagged: their processes are found by it.
      const id = `h${index}-${run}`;
      return existsSync(this.#directory(run, index))
        ? { id, index, threads: 1, state: 'running', address: `child:${id}` }
        : { id, index, threads: 1, state: 'terminated' };
    });
  }
}
