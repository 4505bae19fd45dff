import { CndError } from '../../error.ts';
import type { Emit } from '../../event/event.ts';
import type { Instance } from '../../instance.ts';
import { platformOf } from '../../kernel/native.ts';
import type { Session } from '../../session/session.ts';
import { upload, workDirectory } from '../../session/upload.ts';
import { queryPlatform } from './remote-command.ts';
import type { WorkerContext } from './worker-context.ts';

/** Milliseconds in which an instance must say whether its switch is armed. */
const switchTimeout = 15_000;

/** Milliseconds after which a step that an instance does not finish is told of. */
const slowAfter = 3000;

/**
 * Seconds in which an instance must have taken the upload: a part of what is left of the search, so that the others can take over
 * its work, within bounds. (A connection that takes longer than that for it fails its keepalives, too.)
 */
const uploadTimeout = { shortest: 5, part: 1 / 3, longest: 20 };

/** Puts the worker on an instance, once it is certain that it will not stay there. @throws CndError */
export async function prepare(
  instance: Instance,
  session: Session,
  context: WorkerContext,
  stop: AbortSignal,
): Promise<void> {
  const { run, emit, guards } = context;
  const { index } = instance;
  const waiting = <T>(what: string, step: Promise<T>): Promise<T> => toldWhenSlow(index, what, step, emit);
  await waiting("the check of its dead-man's switch", requireSwitch(instance, session, context, stop));
  await waiting('arming its guard', guards.arm(instance, session, stop));
  const asking = session.exec(queryPlatform, { signal: stop, timeout: 10_000 });
  const { stdout } = await waiting('uname', asking);
  const bundle = await context.bundles.for(platformOf(stdout.toString()));
  const bounds = { signal: stop, timeout: 1000 * uploadSeconds(context.job().seconds) };
  const what = `the upload of ${bundle.data.length} bytes`;
  await waiting(what, upload(session, bundle, workDirectory(run, index), bounds));
  emit('instance.uploaded', { instance: index, bytes: bundle.data.length });
}

/** Seconds for an upload, with so many left of the search. Pure. */
export function uploadSeconds(left: number): number {
  const { shortest, part, longest } = uploadTimeout;
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
