import { isIP } from 'node:net';

import type { Call } from '../aws/call.ts';
import { filterNames } from '../aws/model.ts';
import type { Violation } from '../aws/violation.ts';

/** What AWS's model makes of a request to EC2, as far as the rules look at it. */
interface Ec2Input {
  readonly MaxResults?: number;
  readonly Filters?: readonly { readonly Name?: string; readonly Values?: readonly string[] }[];
  readonly TagSpecifications?: readonly { readonly ResourceType?: string; readonly Tags?: readonly Tag[] }[];
  readonly Tags?: readonly Tag[];
  readonly ClientToken?: string;
  readonly MinCount?: number;
  readonly MaxCount?: number;
  readonly UserData?: string;
  readonly GroupName?: string;
  readonly Description?: string;
  readonly SubnetId?: string;
  readonly SecurityGroupIds?: readonly string[];
  readonly NetworkInterfaces?: readonly { readonly DeviceIndex?: number }[];
  readonly InstanceMarketOptions?: { readonly MarketType?: string };
  readonly InstanceIds?: readonly string[];
  readonly InstanceId?: string;
  readonly VolumeId?: string;
  readonly IpPermissions?: readonly Permission[];
}

interface Tag {
  readonly Key?: string;
  readonly Value?: string;
}

interface Permission {
  readonly FromPort?: number;
  readonly ToPort?: number;
  readonly IpRanges?: readonly { readonly CidrIp?: string; readonly Description?: string }[];
  readonly Ipv6Ranges?: readonly { readonly CidrIpv6?: string; readonly Description?: string }[];
}

/** What EC2 demands beyond its model; the source of each is beside it. */
export function ec2Rules(call: Call, input: Readonly<Record<string, unknown>>): Violation[] {
  const asked: Ec2Input = input;
  return [
    ...pageRules(call, input, asked),
    ...filterRules(call, asked),
    ...tagRules(call, asked),
    ...idRules(asked),
    ...(call.action === 'RunInstances' ? launchRules(asked) : []),
    ...(call.action === 'CreateSecurityGroup' ? groupRules(asked) : []),
    ...(asked.IpPermissions ?? []).flatMap(permissionRules),
  ];
}

/** Where the model only says "Integer": the bounds of the API Reference. */
const pageBounds: Readonly<Record<string, readonly [number, number]>> = {
  DescribeInstances: [5, 1000],
  DescribeInstanceStatus: [5, 1000],
  DescribeVolumes: [5, 1000],
  DescribeTags: [5, 1000],
  DescribeImages: [1, 1000],
  DescribeSpotPriceHistory: [1, 1000],
};

/** API_DescribeInstances: "You cannot specify this parameter and the instance IDs parameter in the same request." */
function pageRules(
  { action }: Call,
  input: Readonly<Record<string, unknown>>,
  { MaxResults }: Ec2Input,
): Violation[] {
  if (MaxResults === undefined) return [];
  const named = Object.keys(input).find(
    (key) => /(Ids|GroupNames)$/.test(key) || (key === 'InstanceTypes' && action === 'DescribeInstanceTypes'),
  );
  const [least, most] = pageBounds[action] ?? [-Infinity, Infinity];
  return [
    ...when(named !== undefined, 'combination', 'MaxResults', `The parameter ${named} cannot be used with the parameter MaxResults`), // prettier-ignore
    ...when(MaxResults < least || MaxResults > most, 'range', 'MaxResults', `Value ( ${MaxResults} ) for parameter maxResults is invalid. Expecting a value between ${least} and ${most}`), // prettier-ignore
  ];
}

/** "Filter" of the API Reference: the names are those that each call documents, with 200 values at most in a request. */
function filterRules({ action }: Call, { Filters = [] }: Ec2Input): Violation[] {
  const known = filterNames('ec2', action);
  const values = Filters.reduce((sum, { Values = [] }) => sum + Values.length, 0);
  return [
    ...Filters.flatMap(({ Name = '', Values = [] }) => [
      ...when(!known.has(Name) && !Name.startsWith('tag:'), 'enum', 'Filters', `The filter '${Name}' is invalid`), // prettier-ignore
      ...when(Values.length === 0, 'required', 'Filters', `The filter '${Name}' has no values`),
    ]),
    ...when(values > 200, 'length', 'Filters', 'More than 200 filter values', 'FilterLimitExceeded'),
  ];
}

/** What each call can tag at birth. */
const taggable: Readonly<Record<string, readonly string[]>> = {
  RunInstances: ['instance', 'volume', 'network-interface', 'spot-instances-request'],
  CreateSecurityGroup: ['security-group'],
};

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions */
function tagRules({ action }: Call, asked: Ec2Input): Violation[] {
  const { TagSpecifications = [], Tags } = asked;
  const types = TagSpecifications.map(({ ResourceType = '' }) => ResourceType);
  const isSpot = asked.InstanceMarketOptions?.MarketType === 'spot';
  const possible = new Set(taggable[action] ?? types);
  if (!isSpot) possible.delete('spot-instances-request');
  const odd = types.find((type) => !possible.has(type));
  return [
    ...when(odd !== undefined, 'enum', 'TagSpecifications', `'${odd}' is not a valid taggable resource type for this operation.`), // prettier-ignore
    ...when(new Set(types).size < types.length, 'combination', 'TagSpecifications', 'A type of resource has several tag specifications'), // prettier-ignore
    ...[...TagSpecifications.map((one) => one.Tags ?? []), ...(Tags ? [Tags] : [])].flatMap(tagListRules),
  ];
}

function tagListRules(tags: readonly Tag[]): Violation[] {
  const keys = tags.map(({ Key = '' }) => Key);
  const twice = keys.find((key, index) => keys.indexOf(key) < index);
  return [
    ...when(tags.length > 50, 'tag', 'Tags', 'More than 50 tags', 'TagLimitExceeded'),
    ...when(twice !== undefined, 'tag', 'Tags', `Duplicate tag key '${twice}' specified.`),
    ...tags.flatMap(({ Key = '', Value = '' }) => [
      ...when(Key === '' || /^aws:/i.test(Key), 'tag', 'Tags', 'Tag keys cannot be empty and cannot start with aws:', 'InvalidTagKey.Malformed'), // prettier-ignore
      ...when(Key.length > 128, 'tag', 'Tags', `Tag key exceeds the maximum length of 128 characters: ${Key}`), // prettier-ignore
      ...when(Value.length > 256, 'tag', 'Tags', `Tag value exceeds the maximum length of 256 characters: ${Value}`), // prettier-ignore
    ]),
  ];
}

/** The errors `InvalidInstanceID.Malformed` and `InvalidVolumeID.Malformed`. */
function idRules({ InstanceIds = [], InstanceId, VolumeId }: Ec2Input): Violation[] {
  const isId = (prefix: string, id: string): boolean =>
    new RegExp(`^${prefix}-[0-9a-f]{8}([0-9a-f]{9})?$`).test(id);
  const instances = [...InstanceIds, ...(InstanceId === undefined ? [] : [InstanceId])];
  const odd = instances.find((id) => !isId('i', id));
  return [
    ...when(odd !== undefined, 'pattern', 'InstanceId', `Invalid id: "${odd}"`, 'InvalidInstanceID.Malformed'), // prettier-ignore
    ...when(VolumeId !== undefined && !isId('vol', VolumeId), 'pattern', 'VolumeId', `Invalid id: "${VolumeId}"`, 'InvalidVolumeID.Malformed'), // prettier-ignore
  ];
}

/** API_RunInstances. */
function launchRules(asked: Ec2Input): Violation[] {
  const {
    ClientToken = '',
    MinCount = 0,
    MaxCount = 0,
    NetworkInterfaces,
    SubnetId,
    SecurityGroupIds,
  } = asked;
  const size = Buffer.from(asked.UserData ?? '', 'base64').length;
  const isTwice = NetworkInterfaces !== undefined && (SubnetId ?? SecurityGroupIds) !== undefined;
  const nameless = NetworkInterfaces?.some(({ DeviceIndex }) => DeviceIndex === undefined) ?? false;
  return [
    // https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
    ...when(!/^[\x20-\x7e]{0,64}$/.test(ClientToken), 'length', 'ClientToken', 'ClientToken is longer than 64 ASCII characters'), // prettier-ignore
    ...when(MinCount < 1 || MaxCount < MinCount, 'range', 'MinCount', `MinCount ${MinCount} and MaxCount ${MaxCount} do not fit`), // prettier-ignore
    ...when(size > 16_384, 'length', 'UserData', 'User data is limited to 16384 bytes'),
    ...when(isTwice, 'combination', 'NetworkInterfaces', 'Network interfaces and an instance-level subnet ID or security groups may not be specified on the same request'), // prettier-ignore
    ...when(nameless, 'required', 'NetworkInterfaces', 'The request must contain the parameter deviceIndex'),
  ];
}

/** API_CreateSecurityGroup: a to z, A to Z, 0 to 9, blanks and these. */
const groupText = /^[A-Za-z0-9 ._\-:/()#,@[\]+=&;{}!$*]{0,255}$/;

function groupRules({ GroupName = '', Description = '' }: Ec2Input): Violation[] {
  return [
    ...when(GroupName.startsWith('sg-') || !groupText.test(GroupName), 'pattern', 'GroupName', `Invalid group name ${GroupName}`), // prettier-ignore
    ...when(!groupText.test(Description), 'pattern', 'Description', 'Invalid security group description'),
  ];
}

/** API_IpPermission and API_IpRange. */
function permissionRules({
  FromPort = -1,
  ToPort = -1,
  IpRanges = [],
  Ipv6Ranges = [],
}: Permission): Violation[] {
  const v4 = IpRanges.map(({ CidrIp = '' }) => CidrIp);
  const v6 = Ipv6Ranges.map(({ CidrIpv6 = '' }) => CidrIpv6);
  const odd = v4.find((cidr) => !isCidr(cidr, 4)) ?? v6.find((cidr) => !isCidr(cidr, 6));
  const words = [...IpRanges, ...Ipv6Ranges].map(({ Description = '' }) => Description);
  return [
    ...when(FromPort > ToPort || ToPort > 65_535, 'range', 'IpPermissions', `Invalid ports ${FromPort}–${ToPort}`), // prettier-ignore
    ...when(odd !== undefined, 'pattern', 'IpPermissions', `CIDR block ${odd} is malformed`),
    ...when(words.some((text) => !groupText.test(text)), 'pattern', 'IpPermissions', 'Invalid rule description'), // prettier-ignore
  ];
}

function isCidr(text: string, family: 4 | 6): boolean {
  const [address = '', bits = ''] = text.split('/');
  return isIP(address) === family && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
}

function when(
  isBroken: boolean,
  kind: Violation['kind'],
  member: string,
  message: string,
  code?: string,
): Violation[] {
  return isBroken ? [{ kind, member, message, ...(code !== undefined && { code }) }] : [];
}
