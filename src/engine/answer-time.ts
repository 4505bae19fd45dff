import { CndError } from '../error.ts';
import type { Session } from '../session/session.ts';
import { pause } from '../wait.ts';

/** Milliseconds that a command may take whose time is measured, and between two of them. */
const answerTimeout = 5000;
const answerInterval = 5000;

/** Now and then tells how many seconds a command takes. One that cannot be run at all says nothing of others. */
export async function measureAnswers(
  session: Session,
  signal: AbortSignal,
  tell: (seconds: number) => void,
): Promise<void> {
  // How long its start took was told already.
  await pause(answerInterval, signal);
  while (!signal.aborted) {
    const begin = performance.now();
    try {
      await session.exec('true', { signal, timeout: answerTimeout });
      tell((performance.now() - begin) / 1000);
    } catch (error) {
      if (!(error instanceof CndError) || error.code !== 'session-timeout') return;
    }
    await pause(answerInterval, signal);
  }
}
