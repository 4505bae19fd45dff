import { readFileSync, readdirSync } from 'node:fs';

/** What a file in /proc says; nothing of a process that has just ended. */
export function readProcess(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The pids, on this machine, of the living processes in the pods of a run: they belong to other users than the tests. */
export function podProcesses(run: string): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => readProcess(`/proc/${pid}/environ`).split('\0').includes(`CND_RUN=${run}`));
}
