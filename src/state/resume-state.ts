import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../error.ts';
import { readTextFile, replaceFile } from '../file.ts';
import { stateDirectory } from './state.ts';

// What another controller needs to go on with a run, beside `state.json`, which tells everybody that there is one. Each
// controller has a file of its own, by its epoch: one that was superseded can't overwrite what its successor keeps.

/** The longest that is read, in bytes: some thousands of instances, each with many parts of chunks. */
const longest = 1 << 28;

function resumeName(epoch: number): string {
  return `resume-${epoch}.json`;
}

/** The epoch in the name of such a file; undefined for any other name. Pure. */
export function resumeEpoch(name: string): number | undefined {
  const [, epoch] = /^resume-([1-9]\d{0,8})\.json$/.exec(name) ?? [];
  return epoch === undefined ? undefined : Number(epoch);
}

/** Keeps it, whole or not at all, and so that it outlives a crash of the machine. @throws the error of the file system */
export async function writeResumeState(
  run: string,
  epoch: number,
  text: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  await replaceFile(join(stateDirectory(run, env), resumeName(epoch)), text, { sync: true });
}

/** What the last controller of a run kept; undefined when none came so far. @throws the error of the file system */
export async function readResumeState(run: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const directory = stateDirectory(run, env);
  try {
    const epoch = Math.max(0, ...(await readdir(directory)).map((name) => resumeEpoch(name) ?? 0));
    if (epoch === 0) return undefined;
    return await readTextFile(join(directory, resumeName(epoch)), { limit: longest });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
