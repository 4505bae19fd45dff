import { type Answer, xml } from '../aws/answer.ts';
import { type Call, list } from '../aws/call.ts';
import { find, itemsAt, remove, textAt, type XmlNode } from '../aws/xml.ts';
import { type Ec2, type Forward, notFound, xmlOf } from './ec2.ts';
import { type Filter, filtersOf, matches, withFilters } from './filter.ts';
import { type StageInstance, type State, stateCodes } from './instance.ts';
import { correctInstance } from './correct-instance.ts';

/** Filters that moto would judge by what it takes for the state, or answers with an HTML page. */
const own: Record<string, (instance: StageInstance, seen: State) => string> = {
  'instance-state-name': (_, seen) => seen,
  'instance-state-code': (_, seen) => stateCodes[seen],
  'client-token': ({ clientToken = '' }) => clientToken,
  'instance.group-id': ({ groups }) => groups.join(' '),
};

/** DescribeInstances: nothing is there at once, states take their time, and terminated instances are forgotten. */
export async function describeInstances(ec2: Ec2, call: Call, forward: Forward): Promise<Answer> {
  const unknown = list(call, 'InstanceId').filter((id) => {
    const instance = ec2.instances.get(id);
    return !instance || instance.region !== call.region || !ec2.isVisible(instance);
  });
  if (unknown.length > 0) return notFound(unknown);
  const filters = filtersOf(call);
  const mine = filters.filter(({ name }) => name in own);
  // moto is asked for those only that can be in the answer: it takes long over the many that there have been.
  const ids = ec2
    .visible(call.region)
    .filter((instance) => isFound(ec2, instance, mine))
    .map(({ id }) => id);
  const others = filters.filter(({ name }) => !(name in own));
  const isByTag = others.some(({ name }) => name.startsWith('tag'));
  const candidates = { name: 'instance-id', values: ids.length > 0 ? ids : ['none'] };
  const answer = await forward(withFilters(call, mine.length > 0 ? [...others, candidates] : others));
  if (answer.status !== 200) return answer;
  const root = xmlOf(answer);
  const reservations = find(root, 'reservationSet');
  if (!reservations) return answer;
  for (const reservation of itemsAt(root, 'reservationSet')) {
    const set = find(reservation, 'instancesSet');
    if (set) set.children = set.children.filter((item) => show(ec2, item, mine, isByTag));
  }
  reservations.children = reservations.children.filter((one) => itemsAt(one, 'instancesSet').length > 0);
  return xml(root);
}

function show(ec2: Ec2, item: XmlNode, filters: readonly Filter[], isByTag: boolean): boolean {
  const instance = ec2.instances.get(textAt(item, 'instanceId'));
  if (!instance || !ec2.isVisible(instance)) return false;
  const hasTags = ec2.tags.isKnown(instance.id);
  if (!hasTags) remove(item, 'tagSet');
  correctInstance(item, instance, ec2.seen(instance));
  return (hasTags || !isByTag) && isFound(ec2, instance, filters);
}

function isFound(ec2: Ec2, instance: StageInstance, filters: readonly Filter[]): boolean {
  const { state } = ec2.seen(instance);
  return filters.every((filter) => matches(filter, own[filter.name]?.(instance, state) ?? ''));
}
