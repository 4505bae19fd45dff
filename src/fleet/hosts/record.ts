import { lstat, readdir, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { CndError, isMissing, messageOf } from '../../error.ts';
import { withFileErrors } from '../../file-error.ts';
import { makeDirectory, readTextFile, replaceFile } from '../../file.ts';
import type { RunId } from '../../run-id.ts';
import { listStateRuns } from '../../state/run-state.ts';
import { makeStateRoot, removeBelow, stateDirectory, statePlace, stateRoot } from '../../state/state.ts';
import { hostSchema } from './host.ts';

const record = z.object({ run: z.string(), expiresAt: z.iso.datetime(), hosts: z.array(hostSchema) });

/** The list's file. */
const listName = 'hosts.json';

/** Which hosts a run uses, in the order of its workers. */
export type HostsRecord = z.output<typeof record>;

/** What is known of a host of a run: `armed` once something may be there, `released` once nothing is any more. */
export type Mark = 'armed' | 'released';

/**
 * What is kept of the hosts of one user's runs while they last, below `<state>/<run>/hosts`: any `cnd` of this user can
 * clean up by it. The list is one file; marks are files of their own, so that two processes never overwrite each other's.
 */
export class HostsState {
  readonly #env: NodeJS.ProcessEnv;

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  /** Keeps a run's list, in one step, so that nobody ever reads half of it, and so that it outlives a power cut. */
  async write(kept: HostsRecord): Promise<void> {
    const directory = this.directory(kept.run);
    await makeStateRoot(this.#env);
    await withFileErrors(statePlace(this.#env), directory, 'written', async () => {
      await makeDirectory(directory, 0o700);
      await replaceFile(join(directory, listName), JSON.stringify(kept), { sync: true });
    });
  }

  /**
   * A run's list; undefined when there is none, and nothing that tells of one.
   * @throws CndError `hosts-damaged` when it cannot be read: then nobody knows where something of the run may be.
   */
  async read(run: string): Promise<HostsRecord | undefined> {
    const directory = this.directory(run);
    try {
      const kept = record.parse(JSON.parse(await readTextFile(join(directory, listName))));
      if (kept.run !== run) throw new Error(`it belongs to another run, ${JSON.stringify(kept.run)}`);
      return kept;
    } catch (cause) {
      if (isMissing(cause) && !(await hasMarks(directory))) return undefined;
      const what = isMissing(cause) ? 'is missing' : `cannot be read: ${messageOf(cause)}`;
      throw new CndError('hosts-damaged', `the list of hosts of run ${run} ${what}`, {
        about: join(directory, listName),
        hint: `its hosts clean up by themselves 5 s after T; once you have checked that they have: rm -r ${directory}`,
        cause,
      });
    }
  }

  /** The runs that have a list, and those whose list cannot be read. @throws CndError when they cannot be listed. */
  async list(): Promise<{ records: HostsRecord[]; damaged: { run: RunId; error: unknown }[] }> {
    const records: HostsRecord[] = [];
    const damaged: { run: RunId; error: unknown }[] = [];
    for (const run of await listStateRuns(this.#env)) {
      try {
        const kept = await this.read(run);
        if (kept) records.push(kept);
      } catch (error) {
        damaged.push({ run, error });
      }
    }
    return { records, damaged };
  }

  /** Notes what is true of a host from now on. @throws when the run was disposed of. */
  async mark(run: string, index: number, mark: Mark): Promise<void> {
    const other: Mark = mark === 'armed' ? 'released' : 'armed';
    await replaceFile(this.#mark(run, index, mark), '');
    await removeBelow(stateRoot(this.#env), this.#mark(run, index, other));
  }

  /** A host on which something may be counts as armed, whatever else is noted. @throws when that cannot be seen. */
  async marked(run: string, index: number): Promise<Mark | undefined> {
    if (await isThere(this.#mark(run, index, 'armed'))) return 'armed';
    return (await isThere(this.#mark(run, index, 'released'))) ? 'released' : undefined;
  }

  /** Forgets a run, and its directory if nothing else is in it; idempotent. @throws CndError when its list is damaged. */
  async remove(run: string): Promise<void> {
    const directory = this.directory(run);
    await this.read(run);
    await removeBelow(stateRoot(this.#env), directory);
    await rmdir(dirname(directory)).catch(() => {});
  }

  /** Where a run's list and marks are. */
  directory(run: string): string {
    return join(stateDirectory(run, this.#env), 'hosts');
  }

  #mark(run: string, index: number, mark: Mark): string {
    return join(this.directory(run), `${index}.${mark}`);
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Whether a directory without a list was one of a run. */
async function hasMarks(directory: string): Promise<boolean> {
  try {
    return (await readdir(directory)).some((name) => /^\d+\.(armed|released)$/.test(name));
  } catch (error) {
    return !isMissing(error);
  }
}
