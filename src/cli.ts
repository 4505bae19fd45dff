import { CndError, messageOf } from './error.ts';

// The only place that exits. What a command needs is imported when it runs: `cnd --help` must not wait for SDKs and ssh2,
// and completion, which answers at every TAB, not even for the parser.

const words = process.argv.slice(2);
let exitCode: number;
try {
  exitCode =
    words[0] === '__complete'
      ? await (await import('./command/completion-query.ts')).answer(words.slice(1))
      : await (await import('./command/parser.ts')).runCommandLine(words);
} catch (error) {
  exitCode = report(error);
}
await flush();
process.exit(exitCode);

/** Tells the user about an error, with its stack only where asked for or where it is a bug; gives the exit code. */
function report(error: unknown): number {
  const verbose = words.includes('--verbose');
  if (!(error instanceof CndError)) {
    process.stderr.write(
      `cnd: internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    return 1;
  }
  process.stderr.write(`cnd: ${error.message}\n`);
  if (error.hint) process.stderr.write(`     ${error.hint}\n`);
  if (verbose)
    process.stderr.write(
      `${error.stack ?? ''}\n${error.cause === undefined ? '' : `caused by: ${messageOf(error.cause)}\n`}`,
    );
  return error.exitCode;
}

/** process.exit drops what a pipe has not taken yet. */
async function flush(): Promise<void> {
  await Promise.all(
    [process.stdout, process.stderr].map(
      (stream) =>
        new Promise<void>((resolve) => {
          stream.once('error', () => resolve());
          stream.write('', () => resolve());
        }),
    ),
  );
}
