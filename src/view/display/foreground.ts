import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Whether this process may read and set its terminal: its process group is the terminal's foreground one. In the
 * background both stop the whole group (SIGTTIN, SIGTTOU), the controller with its clock included.
 */
export function isForeground(): boolean {
  try {
    // pid (name) state ppid pgrp session tty_nr tpgid; a name may hold anything.
    const text = readFileSync('/proc/self/stat', 'utf8');
    const [, , group, , , foreground] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return group !== undefined && group === foreground;
  } catch {
    const ps = spawnSync('ps', ['-o', 'pgid=,tpgid=', '-p', String(process.pid)], { encoding: 'utf8' });
    const [group, foreground] = (ps.stdout ?? '').trim().split(/\s+/);
    return group !== undefined && group !== '' && group === foreground;
  }
}
