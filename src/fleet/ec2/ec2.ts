import type { Instance as Ec2Instance } from '@aws-sdk/client-ec2';
import { metadataEndpoint } from '../../aws/endpoint.ts';
import { isOrganizationDenial } from '../../aws/failure.ts';
import {
  type FindReport,
  type ConnectOptions,
  type FleetTiming,
  type FoundRun,
  type LaunchRequest,
  type ReplacementRequest,
} from '../fleet.ts';
import type { Instance } from '../../instance.ts';
import type { Access } from '../../session/ssh/access.ts';
import type { Session } from '../../session/session.ts';
import { CndError } from '../../error.ts';
import { readLoginKey, removeLoginKey } from '../../state/run-state.ts';
import { SshAccesses, type SshFleet } from '../ssh.ts';
import type { Preflight, PreflightRequest } from '../preflight.ts';
import { regionOf } from './api.ts';
import { describeInstances, toInstance } from './find/describe.ts';
import { untilConsistent } from './launch/eventual-consistency.ts';
import { type ExplainError, ec2Error } from './error.ts';
import { findRuns } from './find/find.ts';
import { type Ec2Options, ec2Timing } from './option.ts';
import { Prerequisites } from './launch/prerequisite.ts';
import type { SyslogKind } from './launch/image.ts';
import { withIngressUpdates } from './launch/ingress.ts';
import { warnUnreachable } from './find/unreachable.ts';
import { launchMore, launchRun } from './launch/run-launch.ts';
import { LaunchState } from './launch/launch-state.ts';
import {
  type ClockReading,
  parseRunHandle,
  restoredLaunch,
  runHandleOf,
  unknownLaunch,
} from './run-handle.ts';
import { jumpAccess } from './jump.ts';
import { InstanceDiagnosis } from './find/instance-diagnosis.ts';
import type { PreflightContext } from './preflight/context.ts';
import { ec2Preflight } from './preflight/preflight.ts';
import { readCachedPrices } from './price/price-cache.ts';
import type { TypePrice } from './price/price-lookup.ts';
import { imageSyslogCommand } from './syslog.ts';
import { runFilter } from './tag.ts';
import { disposeRun } from './terminate/dispose-run.ts';
import { terminateRun } from './terminate/terminate-run.ts';
import { armedCommand } from './launch/user-data.ts';
import { recordLaunch } from './find/launch-history.ts';

/** Instances of Amazon EC2 in one region. Stateless but for what a launch told: everything else is found by tags. */
export class Ec2Fleet implements SshFleet {
  readonly name = 'ec2';
  readonly terminatesEarly = true;
  readonly timing: FleetTiming;
  readonly #options: Ec2Options;
  readonly #prerequisites: Prerequisites;
  /** What checks and launches act on. */
  readonly #context: PreflightContext;
  readonly #launchStates = new Map<string, LaunchState>();
  readonly #diagnosis: InstanceDiagnosis;
  readonly #accesses: SshAccesses;
  /** By image, once that is known. */
  #syslog: SyslogKind = 'either';
  #prices: ReadonlyMap<string, TypePrice> = new Map();
  #region: string | undefined;
  #account: string | undefined;

  readonly #explain: ExplainError = (error, call) =>
    ec2Error(error, { ...call, profile: this.#options.settings.profile, region: this.#region });

  constructor(options: Ec2Options) {
    this.#options = options;
    const { connectTimeout } = options.settings;
    this.#accesses = new SshAccesses({
      connectTimeout: connectTimeout === undefined ? undefined : connectTimeout * 1000,
    });
    this.timing = { ...ec2Timing, ...options.timing };
    this.#prerequisites = new Prerequisites(options.api, options.settings);
    const { api, settings, env } = options;
    this.#context = { api, settings, env, timing: this.timing, prerequisites: this.#prerequisites };
    this.#diagnosis = new InstanceDiagnosis(options.api);
    this.#region = options.where ?? options.api.settings.region;
    this.#account = options.caller?.account ?? options.place?.account;
  }

  /** The region, once it is known: it may only be in the profile. */
  get where(): string {
    return this.#region ?? '';
  }

  /** Only Spot Instances are interrupted. */
  get interruptionNotices(): string | undefined {
    const { settings, env } = this.#options;
    return settings.spot ? metadataEndpoint(env) : undefined;
  }

  get account(): string | undefined {
    return this.#account;
  }

  async preflight(request: PreflightRequest, signal: AbortSignal): Promise<Preflight> {
    const { prices, account, ...preflight } = await ec2Preflight(this.#context, request, signal);
    this.#prices = prices;
    this.#account ??= account;
    this.#region ??= await this.#prerequisites.region().catch(() => undefined);
    return preflight;
  }

  async launch(request: LaunchRequest, signal: AbortSignal): Promise<Instance[]> {
    signal.throwIfAborted();
    const { settings, env } = this.#options;
    const { run, expiresAt } = request;
    const launchState = new LaunchState();
    launchState.notice = request.notice ?? launchState.notice;
    launchState.replaces = request.replace ?? false;
    this.#launchStates.set(run, launchState);
    this.#region ??= await this.#prerequisites.region();
    this.#account ??= (await this.#prerequisites.identity(signal).catch(() => undefined))?.account;
    const [region, account] = [this.#region, this.#account];
    await recordLaunch(env, { region, profile: settings.profile, account, run, expiresAt });
    const own = { prices: this.#prices, launchState, explain: this.#explain };
    const context = { ...this.#context, ...own, terminate: () => this.terminate(run) };
    const { launched, syslog } = await launchRun(context, request, signal);
    this.#syslog = syslog;
    return launched
      .map((instance) => this.#toInstance(instance, launchState))
      .toSorted((a, b) => a.index - b.index);
  }

  /** The lifetime is what is left of the one that the others were launched with. */
  async launchReplacement(request: ReplacementRequest, signal: AbortSignal): Promise<Instance> {
    const launchState = this.#launchStates.get(request.run) ?? new LaunchState();
    const own = { prices: this.#prices, launchState, explain: this.#explain };
    const context = { ...this.#context, ...own };
    return this.#toInstance(await launchMore(context, request, signal), launchState);
  }

  handle(run: string): unknown {
    const launchState = this.#launchStates.get(run) ?? new LaunchState();
    return runHandleOf(launchState, { region: this.where, syslog: this.#syslog, now: this.#now() });
  }

  async recover(run: string, handle: unknown, notice?: (message: string) => void): Promise<void> {
    const { api, settings, env } = this.#options;
    this.#region ??= await regionOf(api);
    if (handle === undefined) return void this.#launchStates.set(run, unknownLaunch(performance.now()));
    const kept = parseRunHandle(run, handle);
    if (this.#region !== kept.region) {
      throw new CndError('other-region', `run ${run} is in ${kept.region}, and this is ${this.#region}`, {
        about: run,
        hint: `set AWS_REGION=${kept.region}`,
      });
    }
    const jump = settings.jump && jumpAccess({ ...settings, jump: settings.jump }, env);
    this.#syslog = kept.syslog;
    const privateKey = await readLoginKey(run, env);
    const now = this.#now();
    const launchState = restoredLaunch(kept, { privateKey, ...(jump && { jump }), now });
    launchState.notice = notice ?? launchState.notice;
    this.#launchStates.set(run, launchState);
  }

  async describe(run: string, signal?: AbortSignal): Promise<Instance[]> {
    try {
      const found = await describeInstances(await this.#options.api.ec2(), runFilter(run), signal);
      const launchState = this.#launchStates.get(run);
      if (launchState) warnUnreachable(found, this.#options.settings.connect, launchState);
      // Explains what died by itself; what is terminated on request needs no explanation.
      return await this.#diagnosis.explain(found.map((instance) => this.#toInstance(instance, launchState)));
    } catch (error) {
      const what = 'the instances cannot be described';
      throw this.#explain(error, { what, about: run, permissions: 'ec2:DescribeInstances' });
    }
  }

  access({ id }: Instance): Access | undefined {
    return this.#accesses.get(id);
  }

  /** Where this machine has another address than at the launch, as after a change of networks, that is let in as well. */
  async connect(instance: Instance, options: ConnectOptions): Promise<Session> {
    const { api, settings } = this.#options;
    const launchState = [...this.#launchStates.values()].find(({ known }) => known.has(instance.id));
    const connecting = this.#accesses.connect(instance, options);
    return launchState
      ? withIngressUpdates({ api, settings, launchState }, options.signal, connecting)
      : connecting;
  }

  async terminate(run: string, ids?: readonly string[]): Promise<Instance[]> {
    const launchState = this.#launchStates.get(run);
    const instances = await this.#terminate(run, launchState, ids);
    const isUnknown = launchState?.outcomeUnknown === true || (launchState?.pending.size ?? 0) > 0;
    if (ids !== undefined || !launchState || !isUnknown) return instances;
    return untilConsistent(launchState, this.timing, instances, () => this.#terminate(run, launchState));
  }

  async dispose(run: string): Promise<void> {
    const { api, env, orphanKinds = [] } = this.#options;
    const launchState = this.#launchStates.get(run);
    const { settle } = this.timing;
    await disposeRun({ api, orphanKinds, launchState, settle, explain: this.#explain }, run);
    await removeLoginKey(run, env);
    this.#launchStates.delete(run);
  }

  async find(report?: FindReport): Promise<FoundRun[]> {
    const { api, env, orphanKinds = [], isUsed = true } = this.#options;
    const explain = (error: unknown): unknown =>
      this.#explain(error, {
        what: 'EC2 cannot be queried',
        about: this.where,
        permissions: 'ec2:DescribeInstances, ec2:DescribeSecurityGroups',
      });
    try {
      const region = (this.#region ??= await regionOf(api));
      const owners = this.#options.caller?.owners ?? (await this.#self());
      const prices = await readCachedPrices(env);
      return await findRuns(api, { region, owners, orphanKinds, prices, report, explain });
    } catch (error) {
      if (isUsed || !isOrganizationDenial(error)) throw explain(error);
      // Nothing can have been launched where the organization allows nothing.
      report?.skipped(`ec2 ${this.where}, which the organization denies`);
      return [];
    }
  }

  syslogCommand(_run: string): string {
    return imageSyslogCommand(this.#syslog);
  }

  armedCommand(_run: string): string {
    return armedCommand();
  }

  #now(): ClockReading {
    return { monotonic: performance.now(), wall: Date.now() };
  }

  async #self(): Promise<ReadonlySet<string>> {
    const { owner, account } = await this.#prerequisites.identity(new AbortController().signal);
    this.#account ??= account;
    return new Set([owner]);
  }

  async #terminate(
    run: string,
    launchState: LaunchState | undefined,
    ids?: readonly string[],
  ): Promise<Instance[]> {
    try {
      return await terminateRun(await this.#options.api.ec2(), run, launchState, ids);
    } catch (error) {
      const what = 'the instances cannot be terminated';
      const permissions = 'ec2:DescribeInstances, ec2:TerminateInstances';
      throw this.#explain(error, { what, about: run, permissions });
    }
  }

  #toInstance(instance: Ec2Instance, launchState: LaunchState | undefined): Instance {
    const login = launchState?.login;
    const { connect } = this.#options.settings;
    if (!login) return toInstance(instance, connect);
    return toInstance(instance, connect, (id, host) => this.#accesses.note(id, { ...login, host }));
  }
}
