import type { Interrupts } from '../../run/interrupt.ts';
import { signalExitCodes } from '../interruptible.ts';

/**
 * Turns signals, and bugs that nothing caught, into interruptions: whatever happens, the cleanup runs. It stays so until
 * the process ends: a late Ctrl-C must not change the exit code of a run that is over.
 */
export function interruptOnSignals(
  interrupts: Interrupts,
  scrammedBy: () => Promise<string | undefined>,
): void {
  for (const [name, exitCode] of Object.entries(signalExitCodes)) {
    if (name !== 'SIGTERM') process.on(name, () => interrupts.raise({ name, exitCode }));
    else
      process.on(name, () => {
        void scrammedBy().then((by) => {
          interrupts.raise({ name: by === undefined ? name : `scrammed by ${by}`, exitCode });
        });
      });
  }
  const bug = (error: unknown): void => {
    const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
    interrupts.raise({ name: `internal error: ${words}`, exitCode: 1 });
  };
  process.on('uncaughtException', bug);
  process.on('unhandledRejection', bug);
}
