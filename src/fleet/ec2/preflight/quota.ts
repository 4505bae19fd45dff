import type { EC2 } from '@aws-sdk/client-ec2';
import type { ServiceQuotas } from '@aws-sdk/client-service-quotas';
import type { Check, PreflightRequest } from '../../preflight.ts';
import { messageOf } from '../../../error.ts';
import { unlessAborted } from '../../../wait.ts';
import { asWarning, failed } from '../../check.ts';
import { describeInstances } from '../find/describe.ts';
import { ec2Error } from '../error.ts';
import type { MachineType } from '../launch/instance-type.ts';
import type { PreflightContext } from './context.ts';
import { quotaCodes, standardFamilies } from './quota-code.ts';

/** How many vCPUs may run, and how many do. */
export interface Quota {
  readonly code: string;
  readonly limit: number;
  readonly used: number;
}

/** Looks how much of its quota is left to a market; undefined for types that have a quota of their own. */
async function findQuota(
  quotas: ServiceQuotas,
  ec2: EC2,
  type: string,
  market: 'spot' | 'on-demand',
  signal: AbortSignal,
): Promise<Quota | undefined> {
  if (!standardFamilies.test(type)) return undefined;
  const code = quotaCodes[market];
  const [answer, instances] = await Promise.all([
    quotas.getServiceQuota({ ServiceCode: 'ec2', QuotaCode: code }, { abortSignal: signal }),
    describeInstances(ec2, [{ Name: 'instance-state-name', Values: ['pending', 'running'] }], signal),
  ]);
  const counted = instances.filter(
    ({ InstanceType = '', InstanceLifecycle }) =>
      standardFamilies.test(InstanceType) && (InstanceLifecycle === 'spot') === (market === 'spot'),
  );
  const used = counted.reduce(
    (sum, { CpuOptions }) => sum + (CpuOptions?.CoreCount ?? 1) * (CpuOptions?.ThreadsPerCore ?? 1),
    0,
  );
  return { code, limit: answer.Quota?.Value ?? Infinity, used };
}

/** Nothing that a user can do about their own settings: too small a quota shows at the launch. */
function unanswered(name: string, region: string, reason: unknown): Check {
  const message = `the quota cannot be looked up in ${region}: ${messageOf(reason)}`;
  const hint = `Service Quotas of ${region} must be reachable from here; a quota that is too small shows at the launch`;
  return { name, outcome: 'warning', message, hint };
}

/** How many instances of so many vCPUs a quota still has capacity for. Pure. */
function capacityFor({ limit, used }: Quota, vcpus: number): number {
  return Math.max(0, Math.floor((limit - used) / vcpus));
}

/**
 * Whether the quota has capacity for the launch: a launch that it stops has cost nothing, but time. A warning when that is not
 * known until the signal aborts. Never rejects.
 */
export async function checkQuota(
  { api, settings }: PreflightContext,
  type: MachineType,
  { count, minimum }: PreflightRequest,
  region: string,
  signal: AbortSignal,
): Promise<Check> {
  const name = 'quota';
  const market = settings.spot ? 'spot' : 'on-demand';
  let quota: Quota | undefined;
  try {
    const finding = findQuota(await api.quotas(), await api.ec2(), type.name, market, signal);
    quota = await unlessAborted(finding, signal);
  } catch (error) {
    if (signal.aborted) return unanswered(name, region, signal.reason);
    const permissions = 'servicequotas:GetServiceQuota and ec2:DescribeInstances';
    const told = ec2Error(error, { what: 'the quota cannot be looked up', about: name, region, permissions });
    return asWarning(failed(name, told));
  }
  if (!quota)
    return { name, outcome: 'ok', message: `${type.name} has a quota of its own, which is not looked up` };
  const room = capacityFor(quota, type.vcpus);
  const words = `${quota.used} of ${quota.limit} ${market} vCPUs are in use in ${region}: capacity for ${room} × ${type.name}`;
  if (room >= count) return { name, outcome: 'ok', message: words };
  const hint = `reduce --N, or raise it: aws service-quotas request-service-quota-increase --service-code ec2 --quota-code ${quota.code} --region ${region} --desired-value ${quota.used + count * type.vcpus}`;
  const outcome = room < minimum || room === 0 ? 'failed' : 'warning';
  return { name, outcome, message: `${words}, not ${count}`, hint };
}
