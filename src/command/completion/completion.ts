import { nearest } from '../../config/nearest.ts';
import { visible } from '../../text.ts';
import { UsageError } from '../../error.ts';
import type { Arguments } from '../command.ts';
import { completionScript, shells } from './script.ts';

/** `cnd completion SHELL`: prints the script that the shell reads at its start; gives the exit code. */
export async function completion(given: Arguments): Promise<number> {
  const wanted = String(given['shell']);
  const shell = shells.find((name) => name === wanted);
  if (!shell) {
    const near = nearest(wanted, shells);
    throw new UsageError('unknown-shell', `'${visible(wanted)}' must be one of ${shells.join(', ')}`, {
      about: 'shell',
      hint: near ? `did you mean: cnd completion ${near}` : 'for example: cnd completion bash',
    });
  }
  process.stdout.write(completionScript(shell));
  return 0;
}
