import { readFile, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { loginKeyName } from '../../state/run-state.ts';
import type { HostRecord } from './record.ts';

/** What the local fleet keeps of a run: the host's record and log, and a directory for each instance. */
export function localDirectory(stateRoot: string, run: string): string {
  return join(stateRoot, run, 'local');
}

/** Writes `host.json` in one step, so that nobody ever reads half of it. */
export async function writeRecord(directory: string, record: HostRecord): Promise<void> {
  const path = join(directory, 'host.json');
  await writeFile(`${path}.new`, JSON.stringify(record), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** The text of `host.json`, or undefined if there is none. */
export async function readRecordText(directory: string): Promise<string | undefined> {
  return readFile(join(directory, 'host.json'), 'utf8').catch(() => undefined);
}

/** The runs that have a directory under a state root, of this fleet or another. */
export async function listRuns(stateRoot: string): Promise<string[]> {
  return readdir(stateRoot).catch(() => []);
}

/** Removes a run's local directory and its login key, which opens nothing more, and the run's own if nothing else is in it. */
export async function removeDirectory(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  await rm(join(dirname(directory), loginKeyName), { force: true });
  await rmdir(dirname(directory)).catch(() => undefined);
}
