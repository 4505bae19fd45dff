import { readFileSync } from 'node:fs';
import { orphans } from '../helper/process.ts';

/** The kinds of processes that a run has besides its controller. */
export type Kind = 'host' | 'watchdog' | 'agent' | 'kernel' | 'guard' | 'session' | 'attach' | 'switch';

/** The processes of a run of one kind, in the order of their pids: as the system shows them, by no code of src/. */
export function targets(run: string, kind: Kind): number[] {
  return orphans(run)
    .map((line) => Number(line.split(/\s+/, 1)[0]))
    .filter((pid) => kindOf(pid) === kind)
    .toSorted((a, b) => a - b);
}

function kindOf(pid: number): Kind | undefined {
  let command: string;
  let name: string;
  try {
    command = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
    name = readFileSync(`/proc/${pid}/comm`, 'latin1').trim();
  } catch {
    return undefined; // gone
  }
  if (/cnd-local-host|host\/host\.js/.test(command)) return 'host';
  if (/cnd-local-watchdog|watchdog\.js/.test(command)) return 'watchdog';
  if (/cnd-switch\[/.test(command)) return 'switch';
  if (/kernel-stand-in\.py|pow\.py/.test(command)) return 'kernel';
  if (name === 'cnd-agent' || (/flood-agent\.py/.test(command) && !/sh -c/.test(command))) return 'agent';
  if (/attach\.py/.test(command) && !/sh -c/.test(command)) return 'attach';
  // The boot arms one, and goes on.
  if (/echo armed/.test(command) && !/attach\.py/.test(command)) return 'guard';
  return command.startsWith('/bin/sh -c') ? 'session' : undefined;
}
