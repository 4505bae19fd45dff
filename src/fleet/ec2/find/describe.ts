import type { EC2, Filter, Instance as Ec2Instance } from '@aws-sdk/client-ec2';
import { allItems } from '../../../aws/page.ts';
import type { Access } from '../../../session/ssh/access.ts';
import { filled, meanings } from '../../../aws/code.ts';
import type { Instance, InstanceState } from '../../../instance.ts';
import { parseIndex } from '../../../run-id.ts';
import type { Ec2Settings } from '../schema.ts';
import { runFilter, tagKeys, tagValue } from '../tag.ts';

/** The states of EC2 in which an instance is not over. */
const livingStates = ['pending', 'running', 'shutting-down', 'stopping', 'stopped'];

/** What finds the instances of a run, or of any run, that are not over. Pure. */
export function livingFilter(run?: string): Filter[] {
  return [...runFilter(run), { Name: 'instance-state-name', Values: livingStates }];
}

/** DescribeInstances gives at most so many at a time (API_DescribeInstances). */
const pageSize = 1000;

/** All instances that the filters find, in as few calls as there are pages. */
export async function describeInstances(
  ec2: EC2,
  filters: Filter[],
  signal?: AbortSignal,
): Promise<Ec2Instance[]> {
  const { paginateDescribeInstances } = await import('@aws-sdk/client-ec2');
  const pages = paginateDescribeInstances(
    { client: ec2, pageSize },
    { Filters: filters },
    signal ? { abortSignal: signal } : {},
  );
  const reservations = await allItems(pages, ({ Reservations }) => Reservations);
  return reservations.flatMap(({ Instances = [] }) => Instances);
}

/** Which of its addresses an instance is reached at. */
export type Connect = Ec2Settings['connect'];

/** The address that an instance is reached at; undefined when it has none of that kind. Pure. */
export function addressOf(instance: Ec2Instance, connect: Connect): string | undefined {
  const ipv6 = instance.Ipv6Address || instance.NetworkInterfaces?.[0]?.Ipv6Addresses?.[0]?.Ipv6Address;
  const kinds = { public: instance.PublicIpAddress, private: instance.PrivateIpAddress, ipv6 };
  return kinds[connect] || undefined;
}

/** How instances of a run are reached, but for where. */
export type InstanceLogin = Omit<Access, 'host'>;

/**
 * How an instance of EC2 is told of; `note` remembers where it can be reached, and gives the address. A stopped one is as good as over: nothing of ours stops, and none starts again.
 */
export function toInstance(
  instance: Ec2Instance,
  connect: Connect,
  note?: (id: string, host: string) => string,
): Instance {
  const name = instance.State?.Name;
  const state = stateOf(name);
  const host = addressOf(instance, connect);
  const why = name === 'stopped' || name === 'stopping' ? `it is ${name}` : reasonOf(instance);
  const id = instance.InstanceId ?? '';
  return {
    id,
    index: indexOf(instance),
    state,
    ...(instance.InstanceType !== undefined && { type: instance.InstanceType }),
    ...(instance.Placement?.AvailabilityZone !== undefined && { zone: instance.Placement.AvailabilityZone }),
    ...(state !== 'pending' && state !== 'running' && { endedBy: endedBy(instance) }),
    ...(why !== undefined && why !== '' && state !== 'running' && { reason: why }),
    ...(note && state === 'running' && host !== undefined && { address: note(id, host) }),
  };
}

/** `Server.…` is EC2's own doing; `Client.…` is a request, or a shutdown from inside (API_StateReason). Pure. */
function endedBy({ StateReason }: Ec2Instance): 'service' | 'user' {
  return StateReason?.Code?.startsWith('Server.') === true ? 'service' : 'user';
}

/** Why EC2 ended an instance, with what helps where that is known (`Client.InternalError` says no more than its name). Pure. */
function reasonOf({ StateReason, Placement }: Ec2Instance): string | undefined {
  const { Code = '', Message } = StateReason ?? {};
  const remedy = Object.hasOwn(meanings, Code) ? meanings[Code]?.remedy : undefined;
  const region = Placement?.AvailabilityZone?.replace(/[a-z]$/, '');
  return remedy === undefined ? Message : `${Message ?? Code}: ${filled(remedy, { region })}`;
}

/** The place of an instance in its launch: where its call began, and its place in that. Pure. */
export function indexOf({ Tags, AmiLaunchIndex = 0 }: Ec2Instance): number {
  return (parseIndex(tagValue(Tags, tagKeys.firstIndex)) ?? 0) + AmiLaunchIndex;
}

/** EC2's state in the words of the contract. Pure. */
export function stateOf(name: string | undefined): InstanceState {
  if (name === 'running' || name === 'shutting-down' || name === 'terminated') return name;
  return name === 'stopping' || name === 'stopped' ? 'shutting-down' : 'pending';
}
