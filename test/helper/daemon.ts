import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Undefined once a server has said on stderr that it listens, or all that it said before it ended. */
export function untilListening(child: ChildProcess, words: string): Promise<string | undefined> {
  const said: string[] = [];
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('exit', () => resolve(said.join(' ')));
    if (child.stderr === null) throw new TypeError('the server was started without a pipe');
    createInterface(child.stderr).on('line', (line) => {
      said.push(line);
      if (line.includes(words)) resolve(undefined);
    });
  });
}

/** Kills a server, if it still runs, and waits until it is dead. */
export async function killServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}
