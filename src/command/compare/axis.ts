import type { SeriesAxes, SeriesStep } from '../../compare/series.ts';
import { UsageError } from '../../error.ts';
import { visible } from '../../text.ts';
import type { Arguments } from '../command.ts';
import { text } from '../logs/logs.ts';
import { startFlags, typedFlags } from '../start/options.ts';

/** Times that each run is made at most. */
const mostRepeats = 100;

/** Flags of a start that say what is varied, or how a run is shown. */
const ofSeries = new Set(
  'N instances D difficulty type kernel yes dry-run json plain quiet verbose'.split(' '),
);

/** What is varied, by the flags; N as the settings have it where no flag says it. @throws UsageError */
export function axesOf(given: Arguments): Omit<SeriesAxes, 'N'> & { readonly N?: readonly string[] } {
  const N = listFlag(given, 'N', '1,2,4,8');
  const types = listFlag(given, 'types', 'c7a.large,c7g.large');
  const D = listFlag(given, 'D', '5,6,7');
  const kernels = listFlag(given, 'kernel', 'auto,python');
  return { ...(N && { N }), types, D, kernels };
}

/** The values of a flag, separated by commas. @throws UsageError for one that is empty, or there twice. */
export function listFlag(given: Arguments, name: string, example: string): string[] | undefined {
  const value = text(given[name]);
  if (value === undefined) return undefined;
  const values = value.split(',').map((one) => one.trim());
  const twice = values.find((one, index) => values.indexOf(one) !== index);
  const why = values.includes('')
    ? 'a value is empty'
    : twice === undefined
      ? undefined
      : `${twice} is given twice`;
  if (why === undefined) return values;
  throw new UsageError('bad-flag', `--${name} is '${visible(value)}': ${why}`, {
    about: name,
    hint: `give values separated by commas, for example --${name} ${example}`,
  });
}

/** How many times each run is made. @throws UsageError */
export function repeatsOf(given: Arguments): number {
  const value = text(given['repeats']) ?? '1';
  const repeats = /^\d{1,4}$/.test(value) ? Number(value) : 0;
  if (repeats >= 1 && repeats <= mostRepeats) return repeats;
  throw new UsageError(
    'bad-flag',
    `--repeats is '${visible(value)}': must be a whole number from 1 to ${mostRepeats}`,
    { about: 'repeats', hint: 'for example --repeats 3' },
  );
}

/** The flags that all runs of a series have, as they were typed. Pure. */
export function commonFlags(given: Arguments): Record<string, string | boolean> {
  return typedFlags(given, ofSeries);
}

/**
 * The flags of one run. All instances or none: with fewer it would not be the run that is to be measured. The smallest golden
 * nonce, so that every N does the same work. Pure.
 */
export function stepFlags(
  common: Readonly<Record<string, string | boolean>>,
  { N, type, D, kernel }: SeriesStep,
): Arguments {
  return {
    ...common,
    N,
    'min-N': N,
    smallest: true,
    ...(type !== undefined && { type }),
    ...(D !== undefined && { D }),
    ...(kernel !== undefined && { kernel }),
  };
}

/** An error of one run of a series, whose --type was given as --types. Pure. */
export function inFlagsOfSeries(error: unknown): unknown {
  if (!(error instanceof UsageError)) return error;
  const { code, about, message, hint, cause } = error;
  const named = (words: string): string => words.replaceAll(/--type\b/g, '--types');
  return new UsageError(code, named(message), {
    ...(about !== undefined && { about }),
    ...(hint !== undefined && { hint: named(hint) }),
    cause: cause ?? error,
  });
}

/** Flags that only make sense where runs are made. @throws UsageError when one is given beside `instead`. */
export function refuseSeriesFlags(given: Arguments, instead: string, allowed: readonly string[]): void {
  const names = [...startFlags.map(({ name }) => name), 'types', 'repeats'];
  const foreign = names.find(
    (name) =>
      given[name] !== undefined &&
      given[name] !== false &&
      !allowed.includes(name) &&
      !['config', 'verbose', 'json'].includes(name),
  );
  if (foreign === undefined) return;
  throw new UsageError('bad-flag', `--${foreign} and --${instead}: those runs have their settings`, {
    about: foreign,
    hint: 'omit one of them',
  });
}
