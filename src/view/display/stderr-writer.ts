import { spawnWriter } from './background-write.ts';

/**
 * Text to stderr, by a process that may block there, for so many milliseconds at most. It may write to the terminal from
 * the background, whatever `stty tostop` says. Never rejects.
 */
export function writeStderr(text: string, timeout: number): Promise<void> {
  return new Promise((resolve) => {
    const child = spawnWriter(2);
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      child.unref();
      resolve();
    }, timeout);
    const settle = (): void => {
      clearTimeout(timer);
      resolve();
    };
    child.on('error', settle).on('exit', settle);
    child.stdin?.on('error', () => {});
    child.stdin?.end(text);
  });
}
