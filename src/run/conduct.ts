import { CndError, messageOf } from '../error.ts';
import { removeRunState } from '../state/run-state.ts';
import { whenAborted, within } from '../wait.ts';
import type { RunContext } from './context.ts';
import { finish } from './finish.ts';
import { undo } from './launch.ts';
import { Checkpoints } from './record/checkpoint.ts';
import { keepRun } from './resume/keep-run.ts';
import type { Keeper } from './resume/keeper.ts';
import type { Ending } from './result.ts';
import { Searching } from './searching.ts';

/** Milliseconds between two looks whether another process has taken the run up. */
const lookInterval = 500;

/** Milliseconds for which the teardown waits for the state of the run to be kept. */
const longestKeep = 1000;

/** Makes that there are instances to search on: by a launch, or those that an earlier controller launched. */
type Begin = (signal: AbortSignal, kept: () => Promise<void>) => Promise<void>;

/**
 * A run from the moment there may be instances: has them launched or found again by `begin`, searches, stops, pulls the
 * syslogs, terminates everything, archives what is kept. Resolves with the exit code.
 * @throws CndError `run-superseded` when another process has taken the run up: nothing of it is touched then.
 */
export function conduct(context: RunContext, begin: Begin): Promise<number> {
  return new Conductor(context).run(begin);
}

class Conductor {
  readonly #context: RunContext;
  /** Keeps for a process that takes the run up how it stands. */
  readonly #keeper: Keeper;
  /** Keep for another machine what it has tested. */
  readonly #checkpoints: Checkpoints;
  #searching: Searching | undefined;

  constructor(context: RunContext) {
    this.#context = context;
    this.#keeper = keepRun(context, () => this.#searching?.search);
    this.#checkpoints = new Checkpoints(context);
  }

  async run(begin: Begin): Promise<number> {
    const { run, env } = this.#context.inputs;
    this.#checkpoints.save();
    const ending = await this.#search(begin);
    // What ended the search is known to whoever takes the run up during its teardown, which waits for no disk for long.
    await within(longestKeep, this.#keeper.kept());
    await within(longestKeep, this.#keeper.stop());
    await this.#requireOwn();
    const searching = this.#searching;
    if (searching) {
      await this.#whateverHappens('stopping the search', () => searching.stop(ending.kind));
      await this.#whateverHappens('pulling the logs', () => searching.pullLogs());
      await this.#requireOwn();
    }
    const clean = await undo(this.#context);
    await this.#checkpoints.end();
    const exitCode = await finish(this.#context, searching?.search, ending, clean);
    // Of what is left it tells whoever looks for it, with whatever credentials.
    if (this.#context.left.length === 0)
      await this.#whateverHappens('removing the live state', () => removeRunState(run, env));
    return exitCode;
  }

  /** Searches until the search ends, time is up, or somebody asks. Never rejects. */
  async #search(begin: Begin): Promise<Ending> {
    const context = this.#context;
    const { interrupts, clock } = context.inputs;
    const limit = context.searchLimit();
    const stopMeasuring = context.releaseTime.watchLag(clock);
    const superseded = new AbortController();
    const stopLooking = clock.every(lookInterval, () => {
      if (context.controller.isSuperseded) superseded.abort();
    });
    const early = AbortSignal.any([limit.signal, interrupts.first, superseded.signal]);
    const cutShort = (): Ending =>
      interrupts.cause
        ? { kind: 'interrupted', by: interrupts.cause }
        : { kind: 'time-limit', searched: this.#searching?.search.searched ?? false };
    try {
      await begin(early, () => this.#keeper.kept());
      // Whoever takes the run up finds its instances by it.
      await this.#keeper.kept();
      this.#searching = new Searching(context, (then) => this.#keeper.keep(then));
      this.#checkpoints.follow(this.#searching.search);
      this.#checkpoints.save();
      const ending = await Promise.race([this.#searching.ended, whenAborted(early).then(cutShort)]);
      // After a suspension that the instances ended meanwhile may be known before the limit is: T was over all the same.
      return ending.kind === 'lost' && context.untilTimeLimit() <= 0 ? cutShort() : ending;
    } catch (error) {
      return early.aborted ? cutShort() : { kind: 'failed', error };
    } finally {
      limit.cancel();
      stopMeasuring();
      stopLooking();
    }
  }

  /** Of two controllers the later one counts: this one ends, and leaves everything to it. @throws CndError `run-superseded` */
  async #requireOwn(): Promise<void> {
    const { controller, journal } = this.#context;
    if (!controller.isSuperseded) return;
    await this.#checkpoints.stop();
    await journal.close();
    throw new CndError(
      'run-superseded',
      `run ${controller.run} was resumed by another cnd, which drives it now`,
      {
        about: controller.run,
        hint: `watch it with: cnd attach ${controller.run}`,
      },
    );
  }

  /** Nothing that goes wrong on the way to the cleanup may keep it from running. */
  async #whateverHappens(what: string, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.#context.warn(`${what} failed: ${messageOf(error)}`);
    }
  }
}
