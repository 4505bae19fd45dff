import { type ChildProcess, spawn } from 'node:child_process';

/**
 * A process that copies its stdin to a terminal, from the background, too: after `stty tostop` that would stop the whole process
 * group (SIGTTOU), were it not for a writer that ignores the signal, as Node itself cannot.
 */
export function spawnWriter(terminal: number): ChildProcess {
  return spawn('sh', ['-c', "trap '' INT QUIT HUP TSTP TTOU; exec cat"], {
    stdio: ['pipe', terminal, 'ignore'],
  });
}

/** Writes to a terminal from the background, and calls `settle` when that is done, without an error or with one. */
export function writeFromBackground(
  terminal: number,
  bytes: Uint8Array,
  settle: (error: NodeJS.ErrnoException | null) => void,
): void {
  const writer = spawnWriter(terminal);
  let settled = false;
  const end = (failed: boolean): void => {
    if (settled) return;
    settled = true;
    settle(failed ? Object.assign(new Error('the terminal cannot be written'), { code: 'EIO' }) : null);
  };
  writer.on('error', () => end(true)).on('exit', (code) => end(code !== 0));
  writer.stdin?.on('error', () => {});
  writer.stdin?.end(bytes);
}
