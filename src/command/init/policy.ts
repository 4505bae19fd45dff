import { homeRegions, partitionOf } from '../../aws/partition.ts';
import { resolveLogs } from '../../config/logs.ts';
import { UsageError, messageOf } from '../../error.ts';
import { regionOf, sdkApi } from '../../fleet/ec2/api.ts';
import { findIdentity } from '../../fleet/ec2/identity.ts';
import { placeholders, policies, policyScope } from '../../fleet/ec2/policy/policy.ts';
import { stackTemplate } from '../../fleet/ec2/policy/stack.ts';
import { ec2Schema } from '../../fleet/ec2/schema.ts';
import { visible } from '../../text.ts';
import { unlessAborted, withDeadline } from '../../wait.ts';
import type { Arguments } from '../command.ts';

/** Milliseconds in which STS must say which account it is: without it a placeholder does. */
const timeout = 5000;

/** What STS says of the caller, or why it does not. */
interface Account {
  readonly account?: string | undefined;
  readonly partition?: string | undefined;
  readonly failure?: string;
}

/** What is to be filled in, as far as flags, the configuration file there is, the environment and the profile tell. */
interface Known extends Account {
  readonly region: string | undefined;
  readonly bucket: string | undefined;
  readonly profile: string | undefined;
}

/** `cnd init --policy`: the policies of docs/policy.json with what is known filled in, and one line on stderr about what is not. */
export async function printPolicies(
  given: Arguments,
  bucket: string | undefined,
  file: string | undefined,
): Promise<void> {
  const known = await whatIsKnown(given, bucket, file);
  const { account, partition, failure } = known.account === undefined ? await askAccount(known) : known;
  const scope = policyScope({
    partition: known.region === undefined ? partition : partitionOf(known.region),
    account,
    region: known.region,
    bucket: known.bucket,
  });
  process.stdout.write(`${JSON.stringify(policies(scope), undefined, 2)}\n`);
  const open = (['account', 'region', 'bucket'] as const).filter((key) => scope[key] === placeholders[key]);
  if (open.length === 0) return;
  const are = open.length === 1 ? 'is a placeholder' : 'are placeholders';
  const names = open.map((key) => placeholders[key]).join(', ');
  const flags = open.map((key) => `--${key}`).join(', ');
  const why = failure === undefined ? '' : ` (${failure})`;
  process.stderr.write(`cnd: ${names} ${are}: fill in with ${flags}${why}\n`);
}

/** `cnd init --cloudformation`: a template; CloudFormation itself fills in the account, the region and the partition. */
export async function printStack(bucket: string | undefined, file: string | undefined): Promise<void> {
  const named = bucket ?? (file === undefined ? undefined : (await resolveLogs(file)).logs?.bucket);
  process.stdout.write(`${JSON.stringify(stackTemplate(named), undefined, 2)}\n`);
}

async function whatIsKnown(
  given: Arguments,
  bucket: string | undefined,
  file: string | undefined,
): Promise<Known> {
  const account = word(given, 'account');
  if (account !== undefined && !/^\d{12}$/.test(account))
    throw refusal('account', account, 'an AWS account ID of 12 digits', '123456789012');
  const named = word(given, 'region');
  if (!ec2Schema.shape.region.safeParse(named).success)
    throw refusal('region', named, 'a region', 'eu-west-1');
  const { logs, aws } = file === undefined ? { logs: undefined, aws: {} } : await resolveLogs(file);
  const profile = word(given, 'profile') ?? aws.profile;
  const region = named ?? aws.region ?? (await usualRegion(profile));
  return { account, region, bucket: bucket ?? logs?.bucket, profile };
}

/** The region that every AWS tool would use; undefined: none is set. */
async function usualRegion(profile: string | undefined): Promise<string | undefined> {
  return regionOf(sdkApi({ profile }, process.env)).catch(() => undefined);
}

/** Asks STS, which needs no rights; where no region is known, that of the commercial partition. */
async function askAccount({ profile, region = homeRegions.aws }: Known): Promise<Account> {
  try {
    const api = sdkApi({ profile, region }, process.env);
    const { account, arn } = await withDeadline(timeout, undefined, async (signal) =>
      unlessAborted(findIdentity(api, signal), signal),
    );
    return { account, partition: arn.split(':')[1] };
  } catch (error) {
    return { failure: messageOf(error) };
  }
}

function word(given: Arguments, name: string): string | undefined {
  const value = given[name];
  return typeof value === 'string' ? value : undefined;
}

function refusal(name: string, value = '', what: string, example: string): UsageError {
  return new UsageError('bad-flag', `--${name} is '${visible(value)}': must be ${what}`, {
    about: name,
    hint: `for example --${name} ${example}`,
  });
}
