import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { freePort } from './ssh-server.ts';

/**
 * Starts a server on a port that is free, and on another where somebody else was faster.
 * @param begin Gives what it has made, or what the server said when it did not start.
 */
export async function onFreePort<T extends object>(begin: (port: number) => Promise<T | string>): Promise<T> {
  for (let tries = 5; ; tries -= 1) {
    const started = await begin(await freePort());
    if (typeof started !== 'string') return started;
    if (tries <= 1 || !/address already in use/i.test(started)) throw new Error(started);
  }
}

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
