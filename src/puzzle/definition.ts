import { UsageError } from '../error.ts';
import { shown } from '../text.ts';
import { defaultBlock, parseBlock } from './block.ts';
import { parseDifficulty } from './difficulty.ts';
import { parseHeader } from './header.ts';
import { parsePattern } from './pattern.ts';
import {
  type DigestGoal,
  type HeaderPuzzle,
  type Puzzle,
  patterns,
  schemes,
  type TextPuzzle,
  type Unit,
  units,
} from './puzzle.ts';
import { defaultTemplate, fill, hasBlock } from './template.ts';

/** What a user may say about a puzzle; what is absent gets the scheme's default. */
export interface PuzzleDefinition {
  readonly scheme?: string | undefined;
  readonly block?: string | undefined;
  readonly template?: string | undefined;
  readonly unit?: string | undefined;
  readonly difficulty?: number | undefined;
  readonly prefix?: string | undefined;
  readonly suffix?: string | undefined;
  readonly digest?: string | undefined;
  readonly header?: string | undefined;
}

/** The unit in which each text scheme counts unless told otherwise. */
export const defaultUnit: Readonly<Record<TextPuzzle['scheme'], Unit>> = {
  'hex-chain': 'digits',
  sha256d: 'bits',
  sha256: 'digits',
};

/** What a header says by itself. */
const ofText = ['block', 'template', 'unit', 'difficulty', ...patterns] as const;

/** The goals, of which a puzzle has one. */
const goals = ['difficulty', ...patterns] as const;

/**
 * A valid puzzle from what the user said, with defaults: scheme `hex-chain`, its unit and template, and block `COMSM0010cloud`.
 * There is no default goal (or header): how hard the puzzle is must be asked for.
 *
 * @throws UsageError for a bad value, a missing one, and one that the scheme does not have.
 */
export function makePuzzle(definition: PuzzleDefinition): Puzzle {
  const scheme = oneOf('scheme', schemes, definition.scheme ?? 'hex-chain');
  return scheme === 'bitcoin' ? headerPuzzle(definition) : textPuzzle(scheme, definition);
}

function headerPuzzle(definition: PuzzleDefinition): HeaderPuzzle {
  for (const field of ofText) {
    if (definition[field] === undefined) continue;
    throw new UsageError(
      'not-of-scheme',
      `${field} is ${shown(definition[field])}, but scheme bitcoin has none`,
      {
        about: field,
        hint: 'Omit it: the header defines everything, the difficulty in its nBits.',
      },
    );
  }
  if (definition.header === undefined) {
    throw new UsageError('missing-header', 'header is missing: scheme bitcoin searches a block header', {
      about: 'header',
      hint: 'Give the 80 bytes of a block header as 160 hex digits with --header.',
    });
  }
  return { scheme: 'bitcoin', header: parseHeader(definition.header) };
}

function textPuzzle(scheme: TextPuzzle['scheme'], definition: PuzzleDefinition): TextPuzzle {
  if (definition.header !== undefined) {
    throw new UsageError(
      'not-of-scheme',
      `header is ${shown(definition.header)}, but scheme ${scheme} has none`,
      {
        about: 'header',
        hint: 'Omit it, or use --scheme bitcoin.',
      },
    );
  }
  const goal = goalOf(scheme, definition);
  return { scheme, ...textOf(scheme, definition), ...goal };
}

function textOf(
  scheme: TextPuzzle['scheme'],
  { template = defaultTemplate[scheme], block }: PuzzleDefinition,
): Pick<TextPuzzle, 'block' | 'template'> {
  const own = template === defaultTemplate[scheme] ? {} : { template };
  if (!hasBlock(template)) {
    if (block !== undefined) {
      throw new UsageError('not-of-template', `block is ${shown(block)}, but the template has no {block}`, {
        about: 'block',
        hint: 'Omit it, or give a template with {block}.',
      });
    }
    fill(template);
    return own;
  }
  const text = parseBlock(block ?? defaultBlock);
  fill(template, text);
  return { block: text, ...own };
}

function goalOf(scheme: TextPuzzle['scheme'], definition: PuzzleDefinition): DigestGoal {
  const [goal, second] = goals.filter((field) => definition[field] !== undefined);
  if (goal !== undefined && second !== undefined) {
    throw new UsageError(
      'two-goals',
      `${second} is ${shown(definition[second])}, but ${goal === 'difficulty' ? 'a difficulty' : `a ${goal}`} is given as well`,
      { about: second, hint: 'Give exactly one of --D, --prefix, --suffix and --digest.' },
    );
  }
  if (goal !== undefined && goal !== 'difficulty') {
    if (definition.unit !== undefined) {
      throw new UsageError('not-of-goal', `unit is ${shown(definition.unit)}, but a ${goal} has none`, {
        about: 'unit',
        hint: `Omit it, or give --D instead of --${goal}.`,
      });
    }
    const pattern = parsePattern(goal, definition[goal] ?? '');
    if (goal === 'prefix') return { prefix: pattern };
    return goal === 'suffix' ? { suffix: pattern } : { digest: pattern };
  }
  const unit = oneOf('unit', units, definition.unit ?? defaultUnit[scheme]);
  if (definition.difficulty === undefined) {
    throw new UsageError(
      'missing-difficulty',
      `difficulty is missing: the number of leading zero ${unit} required`,
      {
        about: 'difficulty',
        hint: 'Set it with --D, e.g. --D 2, or give --prefix, --suffix or --digest instead.',
      },
    );
  }
  return { unit, difficulty: parseDifficulty(definition.difficulty, unit) };
}

function oneOf<T extends string>(field: string, names: readonly T[], value: string): T {
  const found = names.find((name) => name === value);
  if (found !== undefined) return found;
  throw new UsageError(`unknown-${field}`, `${field} is ${shown(value)}, which is not known`, {
    about: field,
    hint: `Give one of ${names.join(', ')}.`,
  });
}
