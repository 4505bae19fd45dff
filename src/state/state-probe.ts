import { mkdtemp, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isMissing } from '../error.ts';
import { fileUsageError } from '../file-error.ts';
import { requireHome, statePlace, stateRoot } from './state.ts';

/**
 * Makes sure that the live state of runs can be kept, and gives where; leaves nothing there, and makes no directory.
 * @throws UsageError `state-unusable`
 */
export async function probeState(env: NodeJS.ProcessEnv): Promise<string> {
  const root = stateRoot(env);
  try {
    await requireHome(env);
    await rm(await mkdtemp(join(await nearestDirectory(root), '.cnd-probe-')), { recursive: true });
    return root;
  } catch (error) {
    throw fileUsageError(error, statePlace(env), root, 'written');
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
