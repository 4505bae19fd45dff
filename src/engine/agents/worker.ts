import { CndError, messageOf } from '../../error.ts';
import type { Instance } from '../../instance.ts';
import { workDirectory, upload } from '../../session/upload.ts';
import { platformOf } from '../../kernel/native.ts';
import type { Session } from '../../session/session.ts';
import { pause } from '../../wait.ts';
import { Agent, spooledHits } from './agent.ts';
import { type Job, jobLine } from './agent-order.ts';
import type { Clock } from '../../clock.ts';
import type { Emit } from '../../event/event.ts';
import type { LaunchedInstances } from '../launched-instances.ts';
import type { Guards } from './guard.ts';
import type { Link } from '../../session/link.ts';
import { queryPlatform, startAgent } from './remote-command.ts';
import type { Search } from './search.ts';
import type { Watch } from '../watch.ts';
import type { WorkerBundles } from './worker-bundle.ts';

/** What all workers of a run share. */
export interface WorkerContext {
  readonly run: string;
  readonly bundles: WorkerBundles;
  readonly search: Search;
  readonly watch: Watch;
  readonly clock: Clock;
  readonly emit: Emit;
  /** The one session to an instance that is running. */
  readonly link: (instance: Instance) => Link;
  /** Arms what keeps a worker from staying on a machine that lives on. */
  readonly guards: Guards;
  /** The job of a worker, but for what only its start can tell. */
  readonly job: () => Omit<Job, 'worker' | 'residues' | 'threads'>;
  readonly switch: LaunchedInstances['switch'];
  readonly onAnswer: LaunchedInstances['onAnswer'];
  /** Aborts when the search is over: nothing new is begun on any instance. */
  readonly over: AbortSignal;
}

/** How often in a row one instance is tried again after its search was lost. */
const retries = 3;

/** Seconds of searching after which earlier losses are forgiven. */
const forgiveness = 60;

/** Seconds before the end of the search in which an agent's own deadline may come first. */
const deadlineSlack = 3;

/** Milliseconds that a command may take whose time is measured, and between two of them. */
const answerTimeout = 5000;
const answerInterval = 5000;

/** Milliseconds in which an instance must say whether its switch is armed. */
const switchTimeout = 15_000;

/** Milliseconds after which a step that an instance does not finish is told of. */
const slowAfter = 3000;

/**
 * Seconds in which an instance must have taken the upload: a part of what is left of the search, so that the others can take over
 * its work, within bounds. (A connection that takes longer than that for it fails its keepalives, too.)
 */
const uploadPatience = { shortest: 5, part: 1 / 3, longest: 20 };

/** What trying again can mend; a wrong key, a missing python3 or a broken upload it cannot. */
const passing = new Set([
  'session-lost',
  'agent-died',
  'agent-silent',
  'agent-signal',
  // What held its stdin ended, such as the shell that it runs in: its connection was lost, as it sees it.
  'agent-stdin',
  'session-aborted',
  'session-timeout',
]);

/**
 * The pipeline of one instance: as soon as it runs and answers SSH it gets the worker and searches, whatever the others
 * do. When its search is lost it is tried again while its instance lives. Resolves when its part is over; never rejects.
 */
export async function work(index: number, context: WorkerContext): Promise<void> {
  const { over, search, watch } = context;
  const gone = new AbortController();
  void watch.gone(index, over).then(
    (instance) => gone.abort(terminated(instance)),
    () => {},
  );
  const stop = AbortSignal.any([over, gone.signal]);
  const progress: Progress = { announced: false, uploaded: false };
  for (let losses = 0; !over.aborted; losses++) {
    const begin = context.clock.monotonic();
    try {
      await attempt(index, progress, context, stop);
      return;
    } catch (error) {
      if (over.aborted) return search.forget(index);
      // It was given up while its agent was still being told to stop.
      if (search.isLost(index)) return;
      // That it is gone explains any error, but for the one that it was terminated for.
      const isExplained = gone.signal.aborted && !isUnarmed(error);
      const failure = asCndError(isExplained ? gone.signal.reason : error);
      if (context.clock.monotonic() - begin > forgiveness * 1000) losses = 0;
      const retrying = losses < retries && passing.has(failure.code);
      search.lose(index, failure, retrying);
      if (!retrying) return;
      // If its machine is gone the fleet knows, and nobody has to wait for it.
      watch.nudge();
    }
  }
}

function isUnarmed(error: unknown): boolean {
  return error instanceof CndError && error.code === 'instance-unarmed';
}

/** How far an instance had come before its search was lost. */
interface Progress {
  announced: boolean;
  uploaded: boolean;
}

async function attempt(
  index: number,
  progress: Progress,
  context: WorkerContext,
  stop: AbortSignal,
): Promise<void> {
  const { run, search, watch, emit, guards } = context;
  const instance = await watch.settled(index, stop);
  if (instance.address === undefined) throw terminated(instance);
  if (!progress.announced) {
    emit('instance.running', { instance: index, id: instance.id, address: instance.address });
    progress.announced = true;
  }
  const session = await context.link(instance).session(stop);
  emit('instance.connected', { instance: index });
  const waiting = <T>(what: string, step: Promise<T>): Promise<T> => toldWhenSlow(index, what, step, emit);
  await waiting("the check of its dead-man's switch", requireSwitch(instance, session, context, stop));
  await waiting('arming its guard', guards.arm(instance, session, stop));
  if (progress.uploaded) {
    const name = { run, worker: index };
    for (const hit of await spooledHits(session, name, stop)) search.claim(index, hit);
  }
  const asking = session.exec(queryPlatform, { signal: stop, timeout: 10_000 });
  const { stdout } = await waiting('uname', asking);
  const bundle = await context.bundles.for(platformOf(stdout.toString()));
  // Again each time: what was there may have been removed when the connection was lost.
  const bounds = { signal: stop, timeout: 1000 * uploadSeconds(context.job().seconds) };
  const what = `the upload of ${bundle.data.length} bytes`;
  await waiting(what, upload(session, bundle, workDirectory(run, index), bounds));
  emit('instance.uploaded', { instance: index, bytes: bundle.data.length });
  progress.uploaded = true;
  await converse(instance, session, context, stop);
}

/** Seconds for an upload, with so many left of the search. Pure. */
export function uploadSeconds(left: number): number {
  const { shortest, part, longest } = uploadPatience;
  return Math.min(longest, Math.max(shortest, left * part));
}

/** Tells what an instance is being waited for, if that takes long. */
async function toldWhenSlow<T>(index: number, what: string, step: Promise<T>, emit: Emit): Promise<T> {
  const timer = setTimeout(() => {
    const message = `${what} has not finished after ${slowAfter / 1000} s`;
    emit('instance.waiting', { instance: index, cause: 'slow', message });
  }, slowAfter);
  try {
    return await step;
  } finally {
    clearTimeout(timer);
  }
}

/** An instance that would outlive us is ended at once. @throws CndError `instance-unarmed` */
async function requireSwitch(
  instance: Instance,
  session: Session,
  { switch: dead, emit }: WorkerContext,
  signal: AbortSignal,
): Promise<void> {
  if (!dead) return;
  const { code } = await session.exec(dead.command, { signal, timeout: switchTimeout });
  if (code === 0) return emit('instance.armed', { instance: instance.index });
  await dead.terminate(instance);
  throw new CndError('instance-unarmed', "its dead-man's switch is not armed, so it was terminated", {
    about: instance.id,
    hint: 'the image must run cloud-init and systemd',
  });
}

async function converse(
  instance: Instance,
  session: Session,
  { run, search, clock, job, over, guards, onAnswer }: WorkerContext,
  stop: AbortSignal,
): Promise<void> {
  const { index } = instance;
  const command = guards.tag(instance, startAgent(run, index));
  const agent = await Agent.start(session, command, { run, worker: index }, clock, stop);
  // The search may have ended while the agent was being started: then nobody would tell it to stop.
  if (over.aborted) return agent.send({ order: 'stop' });
  const residues = search.begin(index, (order) => agent.send(order));
  agent.sendLine(jobLine({ ...job(), worker: index, residues, threads: instance.threads }));
  const measuring = new AbortController();
  if (onAnswer) void measure(session, AbortSignal.any([stop, measuring.signal]), (s) => onAnswer(index, s));
  const reason = await agent
    .converse((message) => search.receive(index, message))
    .finally(() => measuring.abort());
  if (over.aborted) return;
  // Its own deadline is the net below ours: about to end, or its clock is wrong and it is begun again.
  if (reason === 'deadline' && job().seconds < deadlineSlack) return;
  throw new CndError(`agent-${reason}`, `its agent stopped by itself (${reason})`);
}

/** Now and then tells how many seconds a command takes. One that cannot be run at all says nothing of others. */
async function measure(
  session: Session,
  signal: AbortSignal,
  tell: (seconds: number) => void,
): Promise<void> {
  while (!signal.aborted) {
    const begin = performance.now();
    try {
      await session.exec('true', { signal, timeout: answerTimeout });
      tell((performance.now() - begin) / 1000);
    } catch (error) {
      if (!(error instanceof CndError) || error.code !== 'session-timeout') return;
    }
    await pause(answerInterval, signal);
  }
}

function terminated({ state, reason }: Instance): CndError {
  return new CndError('instance-terminated', `the instance is ${state}${reason ? `: ${reason}` : ''}`);
}

function asCndError(error: unknown): CndError {
  if (error instanceof CndError) return error;
  return new CndError('worker-failed', messageOf(error), {
    cause: error,
  });
}
