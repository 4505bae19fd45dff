import { spawn } from 'node:child_process';

/**
 * Text to stderr, by a process that may block there, for so many milliseconds at most. It may write to the terminal from
 * the background, whatever `stty tostop` says. Never rejects.
 */
export function writeStderr(text: string, timeout: number): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn('sh', ['-c', "trap '' INT HUP TSTP TTOU; exec cat"], {
      stdio: ['pipe', 2, 'ignore'],
    });
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
