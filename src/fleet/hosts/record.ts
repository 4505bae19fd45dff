import { access, mkdir, readFile, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { stateDirectory, stateRoot } from '../../state/state.ts';
import { hostSchema } from './host.ts';

const record = z.object({ run: z.string(), expiresAt: z.iso.datetime(), hosts: z.array(hostSchema) });

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

  /** Keeps a run's list, in one step, so that nobody ever reads half of it. */
  async write(kept: HostsRecord): Promise<void> {
    const directory = this.directory(kept.run);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const path = join(directory, 'hosts.json');
    await writeFile(`${path}.new`, JSON.stringify(kept), { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  /** A run's list; undefined when there is none, or it is damaged. */
  async read(run: string): Promise<HostsRecord | undefined> {
    try {
      const text = await readFile(join(this.directory(run), 'hosts.json'), 'utf8');
      return record.safeParse(JSON.parse(text)).data;
    } catch {
      return undefined;
    }
  }

  /** The runs that have a list. */
  async list(): Promise<HostsRecord[]> {
    const names = await readdir(stateRoot(this.#env)).catch(() => []);
    const records = await Promise.all(names.map(async (run) => this.read(run)));
    return records.filter((kept) => kept !== undefined);
  }

  /** Notes what is true of a host from now on. @throws when the run was disposed of. */
  async mark(run: string, index: number, mark: Mark): Promise<void> {
    const other: Mark = mark === 'armed' ? 'released' : 'armed';
    await writeFile(this.#mark(run, index, mark), '', { mode: 0o600 });
    await rm(this.#mark(run, index, other), { force: true });
  }

  /** A host on which something may be counts as armed, whatever else is noted. */
  async marked(run: string, index: number): Promise<Mark | undefined> {
    const there = async (mark: Mark): Promise<boolean> =>
      access(this.#mark(run, index, mark)).then(
        () => true,
        () => false,
      );
    if (await there('armed')) return 'armed';
    return (await there('released')) ? 'released' : undefined;
  }

  /** Forgets a run, and its directory if nothing else is in it; idempotent. */
  async remove(run: string): Promise<void> {
    const directory = this.directory(run);
    await rm(directory, { recursive: true, force: true });
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
