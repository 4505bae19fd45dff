import type { Archive } from '../archive/archive.ts';
import { pushRun } from '../archive/push.ts';
import { ownEntriesOf } from '../archive/spooled.ts';
import { CndError, messageOf } from '../error.ts';
import { onceAborted } from '../wait.ts';
import type { RunContext } from './context.ts';
import type { Deadline } from './deadline.ts';

/** Seconds in which something must move, and that a first Ctrl-C leaves to the rest. */
const patience = { progress: 30, interrupted: 5 };

/**
 * Stores what waits in the spool where the archive is, and says where it is then: there and no longer here, or here still
 * and with which command to store it. Only now, when nothing costs money any more: a network may be slow, and the syslogs
 * of many instances large. Never rejects.
 */
export async function archiveRun(context: RunContext, spool: Archive): Promise<string> {
  const { run, archive, interrupts } = context.inputs;
  context.phases.begin('archive');
  const limit = new Patience(context);
  const signal = AbortSignal.any([interrupts.second, limit.signal]);
  try {
    const files = (await ownEntriesOf(spool, run)).length;
    context.emit('archive.started', { location: archive.location(run), files });
    const stored = await pushRun(run, spool, archive, { signal, onProgress: () => limit.progress() });
    const bytes = stored.reduce((sum, entry) => sum + entry.bytes, 0);
    context.emit('logs.archived', { location: archive.location(run), files, bytes });
    return archive.location(run);
  } catch (error) {
    if (error instanceof CndError && error.code === 'archive-kept') {
      context.warn(error.message);
      return archive.location(run);
    }
    const why = signal.aborted ? limit.reason : messageOf(error);
    context.emit('warning', {
      message: `the logs are not all in ${archive.location(run)}: ${why}; they are in ${spool.location(run)}, store them with: cnd logs push ${run}`,
      ...(!signal.aborted && error instanceof CndError && error.hint !== undefined && { hint: error.hint }),
    });
    return spool.location(run);
  } finally {
    limit.end();
    context.phases.end();
  }
}

/** How long is waited for a network: while files arrive there, and nobody asks for the end. */
class Patience {
  readonly #context: RunContext;
  readonly #over = new AbortController();
  #deadline: Deadline;
  #hurried = false;
  #moved = 0;
  #ended = false;

  constructor(context: RunContext) {
    this.#context = context;
    this.#deadline = this.#within(patience.progress);
    const { first } = context.inputs.interrupts;
    // One that came before asked for an end that all of this is after.
    if (!first.aborted) onceAborted(first, () => this.#hurry());
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Why it was given up, in words. */
  get reason(): string {
    const asked = this.#hurried || this.#context.inputs.interrupts.second.aborted;
    return asked ? 'you did not want to wait' : `nothing moved for ${patience.progress} s`;
  }

  progress(): void {
    const now = this.#context.elapsed();
    // It moves many times a second.
    if (this.#hurried || now - this.#moved < 1) return;
    this.#moved = now;
    this.#renew(patience.progress);
  }

  end(): void {
    this.#ended = true;
    this.#deadline.cancel();
  }

  #hurry(): void {
    this.#hurried = true;
    this.#renew(patience.interrupted);
  }

  #renew(seconds: number): void {
    this.#deadline.cancel();
    if (!this.#ended) this.#deadline = this.#within(seconds);
  }

  #within(seconds: number): Deadline {
    const deadline = this.#context.within(seconds);
    onceAborted(deadline.signal, () => this.#over.abort());
    return deadline;
  }
}
