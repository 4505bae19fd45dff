/** Flags and positional arguments as the parser gives them. */
export type Arguments = Readonly<Record<string, unknown>>;

/** Does what a command is for and gives the exit code. */
export type Handler = (given: Arguments) => Promise<number>;

/** What can stand in a place on the command line, for completion. */
export type ValueKind =
  | 'any-run'
  | 'archived-run'
  | 'directory'
  | 'file'
  | 'fleet'
  | 'kernel'
  | 'live-run'
  | 'outcome'
  | 'scheme'
  | 'shell'
  | 'unit';

/** A flag of a command. Its value is taken as text: yargs would make numbers of some and lose digits. */
export interface Flag {
  /** Without the dashes. */
  readonly name: string;
  readonly alias?: string;
  /** It has no value. */
  readonly boolean?: true;
  readonly describe: string;
  /** A kind of values, or the only words there are. */
  readonly values?: ValueKind | readonly string[];
  /** The heading that `--help` has it below; by default `Options:`. */
  readonly group?: string;
}

/** An argument without a flag. */
export interface Positional {
  readonly name: string;
  readonly describe: string;
  readonly optional?: true;
  /** Takes all the rest, as a list. */
  readonly many?: true;
  readonly values?: ValueKind;
}

/** A command, as data: the parser, `--help`, the suggestions and the completion all read this one description. */
export interface Command {
  readonly name: string;
  readonly describe: string;
  readonly positionals?: readonly Positional[];
  readonly flags: readonly Flag[];
  /** Command lines, each with what it does. */
  readonly examples: readonly (readonly [line: string, does: string])[];
  /** Imports what the command needs, only when it runs: `cnd --help` must not wait for SDKs and ssh2. */
  readonly load: () => Promise<Handler>;
}

/** Commands under one name, like `cnd logs ls`; the first is also what the name alone means. */
export interface CommandGroup {
  readonly name: string;
  readonly describe: string;
  readonly commands: readonly [Command, ...Command[]];
}

/** The flag that every command has. */
export const verboseFlag: Flag = {
  name: 'verbose',
  boolean: true,
  describe: 'print more detail, with stack traces of errors',
};

/** The flag of commands that read the configuration. */
export const configFlag: Flag = {
  name: 'config',
  describe: 'configuration file [default: cnd.config.json]',
  values: 'file',
};

/** Whether this name stands for several commands. */
export function isGroup(entry: Command | CommandGroup): entry is CommandGroup {
  return 'commands' in entry;
}
