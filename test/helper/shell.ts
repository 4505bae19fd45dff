import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Workspace } from './cnd.ts';
import { isAvailable } from './available.ts';

const bin = fileURLToPath(new URL('../../bin/cnd.js', import.meta.url));

/** Whether a shell is here. In CI it must be, so that its tests are never skipped unseen. */
export function hasShell(name: string): boolean {
  const isHere = spawnSync(name, ['--version']).status === 0;
  return isAvailable(isHere ? undefined : `${name} is missing (Debian package ${name})`);
}

/** Runs a shell as a user has it, with `cnd` on its PATH, and gives what it printed. */
export function runShell(place: Workspace, command: readonly string[], env: NodeJS.ProcessEnv = {}): string {
  const path = join(place.directory, 'bin');
  mkdirSync(path, { recursive: true });
  try {
    symlinkSync(bin, join(path, 'cnd'));
  } catch {
    // It is there from an earlier call.
  }
  const [file = '', ...args] = command;
  const { status, stdout, stderr } = spawnSync(file, args, {
    cwd: place.directory,
    encoding: 'utf8',
    timeout: 25_000,
    env: {
      ...process.env,
      PATH: `${path}:${process.env['PATH'] ?? ''}`,
      HOME: place.directory,
      XDG_STATE_HOME: place.state,
      ...env,
    },
  });
  if (status !== 0 || stderr !== '') throw new Error(`${command.join(' ')}: ${status} ${stderr}${stdout}`);
  return stdout;
}
