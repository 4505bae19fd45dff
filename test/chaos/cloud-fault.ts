import { setTimeout as sleep } from 'node:timers/promises';
import type { Cnd, Ended } from '../helper/cnd.ts';
import type { Fault as ApiFault } from '../helper/stage/aws/fault.ts';
import type { Stage } from '../helper/stage/stage.ts';
import type { StagePlace } from '../helper/stage/workspace.ts';
import type { Action } from './scenario.ts';

/** A run on the EC2 of the tests, and what its faults leave behind for the end. */
export interface CloudRun {
  readonly stage: Stage;
  readonly place: StagePlace;
  readonly cnd: Cnd;
  /** Its id, once that is known. */
  readonly run: Promise<string | undefined>;
  /** When no call can meet a fault any more. */
  readonly over: Promise<unknown>;
  readonly repairs: (() => void)[];
  readonly scrams: Promise<Ended>[];
  /** Those that took the run up, or tried to. */
  readonly resumed: Cnd[];
}

/** How an API fails, in the words of the stage. */
const apiFaults: Readonly<Record<Extract<Action, { do: 'api' }>['how'], Partial<ApiFault>>> = {
  throttled: { error: 'Throttled' },
  internal: { error: 'Internal' },
  'lost-before': { lost: 'before' },
  'lost-after': { lost: 'after' },
  hang: { hang: true },
  slow: { delay: 4000 },
};

/** Does one fault, and says whether it did anything. */
export async function inflictOnCloud(action: Action, on: CloudRun): Promise<boolean> {
  const { place, cnd } = on;
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- what is not of EC2 is not made for it
  switch (action.do) {
    case 'api':
      return failCalls(action, on);
    case 'machine':
      return endMachine(action, on);
    case 'cut':
      place.stall();
      await sleep(action.resume);
      place.resume();
      return true;
    case 'scram':
      on.scrams.push(place.run('scram'));
      return true;
    case 'resume':
      return takeUp(action, on);
    case 'signal': {
      const done = cnd.child.kill(action.signal);
      if (action.signal !== 'SIGSTOP') return done;
      await sleep(action.resume ?? 1000);
      return cnd.child.kill('SIGCONT') && done;
    }
    default:
      return false;
  }
}

async function failCalls(action: Extract<Action, { do: 'api' }>, on: CloudRun): Promise<boolean> {
  const { place, repairs, over } = on;
  const { call, how, times } = action;
  const before = place.calls(undefined, call).length;
  const fault = { action: call, ...apiFaults[how], ...(times !== undefined && { times }) };
  repairs.push(place.fault(fault));
  // It is seen at the end whether any call met it.
  await over;
  return place.calls(undefined, call).length > before;
}

async function endMachine(
  { how, which }: Extract<Action, { do: 'machine' }>,
  { place, stage }: CloudRun,
): Promise<boolean> {
  const running = place.instances('running');
  const instance = running[which % Math.max(1, running.length)];
  if (!instance) return false;
  if (how === 'halt') await stage.hypervisor.halt(instance.id);
  else
    stage.ec2.end(instance, {
      code: 'Server.SpotInstanceTermination',
      message: 'Spot instance termination',
    });
  return true;
}

/** Whoever drives the run is killed, and others take it up. One that has ended is left alone: that would be another run. */
async function takeUp(
  { after, count }: Extract<Action, { do: 'resume' }>,
  { place, cnd, run, resumed }: CloudRun,
): Promise<boolean> {
  const drivers = [cnd, ...resumed];
  for (const { child } of drivers) child.kill('SIGKILL');
  const ends = await Promise.all(drivers.map(async ({ ended }) => ended));
  const id = await run;
  const isOver = ends.every(({ signal }) => signal !== 'SIGKILL') || id === undefined;
  if (isOver || ends.some(({ stdout }) => stdout.includes('{"event":"run.ended"'))) return false;
  await sleep(after);
  for (let left = count; left > 0; left -= 1) resumed.push(place.start(`resume ${id} --json`));
  return true;
}
