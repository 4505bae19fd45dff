import { CndError, messageOf } from '../error.ts';
import type { Instance } from '../instance.ts';
import { backoff } from '../retry.ts';
import { pause } from '../wait.ts';
import type { RunContext } from './context.ts';
import { noteLaunched } from './launch.ts';

/** How often the launch of one replacement is tried. */
const attempts = 3;

/** Seconds for which a replacement must be able to search, or as long as it takes to boot if that is more. */
const leastSearch = 5;

/** Whether there is time for a replacement: to boot, and to search for at least as long. All in seconds. Pure. */
export function isWorthwhile(left: number, boot: number): boolean {
  return left >= boot + Math.max(boot, leastSearch);
}

/**
 * With `--replace`: another instance in place of one that its fleet has ended, or is about to, and that nobody has asked to end.
 * There are at most as many as instances asked for: what they add to the cost is in the bound that was told, and held against
 * --max-cost, before the launch. What terminates all instances of the run was registered before the first was launched.
 */
export class Replacements {
  readonly #context: RunContext;
  readonly #over = new AbortController();

  constructor(context: RunContext) {
    this.#context = context;
  }

  /** Nothing more is launched. What is being launched is terminated with the others, also when its answer comes later. */
  stop(): void {
    this.#over.abort(new CndError('replacement-late', 'the search is over'));
  }

  /** Begins to launch another in place of this one, with the next index; undefined: it is not replaced. */
  readonly begin = (lost: Instance, index: number): Promise<Instance> | undefined => {
    const { config, fleet } = this.#context.inputs;
    if (!config.replace || !fleet.launchReplacement || this.#over.signal.aborted) return undefined;
    // As many again as were asked for, also where another process has launched some of them.
    if (lost.endedBy !== 'service' || index >= 2 * config.instances || !this.#isInTime) return undefined;
    return this.#launch(lost.index, index);
  };

  get #isInTime(): boolean {
    const { inputs, teardown } = this.#context;
    return isWorthwhile(this.#context.untilTimeLimit(-teardown.search), inputs.fleet.timing.boot);
  }

  /** @throws the last error; a user is told of each. */
  async #launch(lost: number, index: number): Promise<Instance> {
    const { inputs, emit } = this.#context;
    const { run, fleet } = inputs;
    const { signal } = this.#over;
    for (let attempt = 1; ; attempt++) {
      try {
        if (!fleet.launchReplacement) throw new TypeError(`${fleet.name} launches no replacements`);
        const lifetime = this.#context.untilTimeLimit(fleet.timing.grace);
        const notice = (message: string): void => this.#context.warn(message);
        const instance = await fleet.launchReplacement({ run, index, lifetime, notice }, signal);
        signal.throwIfAborted();
        emit('instance.replaced', { instance: lost, replacement: index });
        noteLaunched(this.#context, [instance]);
        return instance;
      } catch (error) {
        if (signal.aborted) throw error;
        const isHopeless = error instanceof CndError && error.code === 'not-launched-here';
        const isLast = isHopeless || attempt === attempts || !this.#isInTime;
        const what = `no replacement for #${lost} could be launched: ${messageOf(error)}`;
        this.#context.warn(isLast ? what : `${what}; retrying`);
        if (isLast) throw error;
        await pause(backoff(attempt + 2), signal);
      }
    }
  }
}
