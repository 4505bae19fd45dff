import { readyHelp } from './command/help/ready.ts';
import { causeLines, causesOf, keptCauses, CndError, UsageError } from './error.ts';
import { redact } from './redact.ts';
import { printable } from './text.ts';
import { closeForeignTerminals, terminalsHeld } from './view/display/hangup.ts';

// The only place that exits. What a command needs is imported when it runs: `cnd --help` must not wait for SDKs and ssh2,
// and completion, which answers at every TAB, not even for the parser.

const words = process.argv.slice(2);
const isVerbose = words.includes('--verbose');
const held = terminalsHeld();
/** Why stdout takes nothing any more. */
let stdoutError: NodeJS.ErrnoException | undefined;
process.stdout.on('error', (error) => (stdoutError ??= error));
process.stderr.on('error', () => {});
// What Node.js and packages warn of (deprecations, many listeners) is for whoever works on cnd.
if (!isVerbose) process.removeAllListeners('warning');
void main();

async function main(): Promise<void> {
  let exitCode: number;
  let reported: unknown;
  try {
    exitCode = await perform();
  } catch (error) {
    exitCode = report(error);
    reported = error;
  }
  if (isVerbose) reportKept(reported);
  await flush();
  exitCode = judgeStdout(exitCode);
  closeForeignTerminals(held);
  process.exit(exitCode);
}

async function perform(): Promise<number> {
  if (words[0] === '__complete')
    return (await import('./command/completion/query.ts')).answer(words.slice(1));
  const help = readyHelp(words, process.stdout.columns);
  if (help !== undefined) {
    process.stdout.write(help);
    return 0;
  }
  requireDirectory();
  (await import('./command/compile-cache/compile-cache.ts')).keepCompiledCode(process.env);
  return (await import('./command/parser.ts')).runCommandLine(words);
}

/**
 * Where the current directory was removed nothing relative to it can be found: what looks for runs wherever they were started does without.
 * @throws UsageError `no-directory`
 */
function requireDirectory(): void {
  try {
    process.cwd();
  } catch (cause) {
    if (!words.some((word) => word === 'scram' || word === 'ps'))
      throw new UsageError('no-directory', 'the current directory does not exist any more', {
        hint: 'change to one that exists: cd',
        cause,
      });
    process.chdir('/');
  }
}

/** Tells the user about an error, with its stack only where asked for or where it is a bug; gives the exit code. */
function report(error: unknown): number {
  if (hasTooManyFiles(error)) {
    process.stderr.write('cnd: too many open files\n     raise the limit: ulimit -n 1024\n');
    return 1;
  }
  if (!(error instanceof CndError)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`cnd: internal error: ${redact(stack)}\n${causeLines(error)}`);
    return 1;
  }
  process.stderr.write(`cnd: ${shown(error.message)}\n`);
  if (error.hint) process.stderr.write(`     ${shown(error.hint)}\n`);
  if (isVerbose) process.stderr.write(`${redact(error.stack ?? '')}\n${causeLines(error)}`);
  return error.exitCode;
}

/** A module that cannot be loaded for that says so, too. */
function hasTooManyFiles(error: unknown): boolean {
  const code = error instanceof Error && !(error instanceof CndError) && 'code' in error ? error.code : '';
  return code === 'EMFILE' || code === 'ENFILE';
}

/** What caused errors that were told as a warning, a check or the end of a run: nothing else tells it. */
function reportKept(reported: unknown): void {
  const told = new Set(causesOf(reported));
  for (const error of keptCauses())
    if (!told.has(error)) process.stderr.write(`cnd: ${error.message}\n${causeLines(error)}`);
}

/** A message may quote what a host or a file said; it may have lines, and nothing else that moves the cursor. */
function shown(text: string): string {
  const lines = text.split('\n').map((line) => printable(line, Number.MAX_SAFE_INTEGER));
  return lines.join('\n');
}

/** What stdout did not take was not done, whatever else was; a reader that left (`cnd ps | head -1`) has what it wanted. */
function judgeStdout(code: number): number {
  if (stdoutError === undefined || stdoutError.code === 'EPIPE' || stdoutError.code === 'EIO') return code;
  process.stderr.write(`cnd: stdout cannot be written: ${stdoutError.message}\n`);
  return code === 0 ? 1 : code;
}

/** process.exit drops what a pipe has not taken yet. */
async function flush(): Promise<void> {
  await Promise.all(
    [process.stdout, process.stderr].map(
      (stream) =>
        new Promise<void>((resolve) => {
          if (stream.destroyed || stream.writableLength === 0) return setImmediate(resolve);
          stream.once('error', () => resolve());
          stream.write('', () => resolve());
          return undefined;
        }),
    ),
  );
}
