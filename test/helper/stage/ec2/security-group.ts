import { type Answer, awsError, xml } from '../aws/answer.ts';
import { type Call, list, parameter } from '../aws/call.ts';
import { find, itemsAt, remove, textAt, type XmlNode } from '../aws/xml.ts';
import { type Ec2, type Forward, xmlOf } from './ec2.ts';
import { type Filter, filtersOf, matches } from './filter.ts';
import { exists } from './instance.ts';

const set = 'securityGroupInfo';

/** EC2 of a group that it does not know, or not yet. */
function unknownGroup(id: string): Answer {
  return awsError('ec2', 'InvalidGroup.NotFound', `The security group '${id}' does not exist`);
}

/** What a call answers that names a group which not everybody knows of yet; undefined when all are known. */
export function unknownGroups(ec2: Ec2, call: Call): Answer | undefined {
  const named = [
    parameter(call, 'GroupId'),
    ...list(call, 'GroupId'),
    ...list(call, 'SecurityGroupId'),
    ...list(call, 'NetworkInterface.1.SecurityGroupId'),
  ];
  const odd = named.find((id) => id !== undefined && !ec2.groups.isKnown(id));
  return odd === undefined ? undefined : unknownGroup(odd);
}

/** CreateSecurityGroup: the id is known to nobody else for a while. */
export async function createSecurityGroup(ec2: Ec2, _: Call, forward: Forward): Promise<Answer> {
  const answer = await forward();
  if (answer.status === 200) {
    const id = textAt(xmlOf(answer), 'groupId');
    ec2.groups.created(id);
    ec2.tags.created(id);
  }
  return answer;
}

/** DeleteSecurityGroup: moto deletes groups that are in use. One that is gone is still described for a while. */
export async function deleteSecurityGroup(ec2: Ec2, call: Call, forward: Forward): Promise<Answer> {
  const id = parameter(call, 'GroupId') ?? '';
  const user = [...ec2.instances.values()].find((one) => exists(one) && one.groups.includes(id));
  if (user) return awsError('ec2', 'DependencyViolation', `resource ${id} has a dependent object`);
  const before = await forward({ Action: 'DescribeSecurityGroups', Version: '2016-11-15', 'GroupId.1': id });
  const answer = await forward();
  const [item] = before.status === 200 ? itemsAt(xmlOf(before), set) : [];
  if (answer.status === 200 && item) ec2.groups.deleted(id, call.region, item);
  return answer;
}

/** DescribeSecurityGroups: without those that are too new, with those that have just gone. */
export async function describeSecurityGroups(ec2: Ec2, call: Call, forward: Forward): Promise<Answer> {
  const answer = await forward();
  if (answer.status !== 200) return answer;
  const root = xmlOf(answer);
  const groups = find(root, set);
  if (!groups) return answer;
  const filters = filtersOf(call);
  const isByTag = filters.some(({ name }) => name.startsWith('tag'));
  const isKnown = (item: XmlNode): boolean => ec2.groups.isKnown(textAt(item, 'groupId'));
  const hasTags = (item: XmlNode): boolean => ec2.tags.isKnown(textAt(item, 'groupId'));
  groups.children = groups.children.filter((item) => isKnown(item) && (!isByTag || hasTags(item)));
  for (const item of groups.children) if (!hasTags(item)) remove(item, 'tagSet');
  if (list(call, 'GroupId').length === 0)
    groups.children.push(...ec2.groups.ghosts(call.region).filter((item) => isAsked(item, filters)));
  return xml(root);
}

/** Whether the filters that cnd uses find a group; with any other a ghost is not shown. */
function isAsked(item: XmlNode, filters: readonly Filter[]): boolean {
  const tags = itemsAt(item, 'tagSet');
  return filters.every((filter) => {
    const { name } = filter;
    if (name === 'tag-key') return tags.some((tag) => matches(filter, textAt(tag, 'key')));
    if (name.startsWith('tag:'))
      return tags.some(
        (tag) => textAt(tag, 'key') === name.slice(4) && matches(filter, textAt(tag, 'value')),
      );
    const fields: Record<string, string> = {
      'group-name': 'groupName',
      'vpc-id': 'vpcId',
      'group-id': 'groupId',
    };
    const field = fields[name];
    return field !== undefined && matches(filter, textAt(item, field));
  });
}
