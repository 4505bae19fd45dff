import type { Archive } from '../../archive/archive.ts';
import { pushRun } from '../../archive/push.ts';
import { ownEntriesOf } from '../../archive/spooled.ts';
import { CndError, messageOf } from '../../error.ts';
import { onceAborted } from '../../wait.ts';
import type { RunContext } from '../context.ts';
import type { Deadline } from '../deadline.ts';
import type { InterruptLimit } from '../interrupt.ts';

/** Seconds in which something must move. */
const stallTimeout = 30;

/**
 * Stores what waits in the spool where the archive is, and says where it is then: there and no longer here, or here still
 * and with which command to store it. Only now, when nothing costs money any more: a network may be slow, and the syslogs
 * of many instances large. Never rejects.
 */
export async function archiveRun(context: RunContext, spool: Archive): Promise<string> {
  const { run, archive, interrupts } = context.inputs;
  context.phases.begin('archive');
  const stall = new StallTimeout(context);
  // An interruption that came before asked for an end that all of this is after.
  const asked = interrupts.limit((seconds) => context.within(seconds), { onlyNew: true });
  const signal = AbortSignal.any([asked.signal, stall.signal]);
  try {
    const files = (await ownEntriesOf(spool, run)).length;
    context.emit('archive.started', { location: archive.location(run), files });
    const stored = await pushRun(run, spool, archive, { signal, onProgress: () => stall.progress() });
    const bytes = stored.reduce((sum, entry) => sum + entry.bytes, 0);
    context.emit('logs.archived', { location: archive.location(run), files, bytes });
    return archive.location(run);
  } catch (error) {
    if (error instanceof CndError && error.code === 'archive-kept') {
      context.warn(error.message);
      return archive.location(run);
    }
    const why = signal.aborted ? reasonOf(asked) : messageOf(error);
    context.emit('warning', {
      message: `the logs are not fully uploaded to ${archive.location(run)}: ${why}; they are in ${spool.location(run)}, upload them with: cnd logs push ${run}`,
      ...(!signal.aborted && error instanceof CndError && error.hint !== undefined && { hint: error.hint }),
    });
    return spool.location(run);
  } finally {
    stall.end();
    asked.end();
    context.phases.end();
  }
}

function reasonOf({ isAsked }: InterruptLimit): string {
  return isAsked ? 'interrupted' : `no progress for ${stallTimeout} s`;
}

/** Aborts when no progress was told for a while. */
class StallTimeout {
  readonly #context: RunContext;
  readonly #over = new AbortController();
  #deadline: Deadline;
  #moved = 0;

  constructor(context: RunContext) {
    this.#context = context;
    this.#deadline = this.#begin();
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  progress(): void {
    const now = this.#context.elapsed();
    // It moves many times a second.
    if (now - this.#moved < 1) return;
    this.#moved = now;
    this.#deadline.cancel();
    this.#deadline = this.#begin();
  }

  end(): void {
    this.#deadline.cancel();
  }

  #begin(): Deadline {
    const deadline = this.#context.within(stallTimeout);
    onceAborted(deadline.signal, () => this.#over.abort());
    return deadline;
  }
}
