import { onceAborted, unlessAborted } from '../wait.ts';

/** Exit codes are 128 + the signal's number (POSIX shells). SIGQUIT is Ctrl-\, which would otherwise leave a run without its controller. */
export const signalExitCodes = { SIGHUP: 129, SIGINT: 130, SIGQUIT: 131, SIGTERM: 143 } as const;

/**
 * Runs a command that has nothing to clean up but its child processes: at the first signal its own is aborted, and its exit
 * code is the signal's. Gives the exit code.
 */
export async function interruptible(task: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const controller = new AbortController();
  const { signal } = controller;
  let exitCode: number | undefined;
  const listeners = Object.entries(signalExitCodes).map(([name, code]) => {
    const listener = (): void => {
      exitCode ??= code;
      controller.abort(new Error(name));
    };
    process.on(name, listener);
    return () => process.off(name, listener);
  });
  // Node ends a process that waits for nothing but promises.
  const alive = setInterval(() => {}, 60_000);
  onceAborted(signal, () => clearInterval(alive));
  try {
    return await unlessAborted(task(signal), signal);
  } catch (error) {
    if (exitCode !== undefined) return exitCode;
    throw error;
  } finally {
    clearInterval(alive);
    for (const off of listeners) off();
  }
}
