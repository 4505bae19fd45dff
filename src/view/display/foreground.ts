import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Whether this process may read and set its terminal: its process group is the terminal's foreground one. */
export function isForeground(): boolean {
  const { group, foreground } = processGroups();
  return group !== undefined && group === foreground;
}

/**
 * Whether this process has a terminal that is another process group's now (`cnd start &`, `bg`): setting it, reading it, and
 * after `stty tostop` writing to it, stops the whole group (SIGTTOU, SIGTTIN), the controller with its clock included.
 */
export function isBackground(): boolean {
  const { group, foreground } = processGroups();
  return foreground !== undefined && Number(foreground) > 0 && group !== foreground;
}

/** The process group of this process, and the foreground one of its terminal: below 1 where it has no terminal. */
function processGroups(): { readonly group?: string | undefined; readonly foreground?: string | undefined } {
  try {
    // pid (name) state ppid pgrp session tty_nr tpgid; a name may hold anything.
    const text = readFileSync('/proc/self/stat', 'utf8');
    const [, , group, , , foreground] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { group, foreground };
  } catch {
    const ps = spawnSync('ps', ['-o', 'pgid=,tpgid=', '-p', String(process.pid)], { encoding: 'utf8' });
    const [group, foreground] = (ps.stdout ?? '').trim().split(/\s+/);
    return { group: group || undefined, foreground };
  }
}
