import { type Answer, awsError, xml } from '../aws/answer.ts';
import { type Call, numbered, parameter } from '../aws/call.ts';
import { itemsAt, textAt, type XmlNode } from '../aws/xml.ts';
import { noImage } from './describe-images.ts';
import { type Ec2, type Forward, instanceItems, type TypeInfo, xmlOf } from './ec2.ts';
import { type Image, imagesOf } from './image.ts';
import { exists, type StageInstance } from './instance.ts';
import { correctInstance } from './correct-instance.ts';

/**
 * RunInstances as EC2 does it. moto ignores MaxCount and ClientToken, has endless capacity and quota, and believes in
 * every image.
 */
export async function runInstances(ec2: Ec2, call: Call, forward: Forward): Promise<Answer> {
  const token = parameter(call, 'ClientToken');
  if (token === undefined) return launch(ec2, call, forward);
  const key = `${call.region} ${token}`;
  const parameters = JSON.stringify(call.parameters, Object.keys(call.parameters).toSorted());
  const earlier = ec2.tokens.get(key);
  if (earlier && earlier.parameters !== parameters) {
    const message = `Arguments on this idempotent request are inconsistent with arguments used in previous request(s).`;
    return awsError('ec2', 'IdempotentParameterMismatch', message);
  }
  if (earlier) return repeat(ec2, await earlier.answer);
  const answer = launch(ec2, call, forward);
  ec2.tokens.set(key, { parameters, answer });
  // A launch that failed may be tried again with its token.
  if ((await answer).status !== 200) ec2.tokens.delete(key);
  return answer;
}

async function launch(ec2: Ec2, call: Call, forward: Forward): Promise<Answer> {
  const [minimum, maximum] = [Number(parameter(call, 'MinCount')), Number(parameter(call, 'MaxCount'))];
  const imageId = parameter(call, 'ImageId') ?? '';
  const image = imagesOf(call.region).find(({ id }) => id === imageId);
  if (!image) return noImage(imageId);
  const type = parameter(call, 'InstanceType') ?? 'm1.small';
  const info = await ec2.typeInfo(type, forward);
  if (!info)
    return awsError(
      'ec2',
      'InvalidInstanceType',
      `The following supplied instance types do not exist: [${type}]`,
    );
  const wrong = mismatch(ec2, call, image, type, info);
  if (wrong) return wrong;
  const zone = await zoneOf(call, forward);
  const quota = Math.floor((ec2.quota(call.region) - vcpusInUse(ec2, call.region)) / info.vcpus);
  if (quota < minimum) return overQuota(ec2.quota(call.region));
  const room = ec2.room(zone, type, call.principal);
  if (room < minimum) return noCapacity(zone, type);
  const count = String(Math.min(maximum, quota, room));
  const parameters = forMoto(call);
  const answer = await forward({
    ...parameters,
    ...inherited(call, image),
    MinCount: count,
    MaxCount: count,
  });
  if (answer.status !== 200) return answer;
  const root = xmlOf(answer);
  for (const item of instanceItems(root)) {
    const instance = describe(ec2, call, item, image, type, info.vcpus, zone);
    ec2.add(instance);
    correctInstance(item, instance);
  }
  return xml(root);
}

/** The parameters without what moto stumbles over, and with what it does not know by itself. */
function forMoto(call: Call): Record<string, string> {
  const kept = Object.entries(call.parameters)
    // It looks for the profile in IAM, which is none of the stage's business.
    .filter(([name]) => !name.startsWith('IamInstanceProfile.') && !name.endsWith('.Ipv6AddressCount'))
    .map(([name, value]) => [name, String(value)] as const);
  // A volume is as large as the snapshot of its image, unless it is said.
  const sizes = numbered(call, 'BlockDeviceMapping')
    .map((index) => `BlockDeviceMapping.${index}.Ebs.VolumeSize`)
    .filter((name) => parameter(call, name) === undefined)
    .map((name) => [name, '8'] as const);
  return Object.fromEntries([...kept, ...sizes]);
}

/** The volumes of the image that the call says nothing of: moto makes none of them. */
function inherited(call: Call, { data }: Image): Record<string, string> {
  const said = numbered(call, 'BlockDeviceMapping');
  const isSaid = said.some((index) => parameter(call, `BlockDeviceMapping.${index}.DeviceName`) === data);
  if (data === undefined || isSaid) return {};
  const place = `BlockDeviceMapping.${Math.max(0, ...said) + 1}`;
  return {
    [`${place}.DeviceName`]: data,
    [`${place}.Ebs.VolumeSize`]: '8',
    [`${place}.Ebs.DeleteOnTermination`]: 'false',
  };
}

function mismatch(ec2: Ec2, call: Call, image: Image, type: string, info: TypeInfo): Answer | undefined {
  if (wantsIpv6(call) && !ec2.options.dualStack.includes(call.region))
    return invalid('The subnet does not have an IPv6 CIDR block');
  const profile = profileOf(call);
  if (profile !== undefined && !ec2.options.profiles.includes(profile)) {
    return invalid(
      `Value (${profile}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name`,
    );
  }
  if (info.architectures.includes(image.architecture)) return undefined;
  return invalid(
    `The architecture '${info.architectures.join()}' of the specified instance type ${type} does not match the architecture '${image.architecture}' of the specified AMI.`,
  );
}

function describe(
  ec2: Ec2,
  call: Call,
  item: XmlNode,
  image: Image,
  type: string,
  vcpus: number,
  zone: string,
): StageInstance {
  const number = ec2.instances.size;
  const profile = profileOf(call);
  const clientToken = parameter(call, 'ClientToken');
  // moto's own addresses are random, and with many instances some are the same.
  const publicIp = `54.214.${Math.floor(number / 250)}.${(number % 250) + 1}`;
  return {
    id: textAt(item, 'instanceId'),
    number,
    region: call.region,
    zone,
    type,
    vcpus,
    image,
    tags: tagsOf(item),
    groups: [
      ...itemsAt(item, 'groupSet'),
      ...itemsAt(item, 'networkInterfaceSet').flatMap((network) => itemsAt(network, 'groupSet')),
    ].map((group) => textAt(group, 'groupId')),
    ...(textAt(item, 'ipAddress') === '' ? {} : { publicIp }),
    ...(wantsIpv6(call) && { ipv6: `2001:db8:1::${(number + 1).toString(16)}` }),
    privateIp: textAt(item, 'privateIpAddress'),
    userData: userDataOf(call),
    ...(profile === undefined ? {} : { profile }),
    spot: parameter(call, 'InstanceMarketOptions.MarketType') === 'spot',
    shutdownBehavior: parameter(call, 'InstanceInitiatedShutdownBehavior') ?? 'stop',
    ...(clientToken === undefined ? {} : { clientToken }),
    call,
    protected: parameter(call, 'DisableApiTermination') === 'true',
    state: 'pending',
    past: [],
    visibleFrom: Date.now() + ec2.lag.of('instance', number, 'launched'),
    launchedAt: Date.now(),
  };
}

/** The same call again: the same instances, as they are now. */
function repeat(ec2: Ec2, answer: Answer): Answer {
  if (answer.status !== 200) return answer;
  const root = xmlOf(answer);
  for (const item of instanceItems(root)) {
    const instance = ec2.instances.get(textAt(item, 'instanceId'));
    if (instance) correctInstance(item, instance);
  }
  return xml(root);
}

async function zoneOf(call: Call, forward: Forward): Promise<string> {
  const placement = parameter(call, 'Placement.AvailabilityZone');
  if (placement !== undefined) return placement;
  const subnet = parameter(call, 'SubnetId') ?? parameter(call, 'NetworkInterface.1.SubnetId');
  const which: Record<string, string> =
    subnet === undefined
      ? { 'Filter.1.Name': 'default-for-az', 'Filter.1.Value.1': 'true' }
      : { 'SubnetId.1': subnet };
  const answer = await forward({ Action: 'DescribeSubnets', Version: '2016-11-15', ...which });
  const [first] = answer.status === 200 ? itemsAt(xmlOf(answer), 'subnetSet') : [];
  return first ? textAt(first, 'availabilityZone') : `${call.region}a`;
}

function vcpusInUse(ec2: Ec2, region: string): number {
  const here = [...ec2.instances.values()].filter((one) => exists(one) && one.region === region);
  return here.reduce((sum, { vcpus }) => sum + vcpus, 0);
}

function overQuota(vcpus: number): Answer {
  const message = `You have requested more vCPU capacity than your current vCPU limit of ${vcpus} allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.`;
  return awsError('ec2', 'VcpuLimitExceeded', message);
}

function noCapacity(zone: string, type: string): Answer {
  const message = `We currently do not have sufficient ${type} capacity in the Availability Zone you requested (${zone}). Our system will be working on provisioning additional capacity.`;
  return awsError('ec2', 'InsufficientInstanceCapacity', message);
}

function wantsIpv6(call: Call): boolean {
  return Number(parameter(call, 'NetworkInterface.1.Ipv6AddressCount') ?? 0) > 0;
}

function profileOf(call: Call): string | undefined {
  return (
    parameter(call, 'IamInstanceProfile.Name') ?? parameter(call, 'IamInstanceProfile.Arn')?.split('/').at(-1)
  );
}

function userDataOf(call: Call): Buffer {
  return Buffer.from(parameter(call, 'UserData') ?? '', 'base64');
}

export function tagsOf(item: XmlNode): Record<string, string> {
  return Object.fromEntries(itemsAt(item, 'tagSet').map((tag) => [textAt(tag, 'key'), textAt(tag, 'value')]));
}

function invalid(message: string): Answer {
  return awsError('ec2', 'InvalidParameterValue', message);
}
