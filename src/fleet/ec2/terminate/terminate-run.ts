import type { EC2, Instance as Ec2Instance } from '@aws-sdk/client-ec2';
import { eventual } from '../../../aws/consistency.ts';
import type { Instance } from '../../../instance.ts';
import { describeInstances, indexOf, livingFilter } from '../find/describe.ts';
import type { LaunchState } from '../launch/launch-state.ts';
import { type Terminated, terminateInstances } from './terminate.ts';

/** Seconds after a launch for which EC2 may say of an instance that it does not exist. */
const { seconds: unknownFor } = eventual['ec2:TerminateInstances'];

/**
 * Terminates the instances of a run, or only `ids`, once, and gives what EC2 says of each afterwards. Those that the
 * launch answered with at once: a description may hang, be refused, or be behind the truth; then what the tags show.
 * @throws whatever kept a call from working, unless the rest has told of all there is.
 */
export async function terminateRun(
  ec2: EC2,
  run: string,
  launchState: LaunchState | undefined,
  ids?: readonly string[],
): Promise<Instance[]> {
  const isSelected = (id: string): boolean => ids === undefined || ids.includes(id);
  const terminate = async (some: readonly string[]): Promise<Terminated> => {
    const told = await terminateInstances(ec2, some);
    for (const [id, state] of told.states)
      if (state === 'shutting-down' || state === 'terminated') launchState?.over.add(id);
    return told;
  };
  const isOver = (id: string): boolean => launchState?.over.has(id) ?? false;
  const own = [...(launchState?.known.keys() ?? [])].filter((id) => isSelected(id) && !isOver(id));
  const [first, look] = await Promise.allSettled([terminate(own), describeLiving(ec2, run)]);
  const isAllConfirmed = first.status === 'fulfilled' && launchState !== undefined && isAllOver(launchState);
  if (look.status === 'rejected' && !isAllConfirmed) throw look.reason;
  const seen = look.status === 'fulfilled' ? look.value : new Map<string, Ec2Instance>();
  const others = [...seen.keys()].filter((id) => isSelected(id) && !own.includes(id));
  // A description may still show one as running that EC2 has said to be shutting down.
  const isEnding = (id: string): boolean => isOver(id) || seen.get(id)?.State?.Name === 'shutting-down';
  const second = await terminate(others.filter((id) => !isEnding(id)));
  if (first.status === 'rejected') throw first.reason;
  const isRecent =
    launchState !== undefined && performance.now() - launchState.launchedAt < unknownFor * 1000;
  return [...own, ...others].flatMap((id): Instance[] => {
    const found = seen.get(id);
    const told = own.includes(id) ? first.value : second;
    const known = told.states.get(id) ?? (isOver(id) ? 'shutting-down' : undefined);
    const fate = known ? { state: known } : judge(id, found, told, isRecent);
    const index = found ? indexOf(found) : (launchState?.known.get(id) ?? 0);
    return fate ? [{ id, index, ...fate }] : [];
  });
}

/** Whether EC2 has said of everything that was launched that it is over, and nothing else can have been launched. */
function isAllOver({ known, over, outcomeUnknown, pending }: LaunchState): boolean {
  return !outcomeUnknown && pending.size === 0 && [...known.keys()].every((id) => over.has(id));
}

/** All of a run that is not terminated, by tag. */
async function describeLiving(ec2: EC2, run: string): Promise<Map<string, Ec2Instance>> {
  const found = await describeInstances(ec2, livingFilter(run));
  return new Map(found.map((instance) => [instance.InstanceId ?? '', instance]));
}

/** What became of an instance that EC2 has not said to be over; undefined for one that has long been terminated and forgotten. Pure. */
function judge(
  id: string,
  found: Ec2Instance | undefined,
  { refused }: Terminated,
  isRecent: boolean,
): Pick<Instance, 'state' | 'reason'> | undefined {
  const name = found?.State?.Name;
  const reason = refused.get(id);
  // Not over, whatever state it is in: one that is stopped keeps its disk, and can be started again.
  if (reason !== undefined) return { state: name === 'pending' ? 'pending' : 'running', reason };
  if (name === 'shutting-down') return { state: 'shutting-down' };
  return found || isRecent ? { state: 'pending', reason: 'EC2 does not list it yet' } : undefined;
}
