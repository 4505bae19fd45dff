import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** A path as it is written in the configuration: `~/` is the user's home, others are relative to its file. */
export function absolutePath(path: string, directory: string, env: NodeJS.ProcessEnv): string {
  return path.startsWith('~/') ? join(env['HOME'] ?? homedir(), path.slice(2)) : resolve(directory, path);
}
