import type { PolicyDocument, PolicyScope } from './document.ts';
import { agentRolePolicy, agentRoleTrust, schedulerRolePolicy, schedulerRoleTrust } from './role.ts';
import { userPolicy } from './user.ts';

/** The policies that cnd needs. docs/policy.json, `cnd init --policy` and the stack of `--cloudformation` all come from here. */
export interface Policies {
  /** Of who runs cnd. */
  readonly user: PolicyDocument;
  /** Of instances, with `ec2.instanceProfile`. */
  readonly agentRole: PolicyDocument;
  readonly agentRoleTrust: PolicyDocument;
  /** Of EventBridge Scheduler, with `ec2.schedulerRole`. */
  readonly schedulerRole: PolicyDocument;
  readonly schedulerRoleTrust: PolicyDocument;
}

/** All of them. Pure. */
export function policies(scope: PolicyScope): Policies {
  return {
    user: userPolicy(scope),
    agentRole: agentRolePolicy(scope),
    agentRoleTrust: agentRoleTrust(scope),
    schedulerRole: schedulerRolePolicy(scope),
    schedulerRoleTrust: schedulerRoleTrust(scope),
  };
}

/** What stands where nothing is known, in the documentation too. */
export const placeholders = {
  partition: 'aws',
  account: 'ACCOUNT',
  region: 'REGION',
  bucket: 'BUCKET',
} as const satisfies Partial<PolicyScope>;

/** Names of roles, for who makes them by hand. */
const roleNames = { agentRole: 'cnd-agent', schedulerRole: 'cnd-scheduler' } as const;

/** A scope with the usual names of roles. Pure. */
export function policyScope({
  partition = placeholders.partition,
  account = placeholders.account,
  region = placeholders.region,
  bucket = placeholders.bucket,
}: { readonly [Key in keyof typeof placeholders]?: string | undefined } = {}): PolicyScope {
  const scope = { partition, account, region, bucket };
  const role = (name: string): string => `arn:${scope.partition}:iam::${scope.account}:role/${name}`;
  return { ...scope, agentRole: role(roleNames.agentRole), schedulerRole: role(roleNames.schedulerRole) };
}
