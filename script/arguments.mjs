// The arguments of the scripts for developers (bench/, docs/, test/chaos/), read in one way. The comment at the head of a script is its
// help, so that both say the same.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** What the value of a flag may be, by the name that its option gives as `is`. */
const kinds = {
  whole: { pattern: /^\d{1,15}$/, words: 'a whole number' },
  positive: { pattern: /^[1-9]\d{0,14}$/, words: 'a whole number, 1 or more' },
  decimal: { pattern: /^\d{1,15}(\.\d+)?$/, words: 'a number' },
  list: {
    pattern: /^[1-9]\d{0,14}(,[1-9]\d{0,14})*$/,
    words: 'whole numbers, 1 or more, separated by commas',
  },
};

/**
 * Reads the arguments of the script that is run: `--help` prints its head comment and exits with 0; what it does not know, or cannot
 * be a value of a flag (`is` names a kind above, `oneOf` lists the words), is one line on stderr, exit code 2.
 *
 * @template {import('node:util').ParseArgsConfig} T
 * @param {string} script The `import.meta.url` of the script.
 * @param {T} [config] As `parseArgs` of node:util takes it.
 * @returns {ReturnType<typeof parseArgs<T>>}
 */
export function readArguments(script, config) {
  offerHelp(script);
  try {
    const parsed = parseArgs(config);
    for (const [name, option] of Object.entries(config?.options ?? {}))
      refuseWrong(name, option, parsed.values[name]);
    return parsed;
  } catch (error) {
    // What parseArgs says goes on with how to write arguments that nobody has here.
    const [line] = (error instanceof Error ? error.message : String(error)).split(
      /\.? To specify a positional|\.?\n/,
    );
    return refuse(line);
  }
}

/**
 * Prints the head comment of a script and exits with 0, if the arguments ask for help.
 *
 * @param {string} script The `import.meta.url` of the script.
 */
export function offerHelp(script) {
  const words = process.argv.slice(2);
  const end = words.indexOf('--');
  const flags = end === -1 ? words : words.slice(0, end);
  if (!flags.includes('--help') && !flags.includes('-h')) return;
  process.stdout.write(headComment(readFileSync(fileURLToPath(script), 'utf8')));
  process.exit(0);
}

/**
 * Ends the script because of its arguments: exit code 2.
 *
 * @param {string} message
 * @returns {never}
 */
export function refuse(message) {
  process.stderr.write(`${message}; see --help\n`);
  process.exit(2);
}

function refuseWrong(name, { is, oneOf }, value) {
  if (typeof value !== 'string') return;
  const shown = JSON.stringify(value);
  if (is !== undefined && !kinds[is].pattern.test(value))
    throw new Error(`--${name} is ${shown}: must be ${kinds[is].words}`);
  if (oneOf !== undefined && !oneOf.includes(value))
    throw new Error(`--${name} is ${shown}: must be one of ${oneOf.join(' | ')}`);
}

/** The text of the first comment of whole lines in a program, without its slashes. */
function headComment(program) {
  const lines = program.split('\n');
  const begin = lines.findIndex((line) => line.startsWith('//'));
  const length = lines.slice(begin).findIndex((line) => !line.startsWith('//'));
  return `${lines
    .slice(begin, begin + length)
    .map((line) => line.replace(/^\/\/ ?/, ''))
    .join('\n')}\n`;
}
