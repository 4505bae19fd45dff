import { UsageError } from '../error.ts';
import { defaultBlock, parseBlock } from './block.ts';
import { parseDifficulty } from './difficulty.ts';
import { parseHeader } from './header.ts';
import { type HeaderPuzzle, type Puzzle, schemes, type TextPuzzle, type Unit, units } from './puzzle.ts';

/** What a user may say about a puzzle; what is absent gets the scheme's default. */
export interface PuzzleDefinition {
  readonly scheme?: string | undefined;
  readonly block?: string | undefined;
  readonly unit?: string | undefined;
  readonly difficulty?: number | undefined;
  readonly header?: string | undefined;
}

/** The unit in which each text scheme counts unless told otherwise. */
export const defaultUnit: Readonly<Record<TextPuzzle['scheme'], Unit>> = {
  'hex-chain': 'digits',
  sha256d: 'bits',
};

/**
 * A valid puzzle from what the user said, with defaults: scheme `hex-chain`, its unit, and block `COMSM0010cloud`.
 * There is no default difficulty (or header): how hard the puzzle is must be asked for.
 *
 * @throws UsageError for a bad value, a missing one, and one that the scheme does not have.
 */
export function makePuzzle(definition: PuzzleDefinition): Puzzle {
  const scheme = oneOf('scheme', schemes, definition.scheme ?? 'hex-chain');
  return scheme === 'bitcoin' ? headerPuzzle(definition) : textPuzzle(scheme, definition);
}

function headerPuzzle(definition: PuzzleDefinition): HeaderPuzzle {
  for (const field of ['block', 'unit', 'difficulty'] as const) {
    if (definition[field] === undefined) continue;
    throw new UsageError(
      'not-of-scheme',
      `${field} is ${show(definition[field])}, but scheme bitcoin has none`,
      {
        about: field,
        hint: `Omit ${field}: the header defines everything, the difficulty in its nBits.`,
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
      `header is ${show(definition.header)}, but scheme ${scheme} has none`,
      {
        about: 'header',
        hint: 'Omit header, or use --scheme bitcoin.',
      },
    );
  }
  const unit = oneOf('unit', units, definition.unit ?? defaultUnit[scheme]);
  if (definition.difficulty === undefined) {
    throw new UsageError(
      'missing-difficulty',
      `difficulty is missing: the number of leading zero ${unit} required`,
      {
        about: 'difficulty',
        hint: 'Set it with --D, e.g. --D 2.',
      },
    );
  }
  const difficulty = parseDifficulty(definition.difficulty, unit);
  return { scheme, block: parseBlock(definition.block ?? defaultBlock), unit, difficulty };
}

function oneOf<T extends string>(field: string, names: readonly T[], value: string): T {
  const found = names.find((name) => name === value);
  if (found !== undefined) return found;
  throw new UsageError(`unknown-${field}`, `${field} is ${show(value)}, which is not known`, {
    about: field,
    hint: `Give one of ${names.join(', ')}.`,
  });
}

/** A value as errors show it: quoted, so that spaces and newlines are seen, and never longer than a line. */
function show(value: string | number): string {
  const text = JSON.stringify(value);
  return text.length <= 40 ? text : `${text.slice(0, 40)}… (${String(value).length} characters)`;
}
