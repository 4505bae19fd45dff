import { CndError } from '../error.ts';
import type { Instance } from '../fleet/fleet.ts';
import { target } from '../ssh/failure.ts';
import type { Connection } from '../ssh/connection.ts';
import { type Bundle, upload } from '../ssh/upload.ts';
import { Agent, spooledHits } from './agent.ts';
import { type Job, jobLine } from './agent-order.ts';
import type { Clock } from './clock.ts';
import type { Emit } from './event.ts';
import type { Link } from './link.ts';
import { workDirectory } from './remote-command.ts';
import type { Search } from './search.ts';
import type { Watch } from './watch.ts';

/** What all workers of a run share. */
export interface WorkerContext {
  readonly run: string;
  readonly bundle: Bundle;
  readonly search: Search;
  readonly watch: Watch;
  readonly clock: Clock;
  readonly emit: Emit;
  /** The one connection to an instance that is running. */
  readonly link: (instance: Instance) => Link;
  /** The job of a worker, but for what only its start can tell. */
  readonly job: () => Omit<Job, 'worker' | 'residues' | 'threads'>;
  /** How to see that a dead-man's switch is armed, and to end an instance without one; undefined: it is certain. */
  readonly switch:
    { readonly command: string; readonly terminate: (instance: Instance) => Promise<void> } | undefined;
  /** Aborts when the search is over: nothing new is begun on any instance. */
  readonly over: AbortSignal;
}

/** How often one instance is tried again after its search was lost. */
const retries = 3;

/** Seconds before the end of the search in which an agent's own deadline may come first. */
const deadlineSlack = 3;

/** Milliseconds in which an instance must say whether its switch is armed. */
const switchPatience = 15_000;

/** What trying again can mend; a wrong key, a missing python3 or a broken upload it cannot. */
const passing = new Set([
  'ssh-lost',
  'agent-died',
  'agent-silent',
  'agent-signal',
  'ssh-aborted',
  'ssh-timeout',
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
  for (let attempt = 0; !over.aborted; attempt++) {
    try {
      await attemptSearch(index, attempt, context, stop);
      return;
    } catch (error) {
      if (over.aborted) return search.forget(index);
      const failure = asCndError(gone.signal.aborted ? gone.signal.reason : error);
      const retrying = attempt < retries && passing.has(failure.code);
      search.lose(index, failure, retrying);
      if (!retrying) return;
      // If its machine is gone the fleet knows, and nobody has to wait for it.
      watch.nudge();
    }
  }
}

async function attemptSearch(
  index: number,
  attempt: number,
  context: WorkerContext,
  stop: AbortSignal,
): Promise<void> {
  const { run, search, watch, emit, bundle } = context;
  const instance = await watch.settled(index, stop);
  if (!instance.access) throw terminated(instance);
  if (attempt === 0) {
    const address = target(instance.access);
    emit('instance.running', { instance: index, id: instance.id, address });
  }
  const connection = await context.link(instance).connection(stop);
  if (attempt === 0) {
    emit('instance.connected', { instance: index });
    await requireSwitch(instance, connection, context, stop);
    await upload(connection, bundle, workDirectory(run), { signal: stop });
    emit('instance.uploaded', { instance: index, bytes: bundle.data.length });
  } else {
    for (const hit of await spooledHits(connection, run, stop)) search.claim(index, hit.nonce, hit.digest);
  }
  await converse(instance, connection, context, stop);
}

/** An instance that would outlive us is ended at once. @throws CndError `instance-unarmed` */
async function requireSwitch(
  instance: Instance,
  connection: Connection,
  { switch: dead, emit }: WorkerContext,
  signal: AbortSignal,
): Promise<void> {
  if (!dead) return;
  const { code } = await connection.exec(dead.command, { signal, timeout: switchPatience });
  if (code === 0) return emit('instance.armed', { instance: instance.index });
  await dead.terminate(instance);
  throw new CndError('instance-unarmed', "its dead-man's switch is not armed, so it was terminated", {
    about: instance.id,
    hint: 'the image must run cloud-init and systemd',
  });
}

async function converse(
  instance: Instance,
  connection: Connection,
  { run, search, clock, job, over }: WorkerContext,
  stop: AbortSignal,
): Promise<void> {
  const { index } = instance;
  const agent = await Agent.start(connection, run, clock, stop);
  // The search may have ended while the agent was being started: then nobody would tell it to stop.
  if (over.aborted) return agent.send({ order: 'stop' });
  const residues = search.begin(index, (order) => agent.send(order));
  agent.sendLine(jobLine({ ...job(), worker: index, residues, threads: instance.threads }));
  const reason = await agent.converse((message) => search.receive(index, message));
  if (over.aborted || reason === 'order') return;
  // Its own deadline is the net below ours: about to end, or its clock is wrong and it is begun again.
  if (reason === 'deadline' && job().seconds < deadlineSlack) return;
  throw new CndError(`agent-${reason}`, `its agent stopped by itself (${reason})`);
}

function terminated({ state, reason }: Instance): CndError {
  return new CndError('instance-terminated', `the instance is ${state}${reason ? `: ${reason}` : ''}`);
}

function asCndError(error: unknown): CndError {
  if (error instanceof CndError) return error;
  return new CndError('worker-failed', error instanceof Error ? error.message : String(error), {
    cause: error,
  });
}
