import { setTimeout as delay } from 'node:timers/promises';
import type { Instance as Ec2Instance } from '@aws-sdk/client-ec2';
import { isOrganizationDenial } from '../../aws/failure.ts';
import type { Ec2Settings } from './schema.ts';
import {
  type FindReport,
  type ConnectOptions,
  type FleetTiming,
  type FoundRun,
  type LaunchRequest,
} from '../fleet.ts';
import { type Instance, isLiving } from '../../instance.ts';
import type { Access } from '../../session/ssh/access.ts';
import type { Session } from '../../session/session.ts';
import { plural } from '../../quantity.ts';
import { removeLoginKey, writeLoginKey } from '../../state/run-state.ts';
import type { OrphanKind } from '../orphan.ts';
import { SshAccesses, type SshFleet } from '../ssh.ts';
import type { Preflight, PreflightRequest } from '../preflight.ts';
import { type Ec2Api, regionOf } from './api.ts';
import { describeInstances, toInstance } from './find/describe.ts';
import { untilConsistent } from './launch/eventual-consistency.ts';
import { type Ec2Call, ec2Error, isFreePlanRefusal } from './error.ts';
import { findRuns } from './find/find.ts';
import { createGroup, deleteGroups } from './launch/group.ts';
import { findEligible } from './launch/eligible-type.ts';
import { Prerequisites } from './launch/prerequisite.ts';
import type { SyslogKind } from './launch/image.ts';
import { type LaunchPlan, launchInstances } from './launch/launch.ts';
import { createScheduleGroup, createSchedules } from './schedule/schedule.ts';
import { updateIngress } from './launch/ingress.ts';
import { warnUnreachable } from './find/unreachable.ts';
import { LaunchState } from './launch/launch-state.ts';
import { prepareOrder } from './launch/launch-plan.ts';
import { InstanceDiagnosis } from './find/instance-diagnosis.ts';
import { ec2Preflight } from './preflight/preflight.ts';
import { readCachedPrices } from './price/price-cache.ts';
import type { TypePrice } from './price/price-lookup.ts';
import { imageSyslogCommand } from './syslog.ts';
import { type RunTags, runFilter } from './tag.ts';
import { deleteVolumes } from './terminate/volume.ts';
import { terminateRun } from './terminate/terminate-run.ts';
import { armedCommand } from './launch/user-data.ts';
import { recordLaunch } from './find/launch-history.ts';

/** What a fleet on EC2 is made with. */
export interface Ec2Options {
  readonly settings: Ec2Settings;
  readonly api: Ec2Api;
  readonly env: NodeJS.ProcessEnv;
  /** What runs leave behind in the same region that is not EC2's: queues. */
  readonly orphanKinds?: readonly OrphanKind[];
  /** The region, and who calls, where they are known already: with which account, and as which owners. */
  readonly where?: string;
  readonly caller?: { readonly account: string; readonly owners: ReadonlySet<string> };
  /** False: nothing was ever launched here from this machine. */
  readonly isUsed?: boolean;
  readonly timing?: Partial<FleetTiming>;
}

/** The numbers of T on EC2 (DESIGN.md); poll and settle by the eventual consistency that EC2's API reference warns of. */
export const ec2Timing: FleetTiming = { reserve: 20, grace: 60, boot: 30, poll: 2, settle: 10 };

/** Seconds for which what costs nothing is tried to be deleted, T or no T. */
const disposeTimeout = 180;

/** Seconds for which a failed launch tries to undo itself; the run's own cleanup does so again. */
const undoTimeout = 30;

/** What deleting each kind of thing takes. */
const removalPermissions = {
  'security group': 'ec2:DescribeSecurityGroups, ec2:DeleteSecurityGroup',
  volume: 'ec2:DescribeVolumes, ec2:DeleteVolume',
} as const;

/** Instances of Amazon EC2 in one region. Stateless but for what a launch told: everything else is found by tags. */
export class Ec2Fleet implements SshFleet {
  readonly name = 'ec2';
  readonly timing: FleetTiming;
  readonly #options: Ec2Options;
  readonly #prerequisites: Prerequisites;
  readonly #launchStates = new Map<string, LaunchState>();
  readonly #diagnosis: InstanceDiagnosis;
  readonly #accesses = new SshAccesses();
  /** By image, once that is known. */
  #syslog: SyslogKind = 'either';
  #prices: ReadonlyMap<string, TypePrice> = new Map();
  #region: string | undefined;
  #account: string | undefined;

  constructor(options: Ec2Options) {
    this.#options = options;
    this.timing = { ...ec2Timing, ...options.timing };
    this.#prerequisites = new Prerequisites(options.api, options.settings);
    this.#diagnosis = new InstanceDiagnosis(options.api);
    this.#region = options.where ?? options.api.settings.region;
    this.#account = options.caller?.account;
  }

  /** The region, once it is known: it may only be in the profile. */
  get where(): string {
    return this.#region ?? '';
  }

  get account(): string | undefined {
    return this.#account;
  }

  async preflight(request: PreflightRequest, signal: AbortSignal): Promise<Preflight> {
    const { api, settings, env } = this.#options;
    const context = { api, settings, env, timing: this.timing, prerequisites: this.#prerequisites };
    const { prices, account, ...preflight } = await ec2Preflight(context, request, signal);
    this.#prices = prices;
    this.#account ??= account;
    this.#region ??= await this.#prerequisites.region().catch(() => undefined);
    return preflight;
  }

  /** The group first, which costs nothing: missing rights show before anything does. */
  async launch(request: LaunchRequest, signal: AbortSignal): Promise<Instance[]> {
    signal.throwIfAborted();
    const { api, settings, env } = this.#options;
    const { run, count } = request;
    const launchState = new LaunchState();
    launchState.notice = request.notice ?? launchState.notice;
    this.#launchStates.set(run, launchState);
    this.#region ??= await this.#prerequisites.region();
    this.#account ??= (await this.#prerequisites.identity(signal).catch(() => undefined))?.account;
    const { expiresAt } = request;
    await recordLaunch(env, {
      region: this.#region,
      profile: settings.profile,
      account: this.#account,
      run,
      expiresAt,
    });
    try {
      const prices = this.#prices;
      const makeGroup = (tags: RunTags, vpc: string): Promise<string> =>
        this.#group(tags, vpc, launchState, signal);
      const schedule = (tags: RunTags): Promise<LaunchPlan['onLaunched']> => this.#schedule(tags, signal);
      const context = { settings, env, prerequisites: this.#prerequisites, prices, makeGroup, schedule };
      const { plan, login, syslog } = await prepareOrder(context, request, signal);
      launchState.login = login;
      this.#syslog = syslog;
      const launched = await launchInstances(api, plan, launchState, signal);
      await writeLoginKey(run, login.privateKey ?? '', env);
      return launched
        .map((instance) => this.#toInstance(instance, launchState))
        .toSorted((a, b) => a.index - b.index);
    } catch (error) {
      await this.#undo(run, launchState);
      signal.throwIfAborted();
      const { types, spot } = settings;
      const eligible = isFreePlanRefusal(error) ? await this.#eligible(signal) : undefined;
      const launch = { count, types, market: spot ? 'spot' : 'on-demand', eligible } as const;
      const permissions = 'ec2:RunInstances, ec2:CreateTags';
      throw this.#error(error, `${plural(count, 'instance')} cannot be launched`, run, permissions, launch);
    }
  }

  async describe(run: string, signal?: AbortSignal): Promise<Instance[]> {
    try {
      const found = await describeInstances(await this.#options.api.ec2(), runFilter(run), signal);
      const launchState = this.#launchStates.get(run);
      if (launchState) warnUnreachable(found, this.#options.settings.connect, launchState);
      // Explains what died by itself; what is terminated on request needs no explanation.
      return await this.#diagnosis.explain(found.map((instance) => this.#toInstance(instance, launchState)));
    } catch (error) {
      throw this.#error(error, 'the instances cannot be described', run, 'ec2:DescribeInstances');
    }
  }

  access({ id }: Instance): Access | undefined {
    return this.#accesses.get(id);
  }

  /** Where this machine has another address than at the launch, as after a change of networks, that is let in as well. */
  async connect(instance: Instance, options: ConnectOptions): Promise<Session> {
    const { api, settings } = this.#options;
    const launchState = [...this.#launchStates.values()].find(({ known }) => known.has(instance.id));
    const over = new AbortController();
    const signal = AbortSignal.any([options.signal, over.signal]);
    if (launchState) void updateIngress({ api, settings, launchState }, signal);
    try {
      return await this.#accesses.connect(instance, options);
    } finally {
      over.abort();
    }
  }

  async terminate(run: string, ids?: readonly string[]): Promise<Instance[]> {
    const launchState = this.#launchStates.get(run);
    const instances = await this.#terminate(run, launchState, ids);
    if (ids !== undefined || !launchState?.outcomeUnknown) return instances;
    return untilConsistent(launchState, this.timing, instances, () => this.#terminate(run, launchState));
  }

  async dispose(run: string): Promise<void> {
    const { api, env, orphanKinds = [] } = this.#options;
    const { groupRequestedAt = -Infinity } = this.#launchStates.get(run) ?? {};
    const age = (performance.now() - groupRequestedAt) / 1000;
    const removal = { timeout: disposeTimeout, settle: Math.max(0, this.timing.settle - age) };
    const removals = await Promise.allSettled([
      this.#removal('security group', run, async () => deleteGroups(await api.ec2(), run, removal)),
      this.#removal('volume', run, async () => deleteVolumes(await api.ec2(), run, disposeTimeout)),
      ...orphanKinds.map(async (kind) => kind.remove(run)),
    ]);
    const failure = removals.find((result) => result.status === 'rejected');
    if (failure) throw failure.reason;
    await removeLoginKey(run, env);
    this.#launchStates.delete(run);
  }

  async find(report?: FindReport): Promise<FoundRun[]> {
    const { api, env, orphanKinds = [], isUsed = true } = this.#options;
    const explain = (error: unknown): unknown =>
      this.#error(
        error,
        'EC2 cannot be asked',
        this.where,
        'ec2:DescribeInstances, ec2:DescribeSecurityGroups',
      );
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

  async #removal(
    kind: keyof typeof removalPermissions,
    run: string,
    remove: () => Promise<void>,
  ): Promise<void> {
    try {
      await remove();
    } catch (error) {
      throw this.#error(error, `a ${kind} cannot be deleted`, run, removalPermissions[kind]);
    }
  }

  async #self(): Promise<ReadonlySet<string>> {
    const { owner, account } = await this.#prerequisites.identity(new AbortController().signal);
    this.#account ??= account;
    return new Set([owner]);
  }

  async #group(tags: RunTags, vpc: string, launchState: LaunchState, signal: AbortSignal): Promise<string> {
    const source = await this.#prerequisites.source(signal);
    const ec2 = await this.#options.api.ec2();
    launchState.groupRequestedAt = performance.now();
    try {
      const id = await createGroup(ec2, { tags, vpc, source }, signal);
      launchState.group = { id, sources: new Set([source]) };
      return id;
    } catch (error) {
      signal.throwIfAborted();
      const permissions = 'ec2:CreateSecurityGroup, ec2:AuthorizeSecurityGroupIngress, ec2:CreateTags';
      throw this.#error(error, 'the security group cannot be created', tags.run, permissions);
    }
  }

  /** Where it is asked for, AWS itself ends each instance at T + grace: a group of schedules, and what adds to it. */
  async #schedule(tags: RunTags, signal: AbortSignal): Promise<LaunchPlan['onLaunched']> {
    const { api, settings } = this.#options;
    const role = settings.schedulerRole;
    if (role === undefined) return undefined;
    const scheduling = async (what: string, permissions: string, act: () => Promise<void>): Promise<void> =>
      act().catch((error: unknown) => {
        signal.throwIfAborted();
        throw this.#error(error, what, 'ec2.schedulerRole', permissions);
      });
    await scheduling(
      'the group of schedules cannot be created',
      'scheduler:CreateScheduleGroup, scheduler:TagResource',
      async () => createScheduleGroup(await api.scheduler(), tags, signal),
    );
    return async (ids) =>
      scheduling('the schedules cannot be created', 'scheduler:CreateSchedule, iam:PassRole', async () =>
        createSchedules(await api.scheduler(), tags, ids, role, signal),
      );
  }

  async #eligible(signal: AbortSignal): Promise<string[]> {
    const [type] = await this.#prerequisites.types(signal);
    return findEligible(await this.#options.api.ec2(), type?.architecture, signal);
  }

  /** Leaves nothing of a launch that failed. What cannot be undone now is tried again, and reported, by the cleanup. */
  async #undo(run: string, launchState: LaunchState): Promise<void> {
    if (launchState.known.size === 0 && !launchState.outcomeUnknown) return;
    const giveUp = performance.now() + undoTimeout * 1000;
    for (;;) {
      const left = await this.terminate(run).then(
        (instances) => instances.filter(isLiving),
        () => undefined,
      );
      if (left?.length === 0 || performance.now() > giveUp) return;
      await delay(this.timing.poll * 1000);
    }
  }

  async #terminate(
    run: string,
    launchState: LaunchState | undefined,
    ids?: readonly string[],
  ): Promise<Instance[]> {
    try {
      return await terminateRun(await this.#options.api.ec2(), run, launchState, ids);
    } catch (error) {
      const permissions = 'ec2:DescribeInstances, ec2:TerminateInstances';
      throw this.#error(error, 'the instances cannot be terminated', run, permissions);
    }
  }

  #toInstance(instance: Ec2Instance, launchState: LaunchState | undefined): Instance {
    const login = launchState?.login;
    const { connect } = this.#options.settings;
    if (!login) return toInstance(instance, connect);
    return toInstance(instance, connect, (id, host) => this.#accesses.note(id, { ...login, host }));
  }

  #error(
    error: unknown,
    what: string,
    about: string,
    permissions: string,
    launch?: Ec2Call['launch'],
  ): unknown {
    const { profile } = this.#options.settings;
    return ec2Error(error, {
      what,
      about,
      permissions,
      profile,
      region: this.#region,
      ...(launch && { launch }),
    });
  }
}
