import { within } from '../wait.ts';
import type { TextOutput } from './output.ts';

/** Milliseconds for which the result waits for stderr, which may be the same terminal: it comes below what is there. */
const delay = 700;

/** Writes the result of a run to stdout, if there is one; resolves once it is written, with whether there is. */
export async function writeResult(
  { stdout, stderr }: { readonly stdout: TextOutput; readonly stderr: TextOutput },
  result: string | undefined,
): Promise<boolean> {
  await within(delay, stderr.drain());
  stdout.write(result ?? '');
  await stdout.drain();
  return result !== undefined;
}
