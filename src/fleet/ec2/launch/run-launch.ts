import { setTimeout as delay } from 'node:timers/promises';
import type { Instance as Ec2Instance } from '@aws-sdk/client-ec2';
import { type Instance, isLiving } from '../../../instance.ts';
import { plural } from '../../../quantity.ts';
import { writeLoginKey } from '../../../state/run-state.ts';
import { CndError } from '../../../error.ts';
import { keyPairOf } from '../../../session/ssh/key.ts';
import type { LaunchRequest, ReplacementRequest } from '../../fleet.ts';
import { type ExplainError, isFreePlanRefusal } from '../error.ts';
import type { PreflightContext } from '../preflight/context.ts';
import type { TypePrice } from '../price/price-lookup.ts';
import { createScheduleGroup, createSchedules } from '../schedule/schedule.ts';
import type { RunTags } from '../tag.ts';
import { findEligible } from './eligible-type.ts';
import { createGroup } from './group.ts';
import type { SyslogKind } from './image.ts';
import { launchInstances } from './launch.ts';
import type { LaunchPlan } from './run-instances.ts';
import { prepareOrder } from './launch-plan.ts';
import type { LaunchState } from './launch-state.ts';

/** Seconds for which a failed launch tries to undo itself; the run's own cleanup does so again. */
const undoTimeout = 30;

/** What a run is launched with. */
export interface RunLaunchContext extends PreflightContext {
  readonly prices: ReadonlyMap<string, TypePrice>;
  readonly launchState: LaunchState;
  readonly explain: ExplainError;
  /** Terminates what there is of the run. */
  readonly terminate: () => Promise<Instance[]>;
}

/**
 * Launches the instances of a run. The group first, which costs nothing: missing permissions show before anything does. Of a launch
 * that fails nothing is left, as far as it can be undone now.
 */
export async function launchRun(
  context: RunLaunchContext,
  request: LaunchRequest,
  signal: AbortSignal,
): Promise<{ readonly launched: Ec2Instance[]; readonly syslog: SyslogKind }> {
  const { api, settings, env, prerequisites, launchState, explain } = context;
  const { run, count } = request;
  try {
    const steps = {
      makeGroup: (tags: RunTags, vpc: string) => makeGroup(context, tags, vpc, signal),
      schedule: (tags: RunTags) => schedule(context, tags, signal),
    };
    const { plan, login, syslog } = await prepareOrder({ ...context, ...steps }, request, signal);
    launchState.login = login;
    launchState.plan = plan;
    const launched = await launchInstances(api, plan, launchState, signal);
    await writeLoginKey(run, login.privateKey ?? '', env);
    return { launched, syslog };
  } catch (error) {
    await undo(context);
    signal.throwIfAborted();
    const { spot } = settings;
    const names = await prerequisites.typeNames(signal);
    const eligible = isFreePlanRefusal(error) ? await askEligible(context, signal) : undefined;
    throw explain(error, {
      what: `${plural(count, 'instance')} cannot be launched`,
      about: run,
      permissions: 'ec2:RunInstances, ec2:CreateTags',
      launch: { count, ...names, market: spot ? 'spot' : 'on-demand', eligible },
    });
  }
}

/**
 * Launches one more instance, as the others were: with their login key, group and schedules, and a switch for what is left of T.
 * What an aborted call launches is terminated with the run.
 */
export async function launchMore(
  context: Omit<RunLaunchContext, 'terminate'>,
  request: ReplacementRequest,
  signal: AbortSignal,
): Promise<Ec2Instance> {
  const { api, settings, prerequisites, launchState, explain } = context;
  const { run, index, notice = () => {} } = request;
  try {
    launchState.plan ??= planAgain(context, request, signal).catch((error: unknown) => {
      launchState.plan = undefined;
      throw error;
    });
    const one = { ...(await launchState.plan), count: 1, minimum: 1, firstIndex: index, notice };
    const [instance] = await launchInstances(api, one, launchState, signal);
    if (instance) return instance;
    throw new Error('EC2 gave no instance');
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof CndError && error.code === 'not-launched-here') throw error;
    const { spot } = settings;
    const names = await prerequisites.typeNames(signal);
    throw explain(error, {
      what: 'an instance cannot be launched',
      about: run,
      permissions: 'ec2:RunInstances, ec2:CreateTags',
      launch: { count: 1, ...names, market: spot ? 'spot' : 'on-demand' },
    });
  }
}

/**
 * What more instances are launched by in a run that another process launched: its group and login key, and a host key of
 * their own, because that process took the private half of its host key with it.
 */
async function planAgain(
  context: Omit<RunLaunchContext, 'terminate'>,
  { run, lifetime, notice }: ReplacementRequest,
  signal: AbortSignal,
): Promise<LaunchPlan> {
  const { settings, launchState } = context;
  const { login, group } = launchState;
  if (login?.privateKey === undefined || (settings.securityGroup === undefined && !group)) {
    const what = `run ${run} was launched by another process, which left no key or security group to launch instances with`;
    throw new CndError('not-launched-here', what, { about: run });
  }
  const steps = {
    loginKey: keyPairOf(login.privateKey),
    makeGroup: () => Promise.resolve(group?.id ?? ''),
    schedule: (tags: RunTags) => schedule(context, tags, signal),
  };
  const expiresAt = new Date(Date.now() + lifetime * 1000);
  const request = { run, count: 1, minimum: 1, lifetime, expiresAt, ...(notice && { notice }) };
  const made = await prepareOrder({ ...context, ...steps }, request, signal);
  launchState.login = { ...login, hostKeys: [...login.hostKeys, ...made.login.hostKeys] };
  return made.plan;
}

async function makeGroup(
  { api, prerequisites, launchState, explain }: RunLaunchContext,
  tags: RunTags,
  vpc: string,
  signal: AbortSignal,
): Promise<string> {
  const source = await prerequisites.source(signal);
  const ec2 = await api.ec2();
  launchState.groupRequestedAt = performance.now();
  try {
    const id = await createGroup(ec2, { tags, vpc, source }, signal, () => {
      launchState.groupRequestedAt = -Infinity;
    });
    launchState.group = { id, sources: new Set([source]) };
    return id;
  } catch (error) {
    signal.throwIfAborted();
    const permissions = 'ec2:CreateSecurityGroup, ec2:AuthorizeSecurityGroupIngress, ec2:CreateTags';
    throw explain(error, { what: 'the security group cannot be created', about: tags.run, permissions });
  }
}

/** Where it is asked for, AWS itself ends each instance at T + grace: a group of schedules, and what adds to it. */
async function schedule(
  { api, settings, explain }: Pick<RunLaunchContext, 'api' | 'settings' | 'explain'>,
  tags: RunTags,
  signal: AbortSignal,
): Promise<LaunchPlan['onLaunched']> {
  const role = settings.schedulerRole;
  if (role === undefined) return undefined;
  const about = 'ec2.schedulerRole';
  const scheduling = async (what: string, permissions: string, act: () => Promise<void>): Promise<void> =>
    act().catch((error: unknown) => {
      signal.throwIfAborted();
      throw explain(error, { what, about, permissions });
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

async function askEligible({ api, prerequisites }: RunLaunchContext, signal: AbortSignal): Promise<string[]> {
  const [type] = await prerequisites.types(signal);
  return findEligible(await api.ec2(), type?.architecture, signal);
}

/** Leaves nothing of a launch that failed. What cannot be undone now is tried again, and reported, by the cleanup. */
async function undo({ launchState, timing, terminate }: RunLaunchContext): Promise<void> {
  if (launchState.known.size === 0 && !launchState.outcomeUnknown) return;
  const giveUp = performance.now() + undoTimeout * 1000;
  for (;;) {
    const left = await terminate().then(
      (instances) => instances.filter(isLiving),
      () => undefined,
    );
    if (left?.length === 0 || performance.now() > giveUp) return;
    await delay(timing.poll * 1000);
  }
}
