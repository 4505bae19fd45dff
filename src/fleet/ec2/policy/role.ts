import { type PolicyDocument, type PolicyScope, isOfRun, policyDocument } from './document.ts';

/** EventBridge Scheduler as a principal, in every partition. */
export const schedulerService = 'scheduler.amazonaws.com';

/** EC2 as a principal (IAM User Guide, "AWS service principals": China has a name of its own). Pure. */
export function ec2Service(partition: PolicyScope['partition']): string {
  if (partition === '${AWS::Partition}') return 'ec2.${AWS::URLSuffix}';
  return partition === 'aws-cn' ? 'ec2.amazonaws.com.cn' : 'ec2.amazonaws.com';
}

/** What agents on instances need to hear and announce by themselves (`ec2.instanceProfile`). Pure. */
export function agentRolePolicy({ partition, account, region }: PolicyScope): PolicyDocument {
  return policyDocument({
    Sid: 'Broadcast',
    Action: ['sqs:SendMessage', 'sqs:ReceiveMessage'],
    Resource: `arn:${partition}:sqs:${region}:${account}:cnd-*`,
  });
}

/** Who may assume the role of instances. Pure. */
export function agentRoleTrust({ partition }: PolicyScope): PolicyDocument {
  return policyDocument({
    Sid: 'Instances',
    Principal: { Service: ec2Service(partition) },
    Action: 'sts:AssumeRole',
  });
}

/** What EventBridge Scheduler may do in the caller's name (`ec2.schedulerRole`): end what is of a run. Pure. */
export function schedulerRolePolicy({ partition, account, region }: PolicyScope): PolicyDocument {
  return policyDocument({
    Sid: 'EndOnlyWhatIsOfARun',
    Action: 'ec2:TerminateInstances',
    Resource: `arn:${partition}:ec2:${region}:${account}:instance/*`,
    Condition: isOfRun,
  });
}

/**
 * Who may assume the role of the scheduler: the service, for this account's groups of cnd. The source is a group, never a
 * schedule (EventBridge Scheduler User Guide, "Confused deputy prevention"). Pure.
 */
export function schedulerRoleTrust({ partition, account, region }: PolicyScope): PolicyDocument {
  return policyDocument({
    Sid: 'GroupsOfRuns',
    Principal: { Service: schedulerService },
    Action: 'sts:AssumeRole',
    Condition: {
      StringEquals: { 'aws:SourceAccount': account },
      ArnLike: { 'aws:SourceArn': `arn:${partition}:scheduler:${region}:${account}:schedule-group/cnd-*` },
    },
  });
}
