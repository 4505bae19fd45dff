import type { EC2, Instance as Ec2Instance } from '@aws-sdk/client-ec2';
import type { Instance } from '../fleet.ts';
import { describeInstances, indexOf, livingStates, toInstance } from './describe.ts';
import type { RunMemory } from './memory.ts';
import { runFilter } from './tag.ts';
import { terminateInstances } from './terminate.ts';

/** Seconds after a launch for which EC2 may say of an instance that it does not exist. */
const unknownFor = 60;

/**
 * Terminates the instances of a run, or only `ids`, once, and gives what EC2 says of each afterwards: what tags show,
 * and what the launch answered with and no description shows yet.
 */
export async function terminateRun(
  ec2: EC2,
  run: string,
  memory: RunMemory | undefined,
  ids?: readonly string[],
): Promise<Instance[]> {
  const filters = [...runFilter(run), { Name: 'instance-state-name', Values: livingStates }];
  const living = new Map(
    (await describeInstances(ec2, filters)).map((found) => [found.InstanceId ?? '', found]),
  );
  const recent = memory !== undefined && performance.now() - memory.launchedAt < unknownFor * 1000;
  const unseen = recent
    ? [...memory.known.keys()].filter((id) => !living.has(id) && !memory.over.has(id))
    : [];
  const meant = [...living.keys(), ...unseen].filter((id) => ids === undefined || ids.includes(id));
  const shutting = new Set(meant.filter((id) => living.get(id)?.State?.Name === 'shutting-down'));
  const { states, refused } = await terminateInstances(
    ec2,
    meant.filter((id) => !shutting.has(id)),
  );
  for (const id of [...states.keys(), ...shutting]) memory?.over.add(id);
  return meant.flatMap((id): Instance[] => {
    const found: Ec2Instance = living.get(id) ?? { InstanceId: id };
    const index = living.has(id) ? indexOf(found) : (memory?.known.get(id) ?? 0);
    const state = states.get(id) ?? (shutting.has(id) ? 'shutting-down' : undefined);
    if (state) return [{ id, index, state }];
    const reason = refused.get(id) ?? 'EC2 does not know of it yet';
    // Unknown, and not just launched: it has long been terminated and forgotten.
    return refused.has(id) || recent ? [{ ...toInstance(found, 'public', undefined), index, reason }] : [];
  });
}
