import { awsErrorKind } from '../../aws/failure.ts';
import { homeRegions, partitionOf } from '../../aws/partition.ts';
import { withDeadline } from '../../wait.ts';
import { type Ec2Api, regionOf } from './api.ts';
import { ec2Error } from './error.ts';
import { ownerOf } from './owner.ts';

/** Who calls AWS. */
export interface CallerIdentity {
  readonly account: string;
  readonly arn: string;
  /** The value of the tag that says whose a run is. */
  readonly owner: string;
}

/** Asks STS who the caller is: the one call that needs no rights. @throws CndError */
export async function findIdentity(api: Ec2Api, signal?: AbortSignal): Promise<CallerIdentity> {
  const { profile, region } = api.settings;
  try {
    const sts = await api.sts();
    const { Account = '', Arn = '' } = await sts.getCallerIdentity({}, signal ? { abortSignal: signal } : {});
    return { account: Account, arn: Arn, owner: ownerOf(Arn) };
  } catch (error) {
    const disabled = await disabledRegion(api, error, signal);
    signal?.throwIfAborted();
    const what = 'the AWS caller identity cannot be determined';
    throw ec2Error(disabled ?? error, {
      what,
      about: 'credentials',
      region,
      profile,
      permissions: 'sts:GetCallerIdentity',
    });
  }
}

/** Milliseconds for asking another region why this one does not accept the credentials. */
const timeout = 3000;

/**
 * A region that is not enabled in the account answers as if the credentials were wrong (AWS Account Management, "Enable or
 * disable Regions"): another one, which is enabled everywhere, accepts them then.
 */
async function disabledRegion(api: Ec2Api, error: unknown, signal?: AbortSignal): Promise<Error | undefined> {
  if (awsErrorKind(error) !== 'bad-credentials') return undefined;
  try {
    const region = await regionOf(api);
    const home = homeRegions[partitionOf(region)];
    if (region === home) return undefined;
    const sts = await api.stsIn(home);
    const { Account } = await withDeadline(timeout, signal, async (abortSignal) =>
      sts.getCallerIdentity({}, { abortSignal }),
    );
    const message = `${region} is not enabled in account ${Account}`;
    return Object.assign(new Error(message, { cause: error }), { name: 'RegionDisabledException' });
  } catch {
    return undefined; // then it is the credentials
  }
}
