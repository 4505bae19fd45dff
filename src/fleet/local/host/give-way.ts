import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

let queue = Promise.resolve();

/**
 * Lets a command's session give way to the rest of this machine. Where Linux groups processes by session (autogroups,
 * sched(7)), all sessions get the same share of the processor and niceness counts only within each: next to a hundred
 * busy instances `cnd` and the host would be left with a hundredth. Elsewhere it does nothing.
 */
export function giveWay(command: ChildProcess): void {
  if (!lower(command)) queue = queue.then(async () => insist(command));
}

/** Only root may do it as often as it likes; others about ten times a second in all, hence one after the other. */
async function insist(command: ChildProcess): Promise<void> {
  while (!lower(command)) await sleep(110);
}

/** Says whether there is nothing left to do: it worked, cannot work here, or the command is over. */
function lower({ pid, exitCode, signalCode }: ChildProcess): boolean {
  if (pid === undefined || exitCode !== null || signalCode !== null) return true;
  try {
    writeFileSync(`/proc/${pid}/autogroup`, '19', { flag: 'r+' });
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'EAGAIN');
  }
}
