import { CndError, messageOf } from '../../error.ts';
import type { Access } from '../../session/ssh/access.ts';
import { target } from '../../session/ssh/access.ts';
import { accessOf } from '../../session/ssh/route.ts';
import { aborted } from '../../session/bounded.ts';
import { LentSession } from '../../session/lent.ts';
import type { Session } from '../../session/session.ts';
import { quote } from '../../text.ts';
import type { ConnectOptions, Eviction, FindReport, FleetTiming, FoundRun, LaunchRequest } from '../fleet.ts';
import type { Guard } from '../../session/guard.ts';
import type { Instance } from '../../instance.ts';
import { plural } from '../../quantity.ts';
import { requireRunId } from '../../run-id.ts';
import { SshAccesses, type SshFleet } from '../ssh.ts';
import { guardCommand, syslogCommand, tagCommand } from './command.ts';
import type { Host } from './host.ts';
import { type HostsRecord, HostsState } from './record.ts';
import { release } from './release.ts';

/**
 * Machines that already exist. Nothing of them is launched or terminated: a run borrows them, and its instances count as
 * terminated once the machines themselves say that nothing of the run remains there.
 */
export class HostsFleet implements SshFleet {
  readonly name = 'hosts';
  readonly terminatesEarly = true;
  readonly timing: FleetTiming = { reserve: 3, grace: 5, boot: 1, poll: 0.5, settle: 0 };
  readonly guard: Guard;
  readonly #hosts: readonly Host[];
  readonly #env: NodeJS.ProcessEnv;
  readonly #state: HostsState;
  /** What this process launched, for when the list is gone. */
  readonly #launched = new Map<string, HostsRecord>();
  readonly #accesses: SshAccesses;
  /** By the instance's id: what its search goes over, and in the end its release. */
  readonly #sessions = new Map<string, Session>();
  /** Releases under way, by run and index: whoever asks meanwhile shares it. */
  readonly #releasing = new Map<string, Promise<Instance>>();

  /**
   * @param hosts Those that can be launched on; none are needed for runs that there are.
   * @param connectTimeout Seconds for each step of a connection.
   */
  constructor(
    hosts: readonly Host[],
    env: NodeJS.ProcessEnv = process.env,
    connectTimeout: number | undefined = hosts[0]?.connectTimeout,
  ) {
    this.#hosts = hosts;
    this.#env = env;
    this.#state = new HostsState(env);
    // A machine that was there before the run has its users already.
    this.#accesses = new SshAccesses({ loginRetry: 0, connectTimeout: milliseconds({ connectTimeout }) });
    this.guard = {
      arm: async (run, { index }, seconds) => {
        await this.#state.mark(run, index, 'armed');
        return guardCommand({ run, worker: index }, seconds);
      },
      disarm: async (run, { index }) => this.#state.mark(run, index, 'released'),
      tag: (run, { index }, command) => tagCommand({ run, worker: index }, command),
    };
  }

  /** Takes the first of the list. Contacts nobody: a host that cannot be reached is a matter of its own worker. */
  async launch({ run, count, minimum, expiresAt }: LaunchRequest, signal: AbortSignal): Promise<Instance[]> {
    signal.throwIfAborted();
    const hosts = this.#hosts.slice(0, count);
    if (hosts.length < minimum) {
      throw new CndError(
        'too-few-hosts',
        `the list has ${plural(hosts.length, 'host')}, fewer than the ${minimum} wanted`,
        {
          hint: 'add hosts, or reduce --N',
        },
      );
    }
    const record = { run, expiresAt: expiresAt.toISOString(), hosts };
    try {
      await this.#state.write(record);
      signal.throwIfAborted();
    } catch (cause) {
      await this.#state.remove(run).catch(() => {});
      signal.throwIfAborted();
      throw new CndError('state-unwritable', `the list of hosts cannot be kept: ${messageOf(cause)}`, {
        cause,
      });
    }
    this.#launched.set(run, record);
    return this.#instances(record);
  }

  /** The list says all, with the keys of the hosts: it is kept for whoever cleans up. */
  handle(_run: string): unknown {
    return {};
  }

  async recover(run: string, _handle: unknown): Promise<void> {
    const record = await this.#state.read(run);
    if (record) this.#launched.set(run, record);
  }

  async describe(run: string): Promise<Instance[]> {
    const record = await this.#state.read(run);
    return record ? this.#instances(record) : [];
  }

  access({ id }: Instance): Access | undefined {
    return this.#accesses.get(id);
  }

  /** The session stays open when its user closes it, until the run is disposed of: its cleanup goes over it. */
  async connect(instance: Instance, options: ConnectOptions): Promise<Session> {
    const { id } = instance;
    if (options.signal.aborted) throw aborted(`connecting to ${id}`, options.signal);
    const session = this.#sessions.get(id) ?? (await this.#accesses.connect(instance, options));
    this.#sessions.set(id, session);
    void session.closed.then(() => {
      if (this.#sessions.get(id) === session) this.#sessions.delete(id);
    });
    return new LentSession(session);
  }

  async terminate(run: string, ids?: readonly string[]): Promise<Instance[]> {
    const kept = await this.#state.read(run);
    // A list that is gone proves nothing: whoever removed the state did not clean up the hosts.
    const record = kept ?? this.#launched.get(run);
    if (!record) return [];
    const wanted = (await this.#instances(record)).filter(({ id }) => !ids || ids.includes(id));
    return Promise.all(
      wanted.map(async (instance) => this.#shareRelease(record, instance, kept !== undefined)),
    );
  }

  /** On all of the list: nobody here knows which of them it used. */
  async evict(run: string): Promise<Eviction[]> {
    const place = { run: requireRunId(run) };
    return Promise.all(
      this.#hosts.map(async (host) => {
        const access = accessOf(host, this.#env);
        const id = target(access);
        try {
          await release(access, place, undefined, milliseconds(host));
          return { id };
        } catch (error) {
          return { id, error };
        }
      }),
    );
  }

  async dispose(run: string): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session.close()));
    this.#launched.delete(run);
    await this.#state.remove(run);
  }

  /** A run whose list cannot be read is told of, as what cannot be seen. */
  async find(report?: FindReport): Promise<FoundRun[]> {
    const { records, damaged } = await this.#state.list();
    for (const { run, error } of damaged) report?.unseen(`run ${run}`, error);
    return Promise.all(
      records.map(async (record) => ({
        fleet: this.name,
        run: record.run,
        expiresAt: new Date(record.expiresAt),
        instances: await this.#instances(record),
      })),
    );
  }

  syslogCommand(run: string, { index }: Instance): string {
    return syslogCommand({ run, worker: index });
  }

  #shareRelease(record: HostsRecord, instance: Instance, isNoted: boolean): Promise<Instance> {
    const key = `${record.run} ${instance.index}`;
    const known = this.#releasing.get(key);
    if (known) return known;
    const release = this.#release(record, instance, isNoted).finally(() => this.#releasing.delete(key));
    this.#releasing.set(key, release);
    return release;
  }

  /** On a host that no worker was put on there is nothing to clean up, so it need not answer either. */
  async #release(record: HostsRecord, instance: Instance, isNoted: boolean): Promise<Instance> {
    const { run, expiresAt, hosts } = record;
    const { index, id, state } = instance;
    const access = this.#accesses.get(id);
    if (state === 'terminated' || !access) return instance;
    const session = this.#sessions.get(id);
    try {
      if (!isNoted || (await this.#state.marked(run, index)) === 'armed') {
        await release(access, { run, worker: index }, session, milliseconds(hosts[index]));
      }
      if (isNoted) await this.#state.mark(run, index, 'released');
    } catch (error) {
      return { ...instance, reason: `${messageOf(error)}${this.#consolation(run, expiresAt)}` };
    }
    return gone(instance);
  }

  /** For a machine that is gone for good, or it would be asked after for ever. */
  #consolation(run: string, expiresAt: string): string {
    if (Date.now() < Date.parse(expiresAt)) return '';
    const path = this.#state.directory(run);
    return `; its guard should have cleaned it up by ${expiresAt}; to forget it: rm -r ${quote(path)}`;
  }

  async #instances({ run, hosts }: HostsRecord): Promise<Instance[]> {
    return Promise.all(
      hosts.map(async (host, index): Promise<Instance> => {
        const access = accessOf(host, this.#env);
        const address = this.#accesses.note(target(access), access);
        const instance: Instance = { id: address, index, state: 'running', address };
        return (await this.#state.marked(run, index)) === 'released' ? gone(instance) : instance;
      }),
    );
  }
}

function gone({ id, index }: Instance): Instance {
  return { id, index, state: 'terminated', reason: 'nothing of the run remains there' };
}

function milliseconds(host: Partial<Pick<Host, 'connectTimeout'>> | undefined): number | undefined {
  return host?.connectTimeout === undefined ? undefined : host.connectTimeout * 1000;
}
