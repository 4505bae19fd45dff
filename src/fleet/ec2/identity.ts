import type { Ec2Api } from './api.ts';
import { ec2Error } from './error.ts';
import { ownerOf } from './owner.ts';

/** Who calls AWS. */
export interface Identity {
  readonly account: string;
  readonly arn: string;
  /** The value of the tag that says whose a run is. */
  readonly owner: string;
}

/** Asks STS who the caller is: the one call that needs no rights. @throws CndError */
export async function findIdentity(api: Ec2Api, signal?: AbortSignal): Promise<Identity> {
  const { profile, region } = api.settings;
  try {
    const sts = await api.sts();
    const { Account = '', Arn = '' } = await sts.getCallerIdentity({}, signal ? { abortSignal: signal } : {});
    return { account: Account, arn: Arn, owner: ownerOf(Arn) };
  } catch (error) {
    signal?.throwIfAborted();
    const what = 'AWS cannot be asked who you are';
    throw ec2Error(error, { what, about: 'credentials', region, profile, rights: 'sts:GetCallerIdentity' });
  }
}
