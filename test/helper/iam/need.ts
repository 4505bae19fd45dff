import { account } from '../stage/account/principal.ts';
import { type Call, numbered, parameter } from '../stage/aws/call.ts';
import type { Need } from './evaluate.ts';

/** Tags of something that exists, by its id. */
export type TagsOf = (id: string) => Readonly<Record<string, string>>;

/** What a call needs, by the Service Authorization Reference; STS tells everybody who they are. */
export function needsOf(call: Call, tagsOf: TagsOf): Need[] {
  switch (call.service) {
    case 'ec2':
      return ec2Needs(call, tagsOf);
    case 'sqs':
      return sqsNeeds(call);
    case 's3':
      return s3Needs(call);
    case 'scheduler':
      return schedulerNeeds(call);
    case 'sts':
      return [];
    default:
      return [plain(`${call.service}:${call.action}`)];
  }
}

function plain(action: string, resource = '*', context: Need['context'] = {}): Need {
  return { action, resource, context };
}

function ec2Needs(call: Call, tagsOf: TagsOf): Need[] {
  const { action, region } = call;
  const arn = (resource: string): string => `arn:aws:ec2:${region}:${account}:${resource}`;
  const existing = (type: string, name: string): Need[] =>
    numbered(call, name)
      .map((index) => parameter(call, `${name}.${index}`))
      .concat(parameter(call, name))
      .flatMap((id) =>
        id === undefined
          ? []
          : plain(`ec2:${action}`, arn(`${type}/${id}`), prefixed('Resource', tagsOf(id))),
      );
  switch (action) {
    case 'RunInstances':
    case 'CreateSecurityGroup':
      return creation(call, arn);
    case 'TerminateInstances':
    case 'GetConsoleOutput':
      return existing('instance', 'InstanceId');
    case 'AuthorizeSecurityGroupIngress':
    case 'DeleteSecurityGroup':
      return existing('security-group', 'GroupId');
    case 'DeleteVolume':
      return existing('volume', 'VolumeId');
    default:
      return [plain(`ec2:${action}`)];
  }
}

/** Each thing that is made, with the tags that it is made with, and each that it is made from or in. */
function creation(call: Call, arn: (resource: string) => string): Need[] {
  const { action, region } = call;
  const tags = new Map(
    numbered(call, 'TagSpecification').map((index) => {
      const at = `TagSpecification.${index}`;
      const pairs = numbered(call, `${at}.Tag`).map((tag) => [
        parameter(call, `${at}.Tag.${tag}.Key`) ?? '',
        parameter(call, `${at}.Tag.${tag}.Value`) ?? '',
      ]);
      return [
        parameter(call, `${at}.ResourceType`) ?? '',
        Object.fromEntries(pairs) as Record<string, string>,
      ];
    }),
  );
  const isSpot = parameter(call, 'InstanceMarketOptions.MarketType') === 'spot';
  const made =
    action === 'CreateSecurityGroup'
      ? ['security-group']
      : ['instance', 'volume', 'network-interface', ...(isSpot ? ['spot-instances-request'] : [])];
  const from =
    action === 'CreateSecurityGroup'
      ? [arn(`vpc/${parameter(call, 'VpcId')}`)]
      : [
          arn(`subnet/${parameter(call, 'NetworkInterface.1.SubnetId') ?? parameter(call, 'SubnetId')}`),
          arn(`security-group/${parameter(call, 'NetworkInterface.1.SecurityGroupId.1') ?? 'sg-0'}`),
          `arn:aws:ec2:${region}::image/${parameter(call, 'ImageId')}`,
        ];
  const profile = parameter(call, 'IamInstanceProfile.Name');
  const role = `arn:aws:iam::${account}:role/${profile}`;
  return [
    ...made.map((type) =>
      plain(`ec2:${action}`, arn(`${type}/*`), prefixed('Request', tags.get(type) ?? {})),
    ),
    ...from.map((resource) => plain(`ec2:${action}`, resource)),
    ...[...tags].map(([type, own]) =>
      plain('ec2:CreateTags', arn(`${type}/*`), { ...prefixed('Request', own), 'ec2:CreateAction': action }),
    ),
    ...(profile === undefined
      ? []
      : [plain('iam:PassRole', role, { 'iam:PassedToService': 'ec2.amazonaws.com' })]),
  ];
}

function sqsNeeds({ action, region, parameters }: Call): Need[] {
  if (action === 'ListQueues') return [plain('sqs:ListQueues')];
  const {
    QueueName,
    QueueUrl = '',
    tags,
  } = parameters as { QueueName?: string; QueueUrl?: string; tags?: object };
  const queue = `arn:aws:sqs:${region}:${account}:${QueueName ?? QueueUrl.split('/').at(-1)}`;
  return [plain(`sqs:${action}`, queue), ...(tags ? [plain('sqs:TagQueue', queue)] : [])];
}

/** Where the action is called otherwise than the operation. */
const s3Actions: Readonly<Record<string, string>> = {
  HeadBucket: 'ListBucket',
  ListObjectsV2: 'ListBucket',
  HeadObject: 'GetObject',
  DeleteObjects: 'DeleteObject',
};

function s3Needs({ action, parameters }: Call): Need[] {
  const { Bucket = '', Key } = parameters as Record<string, string>;
  const name = s3Actions[action] ?? action;
  const isOfBucket = name.endsWith('Bucket');
  return [plain(`s3:${name}`, `arn:aws:s3:::${Bucket}${isOfBucket ? '' : `/${Key ?? 'any'}`}`)];
}

function schedulerNeeds({ action, region, parameters }: Call): Need[] {
  const arn = (resource: string): string => `arn:aws:scheduler:${region}:${account}:${resource}`;
  const {
    Name = '',
    GroupName = '',
    Target,
  } = parameters as {
    Name?: string;
    GroupName?: string;
    Target?: { RoleArn: string };
  };
  const own = plain(`scheduler:${action}`, arn(`schedule-group/${Name}`));
  switch (action) {
    case 'ListScheduleGroups':
      return [plain('scheduler:ListScheduleGroups')];
    case 'ListTagsForResource':
      return [plain('scheduler:ListTagsForResource', Name)];
    case 'CreateScheduleGroup':
      return [own, plain('scheduler:TagResource', own.resource)];
    case 'DeleteScheduleGroup':
      return [own, plain('scheduler:DeleteSchedule', arn(`schedule/${Name}/any`))];
    default:
      return [
        plain(`scheduler:${action}`, arn(`schedule/${GroupName}/${Name}`)),
        ...(Target
          ? [plain('iam:PassRole', Target.RoleArn, { 'iam:PassedToService': 'scheduler.amazonaws.com' })]
          : []),
      ];
  }
}

function prefixed(
  kind: 'Request' | 'Resource',
  tags: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:${kind}Tag/${key}`, value]));
}
