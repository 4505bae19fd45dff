import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../error.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Instance } from '../instance.ts';
import { invoker } from '../state/invoker.ts';
import { runStart } from '../run-id.ts';
import { type ProcessIdentity, isAlive, killProcess } from '../state/process.ts';
import { hasScramNote, readRunStates, removeRunState, writeScramNote } from '../state/run-state.ts';
import { stateDirectory } from '../state/state.ts';
import type { RunningRun } from './inventory.ts';
import { terminateAll } from '../fleet/terminate-all.ts';

/**
 * Seconds: for termination, and more of it for each instance, as a cluster deletes its pods one by one; at least for a controller to
 * end by itself; for one that alone can end its run.
 */
const timeout = { terminate: 30, perInstance: 0.05, controller: 10, unheld: 120 };

/**
 * Seconds for a controller to take note of the scram; and then to end its run by itself, which keeps the syslogs and takes
 * it 3 s to stop the search and 5 s for the syslogs at most.
 */
const cooperation = { note: 1.5, end: 10 };

/** Seconds after the start of a run in which its launch may be under way. */
const launching = 120;

/** What became of one run. */
export interface ScramResult {
  readonly run: string;
  readonly fleet: string;
  readonly where?: string;
  /** Instances terminated, as the fleet says. */
  readonly terminated: number;
  /** Why something may be left, or undefined when everything is gone. */
  readonly error?: string;
  /** See `FoundRun.announced`: what is deleted with its channel. */
  readonly announced?: RunningRun['announced'];
}

/** Ends one run, whoever drives it: its instances first, then its controller here, then what is left. Never rejects. */
export async function scramRun(found: RunningRun, env: NodeJS.ProcessEnv): Promise<ScramResult> {
  const { run, fleet, where, holder, announced } = found;
  const ids = new Set(found.instances.map(({ id }) => id));
  const place = { run, fleet, ...(where !== undefined && { where }) };
  const result = (): ScramResult => {
    return { ...place, terminated: ids.size, ...(announced && { announced }) };
  };
  try {
    await tellController(found, env);
    if (!holder) {
      const error = await leaveToController(found, env);
      return { ...result(), ...(error !== undefined && { error }) };
    }
    await letEnd(found, env);
    const seconds = timeout.terminate + timeout.perInstance * found.instances.length;
    note(await terminateAll(holder, run, found.instances, seconds), ids);
    // What it does itself at its end takes about its grace; cut short, its record would never be archived.
    await endController(found, timeout.controller + holder.timing.grace);
    await terminateLate(found, holder, ids);
    await holder.dispose(run);
    await removeRunState(run, env);
    return result();
  } catch (error) {
    return { ...result(), error: messageOf(error) };
  }
}

/** Tells a controller here that its run is to end, and who says so. */
async function tellController({ run, state, controller }: RunningRun, env: NodeJS.ProcessEnv): Promise<void> {
  if (!state || controller !== 'alive') return;
  // Where it cannot be noted, the signal says the same without a name.
  await writeScramNote(run, invoker(), env).catch(() => {});
  killProcess(state.controller, 'SIGTERM');
}

/** Lets a controller that has taken note end its run by itself: it pulls the syslogs first. One that has not is not waited for. */
async function letEnd({ run, state, controller }: RunningRun, env: NodeJS.ProcessEnv): Promise<void> {
  if (!state || controller !== 'alive') return;
  const giveUp = performance.now() + cooperation.note * 1000;
  while (isAlive(state.controller) && (await hasScramNote(run, env))) {
    if (performance.now() > giveUp) return;
    await delay(20);
  }
  await hasExitedWithin(state.controller, cooperation.end);
}

/**
 * What the controller launched between our two signals, or what a launch made that no answer shows yet: while one may
 * have been under way, an answer counts only some time after the one before, and only if it shows nothing new.
 */
async function terminateLate(found: RunningRun, holder: Fleet, ids: Set<string>): Promise<void> {
  const begun = runStart(found.run)?.getTime() ?? 0;
  const recent = Date.now() - begun < launching * 1000;
  const settle = recent || found.instances.length === 0 ? holder.timing.settle : 0;
  for (;;) {
    await delay(settle * 1000);
    const before = ids.size;
    note(await terminateAll(holder, found.run, [], timeout.terminate), ids);
    if (ids.size === before) return;
  }
}

function note(instances: readonly Instance[], ids: Set<string>): void {
  for (const { id } of instances) ids.add(id);
}

/**
 * Nobody here can end it, but for its controller, if that lives: it was told to, and is given the time that it needs.
 * Gives why something may be left, or undefined when the controller has seen that nothing is.
 */
async function leaveToController(found: RunningRun, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { fleet, where, state, controller } = found;
  const told = state && controller === 'alive' ? state.controller : undefined;
  const hasEnded = told && (await hasExitedWithin(told, timeout.unheld));
  // Read again: it forgets the run when all of it is confirmed to be over, and may have created something meanwhile.
  const { states, damaged } = await readRunStates(env);
  const unread = damaged.find(({ run }) => run === found.run);
  if (unread) throw unread.error;
  const noted = states.find(({ run }) => run === found.run);
  if (!noted) return undefined;
  if (noted.preparing && !isAlive(noted.controller)) {
    await removeRunState(found.run, env);
    return undefined;
  }
  const place = `${fleet}${where === undefined ? '' : ` ${where}`}`;
  if (told) {
    const became = hasEnded ? 'has exited' : 'is still working on it';
    return `${place} cannot be checked; its controller, pid ${told.pid}, was told to terminate it, and ${became}`;
  }
  const { account } = noted;
  const whose = account === undefined ? place : `${place} of account ${account}`;
  const remedy = account === undefined ? '' : ': run it again with credentials of that account';
  return `${whose} cannot be checked${remedy}${overdue(found, env)}`;
}

/** What is past its expiry has powered itself off, or is to be looked for by hand. */
function overdue({ run, expiresAt }: RunningRun, env: NodeJS.ProcessEnv): string {
  if (!expiresAt || expiresAt.getTime() > Date.now()) return '';
  const then = expiresAt.toISOString();
  return `; its instances should have powered themselves off at ${then}: once you have checked that they have, remove ${stateDirectory(run, env)}`;
}

/** Waits for a controller that was told to end; one that does not is told again, and then killed. */
async function endController({ state }: RunningRun, seconds: number): Promise<void> {
  if (!state) return;
  const { controller } = state;
  if (await hasExitedWithin(controller, seconds / 2)) return;
  killProcess(controller, 'SIGTERM');
  if (await hasExitedWithin(controller, seconds / 2)) return;
  killProcess(controller, 'SIGKILL');
  if (await hasExitedWithin(controller, timeout.controller)) return;
  throw new Error(`the controller, pid ${controller.pid}, does not exit`);
}

/** Waits for so many seconds for a process to end, and gives whether it has. */
async function hasExitedWithin(process: ProcessIdentity, seconds: number): Promise<boolean> {
  const end = performance.now() + seconds * 1000;
  while (isAlive(process)) {
    if (performance.now() > end) return false;
    await delay(50);
  }
  return true;
}
