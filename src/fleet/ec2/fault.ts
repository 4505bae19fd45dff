import { type AwsCall, awsError, awsFault } from '../../aws/failure.ts';
import { CndError } from '../../error.ts';

/** What an error of EC2 means for a launch. */
export type LaunchFault = 'capacity' | 'quota' | 'again' | 'fatal';

/** Lacking in this zone or for this type only: another may do (API reference, "Error codes for the Amazon EC2 API"). */
const capacity = new Set([
  'InsufficientInstanceCapacity',
  'InsufficientCapacity',
  'InsufficientHostCapacity',
  'InsufficientReservedInstanceCapacity',
  'InsufficientFreeAddressesInSubnet',
  'SpotMaxPriceTooLow',
  'Unsupported',
]);

const quotas = new Set([
  'VcpuLimitExceeded',
  'InstanceLimitExceeded',
  'InstanceLimit',
  'MaxSpotInstanceCountExceeded',
  'MaxSpotFleetRequestCountExceeded',
  'VolumeLimitExceeded',
  'AddressLimitExceeded',
  'SecurityGroupLimitExceeded',
  'NetworkInterfaceLimitExceeded',
]);

/** What to make of a failed RunInstances: go elsewhere, give up, or repeat the very same call. */
export function launchFault(error: unknown): LaunchFault {
  if (!(error instanceof Error)) return 'fatal';
  if (capacity.has(error.name)) return 'capacity';
  if (quotas.has(error.name)) return 'quota';
  // An instance that was just made, or a group: EC2 does not know of it everywhere yet (eventual consistency).
  if (error.name === 'InvalidGroup.NotFound') return 'again';
  const fault = awsFault(error);
  return fault === 'throttled' || fault === 'unavailable' || fault === 'unreachable' ? 'again' : 'fatal';
}

/** What a call was about, for the words of its failure. */
export interface Ec2Call extends AwsCall {
  /** What was to be launched, if anything. */
  readonly launch?: {
    readonly count: number;
    readonly types: readonly string[];
    readonly market: 'spot' | 'on-demand';
  };
}

/** A failed call as the error a user sees: what, in which region, why, how many, and the remedy. */
export function ec2Error(error: unknown, call: Ec2Call): CndError {
  if (error instanceof CndError) return error;
  if (error instanceof Error && quotas.has(error.name)) return quotaError(error, call);
  if (error instanceof Error && capacity.has(error.name)) return capacityError(error, call);
  if (awsFault(error) === 'denied') return deniedError(error, call);
  return awsError(error, call);
}

function quotaError(error: Error, call: Ec2Call): CndError {
  const { launch, region = 'this region' } = call;
  const market =
    launch?.market === 'spot' ? 'All Standard Spot Instance Requests' : 'Running On-Demand Standard';
  const code = launch?.market === 'spot' ? 'L-34B43A08' : 'L-1216C47A';
  return new CndError('ec2-quota', `${call.what} in ${region}: ${firstSentence(error)}`, {
    about: call.about,
    hint: `ask for less with --N, or raise the quota (${market}, ${code}): aws service-quotas request-service-quota-increase --service-code ec2 --quota-code ${code} --region ${region} --desired-value …`,
    cause: error,
  });
}

function capacityError(error: Error, call: Ec2Call): CndError {
  const { launch, region = 'this region' } = call;
  const types = launch?.types.join(', ') ?? 'this';
  return new CndError('ec2-capacity', `${call.what} in ${region}: ${firstSentence(error)}`, {
    about: call.about,
    hint: `no zone has room for ${types} now: name more with --type, take another --region${launch?.market === 'spot' ? ', or leave out --spot' : ''}`,
    cause: error,
  });
}

/** EC2 appends an encoded explanation that fills a screen and that only `sts:DecodeAuthorizationMessage` can read. */
function deniedError(error: unknown, call: Ec2Call): CndError {
  const told = awsError(error, call);
  return new CndError(told.code, told.message.replace(/\s*Encoded authorization failure message:.*/s, ''), {
    about: call.about,
    hint: `the caller needs ${call.rights}: see the policy in docs/aws.md`,
    cause: error,
  });
}

function firstSentence({ message, name }: Error): string {
  const sentence = /^.*?[.](?=\s|$)/s.exec(message)?.[0] ?? message;
  return `${sentence} (${name})`;
}
