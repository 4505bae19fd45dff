import yargs, { type Argv } from 'yargs';
import { doctorOptions } from './command/doctor-options.ts';
import { narrowingOptions } from './command/narrowing.ts';
import { startOptions } from './command/start-options.ts';
import { nearest } from './config/nearest.ts';
import { settingNames } from './config/setting.ts';
import { CndError, UsageError, messageOf } from './error.ts';

// The only place that exits. Commands are imported when they run: `cnd --help` must not wait for SDKs and ssh2.

type Flags = Readonly<Record<string, unknown>>;

/** What a command gives back: the exit code. */
type Handler = (flags: Flags) => Promise<number>;

const commands = ['start', 'scram', 'ps', 'doctor'] as const;
const flagNames = [
  ...settingNames.flatMap(({ flag, alias }) => (alias ? [flag, alias] : [flag])),
  'run',
  'everyone',
  'dry-run',
  'json',
  'verbose',
  'config',
  'help',
  'version',
].map((name) => `--${name}`);

const flags = process.argv.slice(2);
let exitCode = 0;

/** Runs a command's handler and keeps its exit code. */
const dispatch = (load: () => Promise<Handler>) => async (given: Flags) => {
  refuseRepeated(given);
  const handler = await load();
  exitCode = await handler(given);
};

const parser = yargs(flags)
  .scriptName('cnd')
  .usage(
    '$0 <command>\n\nFinds a golden nonce with a fleet of machines that it launches and always tears down.',
  )
  .command(
    'start',
    'launch a fleet, search, stop at the golden nonce, terminate everything',
    startOptions,
    dispatch(async () => (await import('./command/start.ts')).start),
  )
  .command(
    'scram',
    'emergency shutdown: terminate everything that cnd launched',
    (command: Argv) =>
      narrowingOptions(command)
        .option('run', { type: 'string', describe: 'only this run' })
        .option('everyone', { type: 'boolean', describe: 'also what others launched in this account' })
        .option('dry-run', { type: 'boolean', describe: 'show what would be terminated' })
        .option('verbose', { type: 'boolean', describe: 'say more, with stacks of errors' })
        .example('cnd scram', 'terminate everything, here and on EC2 in every region')
        .example('cnd scram --run 20261120-081103-x7k2', 'terminate one run'),
    dispatch(async () => (await import('./command/scram.ts')).scram),
  )
  .command(
    'ps',
    'show what is running',
    (command: Argv) =>
      narrowingOptions(command)
        .option('json', { type: 'boolean', describe: 'a JSON array on stdout' })
        .option('verbose', { type: 'boolean', describe: 'say more, with stacks of errors' })
        .example('cnd ps', 'every run of this user that still has instances'),
    dispatch(async () => (await import('./command/ps.ts')).ps),
  )
  .command(
    'doctor',
    'check what a start needs, and create nothing',
    doctorOptions,
    dispatch(async () => (await import('./command/doctor.ts')).doctor),
  )
  .demandCommand(1, 'a command is missing')
  .strict()
  .locale('en')
  .parserConfiguration({ 'camel-case-expansion': false, 'dot-notation': false, 'boolean-negation': false })
  .version((await import('./version.ts')).version)
  .help()
  .alias('h', 'help')
  .wrap(Math.min(100, process.stdout.columns ?? 100))
  .exitProcess(false)
  .fail((message: string | null, error: unknown) => {
    throw error instanceof Error ? error : usage(message ?? 'the command line cannot be understood');
  });

try {
  await parser.parseAsync();
} catch (error) {
  exitCode = report(error);
}
await flush();
process.exit(exitCode);

/** yargs collects a flag that is given twice into an array; which one was meant is not for us to guess. */
function refuseRepeated(given: Flags): void {
  for (const [flag, value] of Object.entries(given)) {
    if (flag === '_' || !Array.isArray(value)) continue;
    const name = flag.length === 1 || flag.length > 2 ? `--${flag}` : `-${flag}`;
    throw new UsageError('repeated-flag', `${name} is given twice: ${value.map(String).join(' and ')}`, {
      about: flag,
      hint: 'give it once',
    });
  }
}

/** yargs' words for a command line that it cannot understand, made into ours. */
function usage(message: string): UsageError {
  const command = flags.find((flag) => !flag.startsWith('-'));
  const known = commands.find((name) => name === command);
  const help = `see cnd${known ? ` ${known}` : ''} --help`;
  const stray = /^Unknown (?:argument|command)s?: ([^,]*)/.exec(message)?.[1];
  if (stray === undefined) return new UsageError('usage', message, { hint: help });
  if (!known) return unknown(stray, 'command', commands, help);
  const isFlag = flags.some(
    (flag) => flag.replace(/^-+/, '').split('=')[0] === stray && flag.startsWith('-'),
  );
  return isFlag ? unknown(`--${stray}`, 'flag', flagNames, help) : unknown(stray, 'argument', [], help);
}

function unknown(given: string, what: string, valid: readonly string[], help: string): UsageError {
  const near = nearest(given, valid);
  const hint = near ? `did you mean ${near}? ${help}` : help;
  return new UsageError(
    `unknown-${what}`,
    `${given} is not a${what === 'argument' ? 'n' : ''} ${what} of cnd`,
    { about: given, hint },
  );
}

/** Tells the user about an error, with its stack only where asked for or where it is a bug; gives the exit code. */
function report(error: unknown): number {
  const verbose = flags.includes('--verbose');
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
