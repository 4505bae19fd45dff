import { mkdtemp, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UsageError, isMissing, messageOf } from '../error.ts';
import { stateRoot } from './state.ts';

/**
 * Makes sure that the live state of runs can be kept, and gives where; leaves nothing there, and makes no directory.
 * @throws UsageError
 */
export async function probeState(env: NodeJS.ProcessEnv): Promise<string> {
  const root = stateRoot(env);
  try {
    await rm(await mkdtemp(join(await nearestDirectory(root), '.cnd-probe-')), { recursive: true });
    return root;
  } catch (error) {
    const message = `the state directory ${root} cannot be written: ${messageOf(error)}`;
    throw new UsageError('state-unwritable', message, {
      about: 'XDG_STATE_HOME',
      hint: 'free some space or permissions there, or set XDG_STATE_HOME to another directory',
      cause: error,
    });
  }
}

/** The directory itself, or the nearest above it that exists. */
async function nearestDirectory(path: string): Promise<string> {
  const found = await stat(path).catch((error: unknown) => {
    if (!isMissing(error) || dirname(path) === path) throw error;
    return undefined;
  });
  return found ? path : nearestDirectory(dirname(path));
}
