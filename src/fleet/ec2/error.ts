import { keepCause, CndError } from '../../error.ts';
import { type Meaning, filled, meaningOf } from '../../aws/code.ts';
import { type AwsCall, awsError } from '../../aws/failure.ts';
import { isNotYetKnown } from '../../aws/consistency.ts';
import { isRetryable } from '../../aws/retryable.ts';
import { redact } from '../../redact.ts';
import { quotaCodes, standardFamilies } from './preflight/quota-code.ts';

/** What an error of EC2 means for a launch; `again`: the same call may work in a moment. */
export type LaunchErrorKind = NonNullable<Meaning['launch']> | 'again' | 'fatal';

/** What EC2 says to accounts of the free plan about most types, spot or on demand; its code is used for much else. */
const freePlan = /instance type is not eligible for free tier/i;

/** What to make of a failed RunInstances: go elsewhere, give up, or repeat the very same call. */
export function launchErrorKind(error: unknown): LaunchErrorKind {
  if (isFreePlanRefusal(error)) return 'type';
  if (isNotYetKnown('ec2:RunInstances', error)) return 'again';
  return meaningOf(error)?.launch ?? (isRetryable(error) ? 'again' : 'fatal');
}

/** What a call was about, for the words of its failure. */
export interface Ec2Call extends AwsCall {
  /** What was to be launched, if anything. */
  readonly launch?: {
    readonly count: number;
    readonly types: readonly string[];
    /** What could be launched instead, where no type was configured and so one alone was tried. */
    readonly others?: readonly string[] | undefined;
    readonly market: 'spot' | 'on-demand';
    /** Types that an account of the free plan may launch, once they were asked for. */
    readonly eligible?: readonly string[] | undefined;
  };
}

/** What a failed call is told as, by who knows where and as whom it was made. */
export type ExplainError = (error: unknown, call: Omit<Ec2Call, 'region' | 'profile'>) => unknown;

/** A failed call as the error a user sees: what, in which region, why, how many, and the remedy. */
export function ec2Error(error: unknown, call: Ec2Call): CndError {
  if (error instanceof CndError) return error;
  const meaning = meaningOf(error);
  if (error instanceof Error && launchErrorKind(error) === 'type') return typeError(error, call);
  if (error instanceof Error && meaning?.launch === 'quota') return quotaError(error, meaning, call);
  if (error instanceof Error && meaning?.launch === 'capacity') return capacityError(error, meaning, call);
  return awsError(error, call);
}

function quotaError(error: Error, { quota, fewerHelp, remedy }: Meaning, call: Ec2Call): CndError {
  const { launch, region = 'this region' } = call;
  const isSpot = launch?.market === 'spot';
  const isOfCpus = quota?.service === 'ec2' && !error.name.startsWith('Address');
  const hasCode = isOfCpus && !isOtherFamily(launch?.types ?? []);
  const code = quota?.code ?? (hasCode ? quotaCodes[launch?.market ?? 'on-demand'] : undefined);
  const name = isSpot ? 'All Standard Spot Instance Requests' : 'Running On-Demand Standard';
  const service = quota?.service ?? 'ec2';
  const raise =
    code === undefined
      ? `, see: aws service-quotas list-service-quotas --service-code ${service} --region ${region}`
      : `${hasCode ? ` (${name}, ${code})` : ''}: aws service-quotas request-service-quota-increase --service-code ${service} --quota-code ${code} --region ${region} --desired-value …`;
  const usual = `${fewerHelp ? 'reduce --N, or ' : ''}raise the quota${raise}`;
  return failure('ec2-quota', error, call, remedy === undefined ? usual : filled(remedy, { region, code }));
}

function capacityError(error: Error, { remedy }: Meaning, call: Ec2Call): CndError {
  const { launch, region } = call;
  const types = launch?.types.join(', ') ?? 'this';
  const onDemand = launch?.market === 'spot' ? ', or omit --spot' : '';
  const usual = `no Availability Zone has capacity for ${types} now: ${moreTypes(launch)}, use another --region${onDemand}`;
  return failure(
    'ec2-capacity',
    error,
    call,
    remedy === undefined ? usual : filled(remedy, { region, types }),
  );
}

/** Without --type it is one type alone that is tried: another one may cost more than what was confirmed. */
function moreTypes(launch: Ec2Call['launch']): string {
  const { types = [], others } = launch ?? {};
  if (!others) return 'add types with --type';
  const [next] = others;
  const only = 'the only type that is tried without --type';
  return next === undefined
    ? `it is ${only}, and the only one of the built-in table here: name others with --type`
    : `it is ${only}: name several, e.g. --type ${[...types, next].join(',')}`;
}

function typeError(error: Error, call: Ec2Call): CndError {
  const { launch, region = 'this region' } = call;
  const types = launch?.types.join(', ') ?? 'this type';
  const { eligible = [] } = launch ?? {};
  const ask = `aws ec2 describe-instance-types --region ${region} --filters Name=free-tier-eligible,Values=true --query 'InstanceTypes[].InstanceType'`;
  const free = eligible.length > 0 ? `--type ${eligible.join(',')}` : `a type listed by: ${ask}`;
  const hint = isFreePlanRefusal(error)
    ? `this account's plan allows none of ${types}: launch ${free}; or upgrade the account's plan`
    : `EC2 does not launch ${types} here: use other types with --type, or another --region`;
  return failure('ec2-type-refused', error, call, hint);
}

/** Whether an account of the free plan may not launch a type. */
export function isFreePlanRefusal(error: unknown): boolean {
  return error instanceof Error && freePlan.test(error.message);
}

function failure(
  code: string,
  error: Error,
  { what, about, region = 'this region' }: Ec2Call,
  hint: string,
): CndError {
  const told = new CndError(code, `${what} in ${region}: ${firstSentence(error)}`, {
    about,
    hint,
    cause: error,
  });
  return keepCause(told);
}

/** Of types that have a vCPU quota of their own. */
function isOtherFamily(types: readonly string[]): boolean {
  return types.some((type) => !standardFamilies.test(type));
}

function firstSentence({ message, name }: Error): string {
  const sentence = /^.*?[.](?=\s|$)/s.exec(message)?.[0] ?? message;
  return `${redact(sentence)} (${name})`;
}
