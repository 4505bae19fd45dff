import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

import type { Ended } from '../cnd.ts';

/**
 * The command that runs a program so that it sees no process but its own. `cnd scram` terminates what it finds by tag, on the
 * whole machine: without this it would end the local runs of other tests, and of whoever else works here.
 */
export function isolation(command: readonly string[]): string[] {
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  return ['unshare', ...user, '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--', ...command];
}

/**
 * Runs a program in such isolation to its end.
 *
 * @param signal Kills it.
 */
export async function isolated(
  command: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<Ended> {
  const [program = '', ...args] = isolation(command);
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  // With unshare everything in its process namespace dies.
  signal?.addEventListener('abort', () => child.kill('SIGKILL'));
  const closed = new Promise<Pick<Ended, 'code' | 'signal'>>((resolve, reject) => {
    child.on('error', reject).on('close', (code, signal) => resolve({ code, signal }));
  });
  const [end, stdout, stderr] = await Promise.all([closed, text(child.stdout), text(child.stderr)]);
  return { ...end, stdout, stderr };
}
