import { rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { keptSettings } from '../../config/resumed.ts';
import type { RunningSearch } from '../../engine/engine.ts';
import { messageOf } from '../../error.ts';
import type { Checkpoint } from '../../event/checkpoint.ts';
import { checkpointName, recordName } from '../../event/file-name.ts';
import { replaceFile } from '../../file.ts';
import type { RunContext } from '../context.ts';
import { expiryOf } from '../note.ts';
import { configFields } from './record.ts';
import { coverageOfNone } from './earlier.ts';

/** Seconds between two checkpoints: at least, since each may be an upload; and where none are asked for. */
const interval = { shortest: 1, usual: 30 };

/**
 * Keeps a checkpoint beside the journal, from which an unfinished run can be resumed: before the launch, when that has answered,
 * and every so many seconds; and, where that is asked for, in the bucket, for another machine. What goes wrong with it costs
 * the checkpoint, never the run.
 */
export class Checkpoints {
  readonly #context: RunContext;
  readonly #over = new AbortController();
  readonly #stopTicking: () => void;
  #search: RunningSearch | undefined;
  #saving: Promise<void> | undefined;
  #isDue = false;
  #hasRecord = false;
  #told = '';

  constructor(context: RunContext) {
    this.#context = context;
    const { clock, config } = context.inputs;
    const { shortest, usual } = interval;
    const seconds = config.checkpoint > 0 ? Math.max(shortest, config.checkpoint) : usual;
    this.#stopTicking = clock.every(seconds * 1000, () => this.save());
  }

  /** Whose coverage it is from now on. */
  follow(search: RunningSearch): void {
    this.#search = search;
  }

  /** Saves one, and another one where that was asked for meanwhile; nobody waits for it. */
  save(): void {
    if (this.#over.signal.aborted) return;
    this.#isDue = true;
    this.#saving ??= this.#saveAll();
  }

  /** No more are saved. */
  async stop(): Promise<void> {
    this.#stopTicking();
    this.#over.abort();
    await this.#saving;
  }

  /** The record says it all from now on. What was uploaded stays beside it. */
  async end(): Promise<void> {
    await this.stop();
    await rm(join(this.#context.folder, checkpointName), { force: true }).catch(() => {});
  }

  /** Never rejects. */
  async #saveAll(): Promise<void> {
    while (this.#isDue && !this.#over.signal.aborted) {
      this.#isDue = false;
      try {
        await this.#save();
        this.#told = '';
      } catch (error) {
        if (!this.#over.signal.aborted)
          this.#warn(`the checkpoint cannot be stored: ${messageOf(error)}; retrying`);
      }
    }
    this.#saving = undefined;
  }

  async #save(): Promise<void> {
    const { folder, inputs } = this.#context;
    const { run, archive, config } = inputs;
    const path = join(folder, checkpointName);
    await replaceFile(path, `${JSON.stringify(checkpointOf(this.#context, this.#search))}\n`);
    if (!archive.spool || config.checkpoint === 0) return;
    const { signal } = this.#over;
    await archive.store(run, checkpointName, path, { signal });
    // Without its record a run is listed as damaged.
    if (!this.#hasRecord) await archive.store(run, recordName, join(folder, recordName), { signal });
    this.#hasRecord = true;
  }

  /** Once, while it stays the same, and where somebody relies on it. */
  #warn(message: string): void {
    if (this.#told === message || this.#context.inputs.config.checkpoint === 0) return;
    this.#told = message;
    this.#context.warn(message);
  }
}

/** What is known of a run now, of what another machine needs. */
function checkpointOf(context: RunContext, search: RunningSearch | undefined): Checkpoint {
  const { run, config, fleet, clock, earlier } = context.inputs;
  const startedAt = context.startedAt();
  const { N, T, puzzle, from, limit, chunk, smallest, kernel } = configFields(config);
  const {
    ranges: _,
    rangesCut: __,
    tested: ___,
    ...coverage
  } = search?.coverage() ?? coverageOfNone(config.space, earlier);
  const best = search?.best ?? earlier?.candidate;
  return {
    schema: 1,
    run,
    savedAt: new Date(clock.wall()).toISOString(),
    startedAt: startedAt.toISOString(),
    expiresAt: expiryOf(startedAt, config.timeLimit, fleet).toISOString(),
    host: hostname(),
    ...(fleet.where !== undefined && { where: fleet.where }),
    ...(fleet.account !== undefined && { account: fleet.account }),
    instances: context.launched.map(({ index, id }) => ({ index, id })),
    config: {
      N,
      T,
      fleet: config.fleet,
      puzzle,
      from,
      limit,
      chunk,
      smallest,
      kernel,
      settings: keptSettings(config.fleetKind, config.fleetConfig),
    },
    coverage,
    ...(best && { hit: { nonce: `${best.nonce}`, digest: best.digest } }),
  };
}
