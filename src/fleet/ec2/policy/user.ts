import { type PolicyDocument, type PolicyScope, becomesOfRun, isOfRun, policyDocument } from './document.ts';
import { ec2Service, schedulerService } from './role.ts';

/**
 * The least that who runs cnd needs (Service Authorization Reference: EC2, SQS, S3, EventBridge Scheduler). `scram` looks in every region;
 * only in the scope's is something created or deleted. Pure.
 */
export function userPolicy(scope: PolicyScope): PolicyDocument {
  const { partition, account, region, bucket, agentRole, schedulerRole } = scope;
  const arn = (service: string, where: string, resource: string): string =>
    `arn:${partition}:${service}:${where}:${account}:${resource}`;
  const ec2 = (resource: string): string => arn('ec2', region, resource);
  return policyDocument(
    {
      Sid: 'Look',
      Action: [
        'ec2:DescribeInstances',
        'ec2:DescribeInstanceTypes',
        'ec2:DescribeImages',
        'ec2:DescribeSubnets',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeVolumes',
        'ec2:DescribeRegions',
        'ec2:DescribeSpotPriceHistory',
        'pricing:GetProducts',
        'servicequotas:GetServiceQuota',
        'sqs:ListQueues',
        'scheduler:ListScheduleGroups',
      ],
      Resource: '*',
    },
    {
      Sid: 'LaunchWithTheTagOfARun',
      Action: ['ec2:RunInstances', 'ec2:CreateSecurityGroup'],
      Resource: ['instance/*', 'volume/*', 'network-interface/*', 'security-group/*'].map(ec2),
      Condition: becomesOfRun,
    },
    {
      Sid: 'LaunchIntoAndFrom',
      Action: ['ec2:RunInstances', 'ec2:CreateSecurityGroup'],
      Resource: [
        `arn:${partition}:ec2:${region}::image/*`,
        ...['subnet/*', 'vpc/*', 'spot-instances-request/*'].map(ec2),
      ],
    },
    { Sid: 'LaunchInAnyGroup', Action: 'ec2:RunInstances', Resource: ec2('security-group/*') },
    {
      Sid: 'TagOnlyWhatIsBeingCreated',
      Action: 'ec2:CreateTags',
      Resource: ec2('*/*'),
      Condition: { StringEquals: { 'ec2:CreateAction': ['RunInstances', 'CreateSecurityGroup'] } },
    },
    {
      Sid: 'EndOnlyWhatIsOfARun',
      Action: [
        'ec2:TerminateInstances',
        'ec2:GetConsoleOutput',
        'ec2:AuthorizeSecurityGroupIngress',
        'ec2:DeleteSecurityGroup',
        'ec2:DeleteVolume',
      ],
      Resource: ['instance/*', 'security-group/*', 'volume/*'].map(ec2),
      Condition: isOfRun,
    },
    {
      Sid: 'Queues',
      Action: [
        'sqs:CreateQueue',
        'sqs:TagQueue',
        'sqs:DeleteQueue',
        'sqs:GetQueueUrl',
        'sqs:SendMessage',
        'sqs:ReceiveMessage',
      ],
      Resource: arn('sqs', region, 'cnd-*'),
    },
    {
      Sid: 'LookAtTagsInEveryRegion',
      Action: ['sqs:ListQueueTags', 'scheduler:ListTagsForResource'],
      Resource: [arn('sqs', '*', 'cnd-*'), arn('scheduler', '*', 'schedule-group/cnd-*')],
    },
    {
      Sid: 'Archive',
      Action: ['s3:PutObject', 's3:GetObject', 's3:DeleteObject', 's3:ListBucket'],
      Resource: [`arn:${partition}:s3:::${bucket}`, `arn:${partition}:s3:::${bucket}/*`],
    },
    {
      Sid: 'Schedules',
      Action: [
        'scheduler:CreateScheduleGroup',
        'scheduler:TagResource',
        'scheduler:DeleteScheduleGroup',
        'scheduler:CreateSchedule',
        'scheduler:DeleteSchedule',
      ],
      Resource: [
        arn('scheduler', region, 'schedule-group/cnd-*'),
        arn('scheduler', region, 'schedule/cnd-*/*'),
      ],
    },
    passing('PassTheRoleOfInstances', agentRole, ec2Service(partition)),
    passing('PassTheRoleOfTheScheduler', schedulerRole, schedulerService),
  );
}

/** Giving a role to one service, and to no other. */
function passing(Sid: string, role: string, service: string | readonly string[]) {
  const Condition = { StringEquals: { 'iam:PassedToService': service } };
  return { Sid, Action: 'iam:PassRole', Resource: role, Condition };
}
