import { type Answer, xml } from '../aws/answer.ts';
import { type Call, list, parameter } from '../aws/call.ts';
import { element, find, itemsAt, put, textAt, type XmlNode } from '../aws/xml.ts';
import { spotPrices } from '../price/spot-price.ts';
import { describeImages } from './describe-images.ts';
import { describeInstances } from './describe-instances.ts';
import { dryRun, type Ec2, type Forward, notFound, xmlOf } from './ec2.ts';
import { runInstances } from './run-instances.ts';
import {
  createSecurityGroup,
  deleteSecurityGroup,
  describeSecurityGroups,
  unknownGroups,
} from './security-group.ts';
import { terminateInstances } from './terminate-instances.ts';

type Handler = (ec2: Ec2, call: Call, forward: Forward) => Promise<Answer> | Answer;

/** What moto gets wrong, or cannot; everything else is its own. */
const corrected: Record<string, Handler> = {
  RunInstances: runInstances,
  DescribeInstances: describeInstances,
  TerminateInstances: terminateInstances,
  DescribeImages: (_, call) => describeImages(call),
  DescribeSpotPriceHistory: (_, call) => spotPrices(call),
  DescribeRegions: describeRegions,
  DescribeInstanceTypes: describeTypes,
  DescribeSubnets: describeSubnets,
  DescribeInstanceStatus: describeStatus,
  CreateSecurityGroup: createSecurityGroup,
  DescribeSecurityGroups: describeSecurityGroups,
  DeleteSecurityGroup: deleteSecurityGroup,
  GetConsoleOutput: consoleOutput,
  ModifyInstanceAttribute: modifyAttribute,
};

/** Answers a call to EC2. */
export async function ec2Action(ec2: Ec2, call: Call, forward: Forward): Promise<Answer> {
  return (
    dryRun(call) ??
    unknownGroups(ec2, call) ??
    (corrected[call.action] ?? (async () => forward()))(ec2, call, forward)
  );
}

/** moto lists regions of all partitions, also those nobody opted into. */
async function describeRegions(ec2: Ec2, call: Call, forward: Forward): Promise<Answer> {
  const answer = await forward();
  if (answer.status !== 200) return answer;
  const root = xmlOf(answer);
  const info = find(root, 'regionInfo');
  if (info)
    info.children = info.children.filter((item) => ec2.options.regions.includes(textAt(item, 'regionName')));
  return xml(root);
}

/** The types that a region offers, once they were asked for. */
const offered = new Map<string, Promise<ReadonlySet<string>>>();

/** moto describes types in regions that do not have them, though it knows which do. */
async function describeTypes(_: Ec2, call: Call, forward: Forward): Promise<Answer> {
  const answer = await forward();
  if (answer.status !== 200) return answer;
  const own = offered.get(call.region) ?? offeredTypes(forward);
  offered.set(call.region, own);
  const types = await own;
  const root = xmlOf(answer);
  const set = find(root, 'instanceTypeSet');
  if (set) set.children = set.children.filter((item) => types.has(textAt(item, 'instanceType')));
  return xml(root);
}

async function offeredTypes(forward: Forward): Promise<ReadonlySet<string>> {
  const answer = await forward({
    Action: 'DescribeInstanceTypeOfferings',
    Version: '2016-11-15',
    LocationType: 'region',
  });
  return new Set(
    itemsAt(xmlOf(answer), 'instanceTypeOfferingSet').map((item) => textAt(item, 'instanceType')),
  );
}

/** moto gives the default subnets IPv4 only. */
async function describeSubnets(ec2: Ec2, call: Call, forward: Forward): Promise<Answer> {
  const answer = await forward();
  if (answer.status !== 200 || !ec2.options.dualStack.includes(call.region)) return answer;
  const root = xmlOf(answer);
  for (const [index, subnet] of itemsAt(root, 'subnetSet').entries()) {
    const associated = [
      element('ipv6CidrBlock', `2001:db8:1:${index}::/64`),
      element('associationId', `subnet-cidr-assoc-${index}`),
      element('ipv6CidrBlockState', [element('state', 'associated')]),
    ];
    put(subnet, 'ipv6CidrBlockAssociationSet', [element('item', associated)]);
  }
  return xml(root);
}

async function describeStatus(ec2: Ec2, call: Call, forward: Forward): Promise<Answer> {
  const answer = await forward();
  if (answer.status !== 200) return answer;
  const root = xmlOf(answer);
  const set = find(root, 'instanceStatusSet');
  const running = (item: XmlNode): boolean =>
    ec2
      .visible(call.region)
      .some((one) => one.id === textAt(item, 'instanceId') && ec2.seen(one).state === 'running');
  if (set) set.children = set.children.filter(running);
  return xml(root);
}

function consoleOutput(ec2: Ec2, call: Call): Answer {
  const id = parameter(call, 'InstanceId') ?? '';
  const instance = ec2.visible(call.region).find((one) => one.id === id);
  if (!instance) return notFound([id]);
  const output = Buffer.from(ec2.consoleOf(instance)).toString('base64');
  const parts = [
    element('instanceId', id),
    element('timestamp', new Date().toISOString()),
    element('output', output),
  ];
  return xml(element('GetConsoleOutputResponse', parts));
}

async function modifyAttribute(ec2: Ec2, call: Call, forward: Forward): Promise<Answer> {
  const instance = ec2.instances.get(parameter(call, 'InstanceId') ?? list(call, 'InstanceId')[0] ?? '');
  const value = parameter(call, 'DisableApiTermination.Value');
  if (instance && value !== undefined) instance.protected = value === 'true';
  return forward();
}
