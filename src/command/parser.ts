import { version } from '../package.ts';
import { readCommandLine } from './command-line.ts';
import { helpText } from './help.ts';
import { commands } from './registry/registry.ts';

/** Columns of help at most: longer lines are hard to read. */
const widest = 100;

/** Runs the command that the command line asks for; gives the exit code. @throws UsageError and what commands throw. */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  const request = readCommandLine(words, commands);
  if (request.kind === 'run') {
    const handler = await request.command.load();
    return handler(request.given);
  }
  const columns = Math.min(widest, process.stdout.columns ?? widest);
  process.stdout.write(request.kind === 'help' ? helpText(request.place, commands, columns) : `${version}\n`);
  return 0;
}
