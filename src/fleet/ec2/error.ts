import { type AwsCall, awsError, awsFault } from '../../aws/failure.ts';
import { isRetryable } from '../../aws/retryable.ts';
import { CndError, messageOf } from '../../error.ts';
import { quotaCodes, standardFamilies } from './preflight/quota-code.ts';

/** What an error of EC2 means for a launch. */
export type LaunchFault = 'capacity' | 'type' | 'quota' | 'again' | 'fatal';

/** Lacking in this zone or for this type only: another may do (API reference, "Error codes for the Amazon EC2 API"). */
const capacity = new Set([
  'InsufficientInstanceCapacity',
  'InsufficientCapacity',
  'InsufficientHostCapacity',
  'InsufficientReservedInstanceCapacity',
  'InsufficientAddressCapacity',
  'InsufficientVolumeCapacity',
  'InsufficientFreeAddressesInSubnet',
  'SpotMaxPriceTooLow',
  'Unsupported',
]);

/** The type itself may not be launched, in no zone of the region: another may be. */
const unlaunchable = new Set(['InvalidInstanceType', 'InstanceTypeNotSupported', 'UnsupportedInstanceType']);

/** What EC2 says to accounts of the free plan about most types, spot or on demand; its code is used for much else. */
const freePlan = /instance type is not eligible for free tier/i;

/** Of vCPUs, which `aws service-quotas` raises under one code for each market. */
const vcpuQuotas = new Set([
  'VcpuLimitExceeded',
  'InstanceLimitExceeded',
  'InstanceLimit',
  'MaxSpotInstanceCountExceeded',
  'MaxSpotFleetRequestCountExceeded',
]);

const quotas = new Set([
  ...vcpuQuotas,
  'VolumeLimitExceeded',
  'AddressLimitExceeded',
  'SecurityGroupLimitExceeded',
  'NetworkInterfaceLimitExceeded',
]);

/** What looks like missing rights and is not. */
const remedies: Readonly<Record<string, string>> = {
  OptInRequired: 'accept the terms of the image in the AWS Marketplace, or of the service, with this account',
  'AuthFailure.ServiceLinkedRoleCreationNotPermitted':
    'have somebody make the role: aws iam create-service-linked-role --aws-service-name spot.amazonaws.com',
};

/** What to make of a failed RunInstances: go elsewhere, give up, or repeat the very same call. */
export function launchFault(error: unknown): LaunchFault {
  if (!(error instanceof Error)) return 'fatal';
  if (capacity.has(error.name)) return 'capacity';
  if (unlaunchable.has(error.name) || freePlan.test(error.message)) return 'type';
  if (quotas.has(error.name)) return 'quota';
  // An instance that was just made, or a group: EC2 does not know of it everywhere yet (eventual consistency).
  if (error.name === 'InvalidGroup.NotFound') return 'again';
  return isRetryable(error) ? 'again' : 'fatal';
}

/** What a call was about, for the words of its failure. */
export interface Ec2Call extends AwsCall {
  /** What was to be launched, if anything. */
  readonly launch?: {
    readonly count: number;
    readonly types: readonly string[];
    readonly market: 'spot' | 'on-demand';
    /** Types that an account of the free plan may launch, once they were asked for. */
    readonly eligible?: readonly string[] | undefined;
  };
}

/** A failed call as the error a user sees: what, in which region, why, how many, and the remedy. */
export function ec2Error(error: unknown, call: Ec2Call): CndError {
  if (error instanceof CndError) return error;
  if (error instanceof Error && quotas.has(error.name)) return quotaError(error, call);
  if (error instanceof Error && capacity.has(error.name)) return capacityError(error, call);
  if (error instanceof Error && launchFault(error) === 'type') return typeError(error, call);
  if (awsFault(error) === 'denied') return deniedError(error, call);
  return awsError(error, call);
}

function quotaError(error: Error, call: Ec2Call): CndError {
  const { launch, region = 'this region' } = call;
  const market =
    launch?.market === 'spot' ? 'All Standard Spot Instance Requests' : 'Running On-Demand Standard';
  const code = quotaCodes[launch?.market ?? 'on-demand'];
  const isOfCpus = vcpuQuotas.has(error.name) && !isOtherFamily(launch?.types ?? []);
  const raise = isOfCpus
    ? ` (${market}, ${code}): aws service-quotas request-service-quota-increase --service-code ec2 --quota-code ${code} --region ${region} --desired-value …`
    : `, see: aws service-quotas list-service-quotas --service-code ec2 --region ${region}`;
  return new CndError('ec2-quota', `${call.what} in ${region}: ${firstSentence(error)}`, {
    about: call.about,
    hint: `ask for less with --N, or raise the quota${raise}`,
    cause: error,
  });
}

function capacityError(error: Error, call: Ec2Call): CndError {
  const { launch, region = 'this region' } = call;
  const types = launch?.types.join(', ') ?? 'this';
  const onDemand = launch?.market === 'spot' ? ', or leave out --spot' : '';
  const lack = error.name === 'Unsupported' ? `no zone offers ${types}` : `no zone has room for ${types} now`;
  const isFull = error.name === 'InsufficientFreeAddressesInSubnet';
  return new CndError('ec2-capacity', `${call.what} in ${region}: ${firstSentence(error)}`, {
    about: call.about,
    hint: isFull
      ? 'name larger subnets, or more of them, in ec2.subnets'
      : `${lack}: name more with --type, take another --region${onDemand}`,
    cause: error,
  });
}

function typeError(error: Error, call: Ec2Call): CndError {
  const { launch, region = 'this region' } = call;
  const types = launch?.types.join(', ') ?? 'this type';
  const { eligible = [] } = launch ?? {};
  const ask = `aws ec2 describe-instance-types --region ${region} --filters Name=free-tier-eligible,Values=true --query 'InstanceTypes[].InstanceType'`;
  const isFreePlan = freePlan.test(error.message);
  const free = eligible.length > 0 ? `--type ${eligible.join(',')}` : `one that this lists: ${ask}`;
  return new CndError('ec2-type-refused', `${call.what} in ${region}: ${firstSentence(error)}`, {
    about: call.about,
    hint: isFreePlan
      ? `this account's plan allows none of ${types}: launch ${free}; or upgrade the account's plan`
      : `EC2 does not launch ${types} here: name others with --type, or take another --region`,
    cause: error,
  });
}

/** Whether an account of the free plan may not launch a type. */
export function isFreePlanRefusal(error: unknown): boolean {
  return error instanceof Error && freePlan.test(error.message);
}

/** What an error of EC2 says, for people. */
export function legible(error: unknown): string {
  return withoutCode(messageOf(error));
}

/** EC2 appends an encoded explanation that fills a screen and that only `sts:DecodeAuthorizationMessage` can read. */
function withoutCode(message: string): string {
  return message.replace(/\s*Encoded authorization failure message:.*/s, '');
}

function deniedError(error: unknown, call: Ec2Call): CndError {
  const told = awsError(error, call);
  return new CndError(told.code, withoutCode(told.message), {
    about: call.about,
    hint:
      (error instanceof Error && remedies[error.name]) ||
      `the caller needs ${call.rights}: see the policy in docs/aws.md`,
    cause: error,
  });
}

/** Of types that have a vCPU quota of their own. */
function isOtherFamily(types: readonly string[]): boolean {
  return types.some((type) => !standardFamilies.test(type));
}

function firstSentence({ message, name }: Error): string {
  const sentence = /^.*?[.](?=\s|$)/s.exec(message)?.[0] ?? message;
  return `${sentence} (${name})`;
}
