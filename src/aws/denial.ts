import { messageOf } from '../error.ts';

/** What AWS says of a call that it denies (IAM User Guide, "Troubleshoot access denied error messages"). */
export interface Denial {
  /** The right that lacks, which may be another one than that of the call: `kms:GenerateDataKey` of a PutObject. */
  readonly action: string | undefined;
  readonly resource: string | undefined;
  /** The kind of the policy that denies it, or that would have to allow it. */
  readonly policy: PolicyKind | undefined;
  /** A policy says no, and not only none says yes. */
  readonly explicit: boolean;
}

type PolicyKind = keyof typeof remedies;

/** Who can do something about a policy of a kind; `{action}` is what it denies. */
const remedies = {
  'service control policy':
    'a service control policy of the AWS organization denies {action}, whatever the policies of the account allow: use a region or an instance type that it allows, set the tags that it requires in ec2.tags, or contact the administrator of the organization',
  'resource control policy':
    'a resource control policy of the AWS organization denies {action}: contact the administrator of the organization',
  'permissions boundary':
    "the caller's permissions boundary must allow {action} as well, whatever its policies allow: contact the administrator of the account",
  'session policy': 'the session policy must allow {action} as well: start a session without it',
  'VPC endpoint policy':
    'the policy of the VPC endpoint must allow {action}: contact the administrator of the network',
  'resource-based policy': 'the policy of {resource} must allow {action}',
  'identity-based policy': '',
} as const;

/** Reads AWS's words. Pure. */
export function readDenial(error: unknown): Denial {
  const message = messageOf(error);
  const action = /not authorized to perform: ([\w-]+:\w+)/.exec(message)?.[1];
  const resource = /on resource: (\S+?)(?=[.,;]?(?:\s|$))/.exec(message)?.[1];
  const explicit = /with an explicit deny/i.test(message);
  const isKind = (name: string): name is PolicyKind => name in remedies;
  const said =
    /explicit deny in an? ([\w -]+?policy|permissions boundary)|because no ([\w -]+?policy|permissions boundary) allows/i.exec(
      message,
    );
  const word = said?.[1] ?? said?.[2] ?? '';
  return { action, resource, policy: isKind(word) ? word : undefined, explicit };
}

/** What to do about a denial. `permissions` are those that the call needs, where AWS does not say which one lacks. Pure. */
export function denialRemedy({ action, resource, policy, explicit }: Denial, permissions: string): string {
  const permission = action ?? permissions;
  if (explicit && policy === 'identity-based policy')
    return `a policy of the caller denies ${permission} explicitly, which no other policy overrides: it may require tags (ec2.tags) or a region, or must be changed`;
  const needs = policy !== undefined && policy !== 'identity-based policy';
  if (needs)
    return remedies[policy].replace('{action}', permission).replace('{resource}', resource ?? 'the resource');
  // A key's own policy has a say, and ours name no key.
  if (action?.startsWith('kms:'))
    return `the caller needs ${action} on ${resource ?? 'the key'}, and the policy of the key must allow it`;
  const tags = /ec2:(RunInstances|Create\w+)/.test(permission)
    ? '; if a policy requires tags, set them in ec2.tags'
    : '';
  return `the caller needs ${permission}: print the policies with: cnd init --policy${tags}`;
}
