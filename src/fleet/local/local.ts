import type { ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { CndError, messageOf } from '../../error.ts';
import type { Access } from '../../session/ssh/access.ts';
import { generateKeyPair } from '../../session/ssh/key.ts';
import type { Session } from '../../session/session.ts';
import { readLoginKey, writeLoginKey } from '../../state/run-state.ts';
import { makeStateRoot, stateRoot } from '../../state/state.ts';
import type {
  ConnectOptions,
  FleetTiming,
  FoundRun,
  LaunchRequest,
  PrepareRequest,
  ReplacementRequest,
} from '../fleet.ts';
import type { Instance } from '../../instance.ts';
import { check } from '../check.ts';
import { parseHandle } from '../handle.ts';
import type { Preflight, PreflightRequest } from '../preflight.ts';
import { SshAccesses, type SshFleet, sshClient } from '../ssh.ts';
import { requireRunId } from '../../run-id.ts';
import { unlessAborted } from '../../wait.ts';
import { powerOff, powerOn, look } from './instance-state.ts';
import { localDirectory, removeDirectory } from './directory.ts';
import { hostEnvironment, loginUser } from './environment.ts';
import { endHost, launchHost, startHost } from './launch.ts';
import { lookAll, lookUp } from './lookup.ts';
import type { Lead } from './lookup.ts';
import { instancePath, requirePython, usualPath } from './python.ts';
import type { LocalInstanceRecord } from './record.ts';
import type { HostSpec, Rehearsal } from './spec.ts';
import { threadShare } from './thread-share.ts';

/** The `local` part of the configuration. */
export interface LocalConfig {
  /** Seconds that an instance stays pending. */
  readonly bootDelay: number;
  /** Failures to rehearse with. */
  readonly rehearse: readonly Rehearsal[];
  /** Threads that search on each instance; by default its share of the cores. */
  readonly threads?: number | undefined;
  /** Cores to share out; by default those of this machine. */
  readonly cores?: number;
}

/** What is kept of a run: the public half of its host key. Everything else is in the host's record. */
const runHandle = z.object({ hostKey: z.string() });

/** Instances on this machine, each behind an SSH server of its own, in a host process that outlives `cnd`. */
export class LocalFleet implements SshFleet {
  readonly name = 'local';
  readonly isThisMachine = true;
  readonly timing: FleetTiming;
  readonly #config: LocalConfig;
  readonly #env: NodeJS.ProcessEnv;
  /** What was learned of runs: their state directories may be gone by the time it is needed. */
  readonly #leads = new Map<string, Lead>();
  /** The private ones, by run. */
  readonly #loginKeys = new Map<string, string>();
  readonly #accesses = new SshAccesses();
  /** Hosts that wait to be told what to launch, by run. */
  readonly #hosts = new Map<string, Promise<ChildProcess>>();
  /** What `prepare` found out of python3: its version. */
  #python: Promise<string> | undefined;

  constructor(config: LocalConfig, env: NodeJS.ProcessEnv = process.env) {
    this.#config = config;
    this.#env = env;
    this.timing = { reserve: 3, grace: 5, boot: config.bootDelay, poll: 0.1, settle: 0 };
  }

  async preflight(_request: PreflightRequest, signal: AbortSignal): Promise<Preflight> {
    const python = await check(
      'python3',
      signal,
      () => (this.#python ? unlessAborted(this.#python, signal) : requirePython(this.#env, signal)),
      (version) => version,
    );
    return { checks: [python.check], facts: [], free: true };
  }

  /** Its host, the SSH client, and python3, which a version manager may take long to find. */
  prepare(request: PrepareRequest): () => Promise<void> {
    const run = requireRunId(request.run);
    const ended = new AbortController();
    const host = this.#startHost(request);
    const python = requirePython(this.#env, ended.signal);
    // Whoever waits for one of them is told.
    for (const begun of [host, python, sshClient()]) begun.catch(() => {});
    this.#hosts.set(run, host);
    this.#python = python;
    return async () => {
      ended.abort();
      if (this.#hosts.delete(run)) await endHost(host, { run, directory: this.#directory(run) });
    };
  }

  threads(count: number): number {
    return count * this.#threadsOfEach(count);
  }

  #threadsOfEach(count: number): number {
    const { threads, cores = availableParallelism() } = this.#config;
    return threads ?? threadShare(cores, count);
  }

  #directory(run: string): string {
    return localDirectory(stateRoot(this.#env), run);
  }

  async #startHost({ run, count, lifetime, expiresAt }: PrepareRequest): Promise<ChildProcess> {
    const root = await makeStateRoot(this.#env);
    const tags = { run, stateRoot: root, count, expiresAt: expiresAt.toISOString() };
    const place = { run, directory: localDirectory(root, run), lifetime };
    return startHost(place, hostEnvironment(this.#env, tags));
  }

  /** All instances or none: what keeps one from existing here (no disk, no ports) keeps all from working. */
  async launch(request: LaunchRequest, signal: AbortSignal): Promise<Instance[]> {
    const { count, lifetime } = request;
    const run = requireRunId(request.run);
    const loginKey = generateKeyPair();
    const path = await instancePath(this.#env['PATH'] ?? usualPath, signal);
    const spec: HostSpec = {
      run,
      count,
      lifetime,
      expiresAt: request.expiresAt.toISOString(),
      hostKey: generateKeyPair(),
      loginKey: loginKey.publicKey,
      directory: this.#directory(run),
      bootDelay: this.#config.bootDelay,
      path,
      threads: this.#threadsOfEach(count),
      rehearse: this.#config.rehearse,
      replace: request.replace ?? false,
    };
    const host = this.#hosts.get(run) ?? this.#startHost(request);
    this.#hosts.delete(run);
    const lead = { run, directory: spec.directory, record: await launchHost(host, spec, signal) };
    await writeLoginKey(run, loginKey.privateKey, this.#env);
    this.#leads.set(run, lead);
    this.#loginKeys.set(run, loginKey.privateKey);
    return this.#instances(lead, lead.record.instances);
  }

  /** On the same host, which ends it with the others. */
  async launchReplacement({ run, index }: ReplacementRequest, signal: AbortSignal): Promise<Instance> {
    const lead = await this.#lead(run);
    const record = await powerOn(lead, index, signal);
    const changed = { ...lead, record };
    this.#leads.set(run, changed);
    const launched = this.#instances(changed, record.instances).find((instance) => instance.index === index);
    if (launched) return launched;
    throw new CndError(
      'local-launch-failed',
      `the local host of run ${run} did not launch instance ${index}`,
    );
  }

  handle(run: string): unknown {
    return { hostKey: this.#leads.get(run)?.record?.hostKey ?? '' } satisfies z.input<typeof runHandle>;
  }

  /** Where the host has ended by itself, its record and its key may be gone with it. */
  async recover(run: string, handle: unknown): Promise<void> {
    if (handle === undefined) return;
    const { hostKey } = parseHandle(runHandle, run, handle);
    const { record } = await this.#lead(run);
    if (record && record.hostKey !== hostKey) {
      throw new CndError('host-key-changed', `the host of run ${run} has another key than at its launch`, {
        about: run,
        hint: `terminate the run with: cnd scram --run ${run}`,
      });
    }
    const loginKey = await readLoginKey(run, this.#env);
    if (loginKey !== undefined) this.#loginKeys.set(run, loginKey);
  }

  access({ id }: Instance): Access | undefined {
    return this.#accesses.get(id);
  }

  connect(instance: Instance, options: ConnectOptions): Promise<Session> {
    return this.#accesses.connect(instance, options);
  }

  /** @throws CndError when the run's host is there but does not answer. */
  async describe(run: string, signal?: AbortSignal): Promise<Instance[]> {
    const lead = await this.#lead(run);
    return this.#instances(lead, await look(lead, signal));
  }

  async terminate(run: string, ids?: readonly string[]): Promise<Instance[]> {
    const lead = await this.#lead(run);
    return this.#instances(lead, await powerOff(lead, ids));
  }

  async dispose(run: string): Promise<void> {
    const { directory } = await this.#lead(run);
    await removeDirectory(directory);
    this.#leads.delete(run);
    this.#loginKeys.delete(run);
  }

  /** Also what a dead host left: a run with terminated instances, until it is disposed of. */
  async find(): Promise<FoundRun[]> {
    // One whose host waits to be told what to launch has nothing yet.
    const leads = (await lookAll(this.#env)).filter(({ run }) => !this.#hosts.has(run));
    for (const lead of leads) if (lead.record) this.#leads.set(lead.run, lead);
    return Promise.all(leads.map(async (lead) => this.#found(lead)));
  }

  syslogCommand(_run: string): string {
    return 'gzip -c -- "$CND_SYSLOG"';
  }

  async #lead(run: string): Promise<Lead> {
    const known = this.#leads.get(run);
    if (known) return known;
    const lead = await lookUp(run, this.#env);
    if (lead.record) this.#leads.set(run, lead);
    return lead;
  }

  async #found(lead: Lead): Promise<FoundRun> {
    const { run, expiresAt, damage, directory } = lead;
    const instances = this.#instances(lead, await lookAnyway(lead));
    const orphans = damage === undefined ? [] : [`${directory} (its record cannot be read: ${damage})`];
    const found = { fleet: this.name, run, instances, orphans };
    return expiresAt === undefined ? found : { ...found, expiresAt: new Date(expiresAt) };
  }

  #instances({ run, record }: Lead, instances: readonly LocalInstanceRecord[]): Instance[] {
    const privateKey = this.#loginKeys.get(run);
    return instances.map(({ id, index, state, threads, reason, endedBy, port }) => ({
      id,
      index,
      state,
      threads,
      ...(reason === undefined ? {} : { reason }),
      ...(endedBy === undefined ? {} : { endedBy }),
      ...(port === undefined || !record
        ? {}
        : {
            address: this.#accesses.note(id, {
              host: '127.0.0.1',
              port,
              user: loginUser,
              hostKeys: [record.hostKey],
              ...(privateKey === undefined ? {} : { privateKey }),
            }),
          }),
    }));
  }
}

/** As `look`, but one host that hangs does not hide its run, nor the others. */
async function lookAnyway(lead: Lead): Promise<readonly LocalInstanceRecord[]> {
  try {
    return await look(lead);
  } catch (error) {
    const reason = messageOf(error);
    return (lead.record?.instances ?? []).map((instance) => Object.assign({}, instance, { reason }));
  }
}
