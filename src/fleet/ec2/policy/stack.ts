import { policies } from './policy.ts';

/** JSON, as CloudFormation takes it. */
type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json };

/** Days after which logs are deleted, unless the parameter says otherwise. */
const logDays = 365;

/**
 * A CloudFormation template of what cnd can use and does not make by itself: a bucket for logs, roles of instances and of the scheduler,
 * and the policy of who runs cnd. Pure.
 * @param bucket The bucket's name; undefined: CloudFormation makes one up.
 */
export function stackTemplate(bucket?: string): Json {
  const documents = substituted(
    policies({
      partition: '${AWS::Partition}',
      account: '${AWS::AccountId}',
      region: '${AWS::Region}',
      bucket: '${Logs}',
      agentRole: '${AgentRole.Arn}',
      schedulerRole: '${SchedulerRole.Arn}',
    }),
  );
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description:
      'What cnd uses and does not make by itself: a bucket for logs, roles, and the policy of who runs it',
    Parameters: {
      LogDays: {
        Type: 'Number',
        Default: logDays,
        MinValue: 1,
        Description: 'Days after which logs of runs are deleted',
      },
    },
    Resources: {
      Logs: {
        Type: 'AWS::S3::Bucket',
        // The logs outlive the stack; an empty bucket costs nothing.
        DeletionPolicy: 'Retain',
        UpdateReplacePolicy: 'Retain',
        Properties: { ...(bucket !== undefined && { BucketName: bucket }), ...bucketProperties },
      },
      AgentRole: role(documents['agentRoleTrust'], 'broadcast', documents['agentRole']),
      AgentProfile: { Type: 'AWS::IAM::InstanceProfile', Properties: { Roles: [{ Ref: 'AgentRole' }] } },
      SchedulerRole: role(documents['schedulerRoleTrust'], 'terminate', documents['schedulerRole']),
      UserPolicy: {
        Type: 'AWS::IAM::ManagedPolicy',
        Properties: {
          Description: 'The least that who runs cnd needs',
          PolicyDocument: documents['user'] ?? '',
        },
      },
    },
    Outputs: {
      Bucket: output('logs.bucket', { Ref: 'Logs' }),
      InstanceProfile: output('ec2.instanceProfile', { Ref: 'AgentProfile' }),
      SchedulerRoleArn: output('ec2.schedulerRole', { 'Fn::GetAtt': ['SchedulerRole', 'Arn'] }),
      UserPolicyArn: output('To attach to who runs cnd', { Ref: 'UserPolicy' }),
    },
  };
}

const bucketProperties = {
  BucketEncryption: {
    ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
  },
  PublicAccessBlockConfiguration: {
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  },
  OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
  LifecycleConfiguration: {
    Rules: [
      {
        Id: 'delete-old-logs',
        Status: 'Enabled',
        ExpirationInDays: { Ref: 'LogDays' },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
      },
    ],
  },
} as const;

function role(trust: Json = '', name: string, document: Json = ''): Json {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: trust,
      Policies: [{ PolicyName: name, PolicyDocument: document }],
    },
  };
}

function output(Description: string, Value: Json): Json {
  return { Description, Value };
}

/** The same with `Fn::Sub` around each text that has something to substitute. */
function substituted(value: object): { readonly [key: string]: Json } {
  return JSON.parse(JSON.stringify(value), (_, part: unknown) =>
    typeof part === 'string' && part.includes('${') ? { 'Fn::Sub': part } : part,
  );
}
