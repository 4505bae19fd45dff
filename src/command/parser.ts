import yargs, { type Argv } from 'yargs';
import { visible } from '../text.ts';
import { UsageError } from '../error.ts';
import { version } from '../package.ts';
import { unknownVariables } from './start/unknown-variable.ts';
import { settingNames } from '../config/setting.ts';
import { fleetSettings } from '../fleet/setting.ts';
import { type Arguments, type Command, type CommandGroup, type Flag, isGroup } from './command.ts';
import { LiteralWords } from './literal-word.ts';
import { bindValues } from './dashed-value.ts';
import { helpColumns } from './help/ready.ts';
import { commands } from './registry/registry.ts';
import { commandOf, missingCommand, usageError } from './usage-error.ts';

/** Runs the command that the command line asks for; gives the exit code. @throws UsageError and what commands throw. */
export async function runCommandLine(typed: readonly string[]): Promise<number> {
  const words = bindValues(typed, commandOf(typed)?.flags ?? []);
  const literal = new LiteralWords(words);
  const columns = Math.min(helpColumns, process.stdout.columns ?? helpColumns);
  try {
    await parserFor(words, literal, columns).parseAsync();
  } catch (error) {
    if (error instanceof ChosenCommand) return run(error.command, words, error.masked, literal);
    throw error;
  }
  return 0;
}

/**
 * Thrown for the command that was parsed, which is run only then: after a handler that returns yargs renders the help of the
 * command, in case that what it does fails, and that takes longer than all the rest.
 */
class ChosenCommand extends Error {
  readonly command: Command;
  readonly masked: Arguments;

  constructor(command: Command, masked: Arguments) {
    super(command.name);
    this.command = command;
    this.masked = masked;
  }
}

/** The help of the command that these words name, or of all. */
export async function helpOf(path: readonly string[]): Promise<string> {
  const literal = new LiteralWords([...path, '--help']);
  let text = '';
  await parserFor(path, literal, helpColumns).parseAsync([...literal.masked], {}, (_, __, output) => {
    text = output;
  });
  return `${text}\n`;
}

function parserFor(words: readonly string[], literal: LiteralWords, columns: number): Argv {
  const parser = yargs([...literal.masked])
    .scriptName('cnd')
    .usage(
      '$0 <command>\n\nFinds a golden nonce with a fleet of machines that it launches and always tears down.',
    )
    .demandCommand(1, missingCommand)
    .strict()
    .locale('en')
    .parserConfiguration({ 'camel-case-expansion': false, 'dot-notation': false, 'boolean-negation': false })
    .version(version)
    .help()
    .alias('h', 'help')
    .wrap(columns)
    .exitProcess(false)
    .fail((message: string | null, error: unknown) => {
      throw error instanceof Error ? error : usageError(words, literal.restore(message) ?? null);
    });
  const add = (to: Argv, command: Command, isDefault = false): void => {
    const line = [command.name, ...(command.positionals ?? []).map(place)].join(' ');
    to.command(
      isDefault ? [line, '$0'] : line,
      command.describe,
      (argv: Argv) => describe(argv, command),
      (masked: Arguments) => {
        throw new ChosenCommand(command, masked);
      },
    );
  };
  for (const entry of commands) {
    if (!isGroup(entry)) add(parser, entry);
    else
      parser.command(entry.name, entry.describe, (argv: Argv) => {
        for (const [index, command] of entry.commands.entries()) add(argv, command, index === 0);
        return examples(argv, entry);
      });
  }
  return parser;
}

async function run(
  command: Command,
  words: readonly string[],
  masked: Arguments,
  literal: LiteralWords,
): Promise<number> {
  const given = Object.fromEntries(
    Object.entries(masked).map(([name, value]) => [name, literal.restore(value)]),
  );
  refuseRepeated(given, command);
  refuseValued(words, command);
  refuseEmpty(given, command);
  warnOfVariables(given, command);
  const handler = await command.load();
  return handler(given);
}

/** A variable whose name is misspelt would otherwise be ignored without a word. Only where variables count, and once. */
function warnOfVariables(given: Arguments, { flags }: Command): void {
  const names = settingNames(fleetSettings);
  const isSetting = ({ name }: Flag): boolean =>
    names.some(({ flag, variable }) => flag === name && variable !== undefined);
  if (given['quiet'] === true || !flags.some(isSetting)) return;
  for (const words of unknownVariables(process.env, names)) process.stderr.write(`cnd: warning: ${words}\n`);
}

function place({ name, optional, many }: NonNullable<Command['positionals']>[number]): string {
  const words = many ? `${name}..` : name;
  return optional ? `[${words}]` : `<${words}>`;
}

function describe(argv: Argv, command: Command): Argv {
  for (const { name, describe, many } of command.positionals ?? [])
    argv.positional(name, { type: 'string', describe, ...(many && { array: true }) });
  for (const { name, alias, boolean, describe, group } of command.flags)
    argv.option(name, {
      type: boolean ? 'boolean' : 'string',
      describe,
      ...(alias && { alias }),
      ...(group && { group }),
    });
  for (const [line, does] of command.examples) argv.example(line, does);
  return argv;
}

/** One example of each but the first command, whose own are shown with the group's. */
function examples(argv: Argv, group: CommandGroup): Argv {
  for (const [line, does] of group.commands.slice(1).flatMap((command) => command.examples.slice(0, 1)))
    argv.example(line, does);
  return argv;
}

/** yargs collects a flag that is given twice into an array; which one was meant is not for us to guess. */
function refuseRepeated(given: Arguments, { positionals = [] }: Command): void {
  const lists = new Set(['_', ...positionals.filter(({ many }) => many).map(({ name }) => name)]);
  for (const [flag, value] of Object.entries(given)) {
    if (lists.has(flag) || !Array.isArray(value)) continue;
    const name = flag.length === 1 || flag.length > 2 ? `--${flag}` : `-${flag}`;
    throw new UsageError('repeated-flag', `${name} is given twice: ${value.map(String).join(' and ')}`, {
      about: flag,
      hint: 'give it once',
    });
  }
}

/** The flags whose value may be the empty text. */
const mayBeEmpty: ReadonlySet<string> = new Set(['block']);

/** In a script an empty value is a variable that is not set: `cnd scram --region "$REGION"` must not end what is in all regions. */
function refuseEmpty(given: Arguments, { flags }: Command): void {
  const empty = flags.find(({ name }) => given[name] === '' && !mayBeEmpty.has(name));
  if (!empty) return;
  throw new UsageError('flag-value', `--${empty.name} has an empty value`, {
    about: empty.name,
    hint: `give it a value, or omit --${empty.name}`,
  });
}

/** yargs takes `--smallest=maybe` for false without a word. */
function refuseValued(words: readonly string[], { flags }: Command): void {
  for (const word of words) {
    const [, name, value] = /^--([^=]+)=(.*)$/s.exec(word) ?? [];
    if (!flags.some((flag) => flag.boolean && flag.name === name)) continue;
    if (value === 'true' || value === 'false') continue;
    throw new UsageError('flag-value', `--${name} is '${visible(value ?? '')}': it takes no value`, {
      about: name ?? '',
      hint: `say --${name}, or omit it`,
    });
  }
}
