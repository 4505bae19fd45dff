/** Why a call to AWS failed, as far as it is the same for all services. */
export type AwsErrorKind =
  | 'no-credentials'
  | 'no-profile'
  | 'expired'
  | 'bad-credentials'
  | 'denied'
  | 'clock'
  | 'no-region'
  | 'region-disabled'
  | 'throttled'
  | 'untrusted'
  | 'proxy'
  | 'unreachable'
  | 'unavailable';

/** What a code of AWS means here. */
export interface Meaning {
  readonly errorKind?: AwsErrorKind;
  /** For a launch: lacking here, but another zone or type may do; the type is refused in the whole region; or a quota is full. */
  readonly launch?: 'capacity' | 'type' | 'quota';
  /** Of a full quota: fewer instances need less of it. */
  readonly fewerHelp?: boolean;
  /** The service and code of the quota, for the command that raises it; without a code, the command that lists them. */
  readonly quota?: { readonly service: string; readonly code?: string };
  /** What to do about it, where that is not the same for all of its kind. `{region}`, `{types}` are filled in. */
  readonly remedy?: string;
}

const lack: Meaning = { launch: 'capacity' };
const quotaError = (service: string, code?: string, fewerHelp = true): Meaning => ({
  launch: 'quota',
  fewerHelp,
  quota: { service, ...(code !== undefined && { code }) },
});
/** Of vCPUs: the code depends on the market and is that of the standard families only. */
const vcpus: Meaning = { launch: 'quota', fewerHelp: true, quota: { service: 'ec2' } };

/** A key of KMS that encrypts disks: EC2 uses it in the caller's name, through grants. */
const diskKey =
  'the KMS key that encrypts disks by default cannot be used: allow the caller kms:CreateGrant, kms:Decrypt, kms:DescribeKey, kms:GenerateDataKeyWithoutPlaintext and kms:ReEncrypt* on it, in its key policy as well where it is of another account; see it with: aws ec2 get-ebs-default-kms-key-id --region {region}';

const bucketKey: Meaning = {
  remedy:
    "the bucket's KMS key is disabled or deleted: enable it, set another key for the bucket, or set logs.encryption to AES256",
};

const securityGroups =
  'delete unused security groups, or set ec2.securityGroup to an existing one; to raise the quota: aws service-quotas request-service-quota-increase --service-code vpc --quota-code {code} --region {region} --desired-value …';

/**
 * AWS's codes, what they mean and what helps: the one place for them. Sources: "Common Errors" and "Error codes for the Amazon
 * EC2 API", "Instance state reasons" (those with `Client.` and `Server.`), SQS (query and JSON protocol), S3's "Error
 * responses", and the SDK's own names.
 */
export const meanings: Readonly<Record<string, Meaning>> = {
  CredentialsProviderError: { errorKind: 'no-credentials' },
  TokenProviderError: { errorKind: 'no-credentials' },
  ExpiredToken: { errorKind: 'expired' },
  ExpiredTokenException: { errorKind: 'expired' },
  TokenRefreshRequired: { errorKind: 'expired' },
  // EC2's word for a token that is over; and for a clock that is, which the SDK then corrects by itself.
  RequestExpired: { errorKind: 'expired' },
  UnauthorizedException: { errorKind: 'expired' },
  InvalidClientTokenId: { errorKind: 'bad-credentials' },
  InvalidAccessKeyId: { errorKind: 'bad-credentials' },
  InvalidToken: { errorKind: 'bad-credentials' },
  UnrecognizedClientException: { errorKind: 'bad-credentials' },
  SignatureDoesNotMatch: { errorKind: 'bad-credentials' },
  InvalidSignatureException: { errorKind: 'bad-credentials' },
  IncompleteSignature: { errorKind: 'bad-credentials' },
  AuthFailure: { errorKind: 'bad-credentials' },
  'AuthFailure.ServiceLinkedRoleCreationNotPermitted': {
    errorKind: 'denied',
    remedy:
      'ask an administrator to create the role: aws iam create-service-linked-role --aws-service-name spot.amazonaws.com',
  },
  RegionDisabledException: { errorKind: 'region-disabled' },
  RequestTimeTooSkewed: { errorKind: 'clock' },
  RequestInTheFuture: { errorKind: 'clock' },
  AccessDenied: { errorKind: 'denied' },
  AccessDeniedException: { errorKind: 'denied' },
  UnauthorizedOperation: { errorKind: 'denied' },
  OptInRequired: {
    errorKind: 'denied',
    remedy: 'accept the terms of the image in the AWS Marketplace, or of the service, with this account',
  },
  PendingVerification: {
    errorKind: 'denied',
    remedy:
      'AWS is still verifying the account for {region}: try again after its confirmation email, or use another --region',
  },
  Blocked: { errorKind: 'denied', remedy: 'AWS has blocked the account: contact AWS Support' },
  TagPolicyViolation: {
    remedy: 'a tag policy of the organization does not allow this value: set an allowed one in ec2.tags',
  },
  Throttling: { errorKind: 'throttled' },
  ThrottlingException: { errorKind: 'throttled' },
  RequestThrottled: { errorKind: 'throttled' },
  RequestLimitExceeded: { errorKind: 'throttled' },
  TooManyRequestsException: { errorKind: 'throttled' },
  SlowDown: { errorKind: 'throttled' },
  InternalError: { errorKind: 'unavailable' },
  InternalFailure: { errorKind: 'unavailable' },
  ServiceUnavailable: { errorKind: 'unavailable' },
  TimeoutError: { errorKind: 'unreachable' },
  RequestTimeout: { errorKind: 'unreachable' },
  ProxyRefused: { errorKind: 'proxy' },

  InsufficientInstanceCapacity: lack,
  InsufficientCapacity: lack,
  InsufficientHostCapacity: lack,
  InsufficientReservedInstanceCapacity: lack,
  InsufficientAddressCapacity: lack,
  InsufficientVolumeCapacity: lack,
  InsufficientFreeAddressesInSubnet: {
    ...lack,
    remedy: 'set larger or additional subnets in ec2.subnets',
  },
  SpotMaxPriceTooLow: lack,
  Unsupported: {
    ...lack,
    remedy: 'no Availability Zone offers {types}: add types with --type, or use another --region',
  },

  InvalidInstanceType: { launch: 'type' },
  InstanceTypeNotSupported: { launch: 'type' },
  UnsupportedInstanceType: { launch: 'type' },

  VcpuLimitExceeded: vcpus,
  InstanceLimitExceeded: vcpus,
  InstanceLimit: vcpus,
  MaxSpotInstanceCountExceeded: vcpus,
  MaxSpotFleetRequestCountExceeded: vcpus,
  VolumeLimitExceeded: quotaError('ebs'),
  AddressLimitExceeded: quotaError('ec2'),
  NetworkInterfaceLimitExceeded: quotaError('vpc', 'L-DF5E4CA3'),
  SecurityGroupLimitExceeded: { ...quotaError('vpc', 'L-E79EC296', false), remedy: securityGroups },
  RulesPerSecurityGroupLimitExceeded: quotaError('vpc', 'L-0EA8095F', false),
  SecurityGroupsPerInterfaceLimitExceeded: quotaError('vpc', 'L-2AFB9258', false),

  'InvalidKMSKey.InvalidState': { remedy: diskKey },
  'Client.InternalError': { remedy: diskKey },
  'Client.InvalidSnapshot.NotFound': {
    remedy: "the image's snapshot was deleted or is not shared with this account: use another --image",
  },
  'Client.VolumeLimitExceeded': {
    remedy:
      'the EBS storage quota is exceeded: delete volumes, or raise it: aws service-quotas list-service-quotas --service-code ebs --region {region}',
  },
  'KMS.DisabledException': bucketKey,
  'KMS.NotFoundException': bucketKey,
  'KMS.KMSInvalidStateException': bucketKey,
  'KMS.InvalidStateException': bucketKey,
};

/** Codes that AWS uses for much: what they mean with these words. */
const phrases: readonly { readonly code: string; readonly words: RegExp; readonly meaning: Meaning }[] = [
  {
    code: 'InvalidParameterCombination',
    words: /image is not eligible for free tier/i,
    meaning: {
      remedy:
        "this account's plan does not allow the image: take another --image, see: aws ec2 describe-images --region {region} --filters Name=free-tier-eligible,Values=true; or upgrade the account's plan",
    },
  },
  {
    code: 'InvalidParameterValue',
    words: /Invalid IAM Instance Profile/i,
    meaning: {
      remedy:
        'there is no instance profile of the name in ec2.instanceProfile: see them with: aws iam list-instance-profiles; one that was made a moment ago is known to EC2 after a minute or two',
    },
  },
  {
    code: 'ValidationException',
    words: /execution role .* must allow .* to assume the role/i,
    meaning: {
      remedy:
        'the trust policy of ec2.schedulerRole must let scheduler.amazonaws.com assume it: see schedulerRoleTrust in: cnd init --policy; a role that was made a moment ago is known to the scheduler after a minute',
    },
  },
];

/** What a code means; undefined when nothing is known of it. Pure. */
export function meaningOf(error: unknown): Meaning | undefined {
  if (!(error instanceof Error)) return undefined;
  const said = phrases.find(({ code, words }) => error.name === code && words.test(error.message));
  return said?.meaning ?? (Object.hasOwn(meanings, error.name) ? meanings[error.name] : undefined);
}

/** Whether AWS answered with one of these codes, which the SDK has for the name of the error. Pure. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && codes.includes(error.name);
}

/** A remedy with what it is about filled in. Pure. */
export function filled(remedy: string, values: Readonly<Record<string, string | undefined>>): string {
  return remedy.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '…');
}
