import { headerTarget } from './header.ts';
import type { DigestGoal, Puzzle, TextPuzzle } from './puzzle.ts';
import { fill } from './template.ts';
import { targetHex } from './target.ts';

/** A puzzle in the agent's job line (docs/agent.md). */
export type JobPuzzle =
  | ({ readonly scheme: TextPuzzle['scheme'] } & JobText & DigestGoal)
  | {
      readonly scheme: 'bitcoin';
      readonly header: string;
      /** 64 hex digits, most significant first. */
      readonly target: string;
    };

/** Texts as bytes in hex, so that no quoting or encoding on the way can change them: the block, or what a template came to. */
type JobText =
  | { readonly block: string }
  | { readonly before: string; readonly after: string; readonly nonce: 'decimal' | 'hex' };

/** The puzzle as the agent's job line says it. */
export function jobPuzzle(puzzle: Puzzle): JobPuzzle {
  if (puzzle.scheme === 'bitcoin') return { ...puzzle, target: targetHex(headerTarget(puzzle)) };
  const { scheme, template, block, ...goal } = puzzle;
  if (template === undefined) return { scheme, block: hex(block ?? ''), ...goal };
  const { before, after, nonce } = fill(template, block);
  return { scheme, before: hex(before), after: hex(after), nonce, ...goal };
}

/** A puzzle as events and records have it: text as text, a header in hexadecimal. Pure. */
export function puzzleFields(puzzle: Puzzle): Readonly<Record<string, string | number>> & { scheme: string } {
  return puzzle.scheme === 'bitcoin' ? { ...jobPuzzle(puzzle) } : { ...puzzle };
}

function hex(text: string): string {
  return Buffer.from(text, 'ascii').toString('hex');
}

/** What a kernel calls the fields of a job, in the order they are given. */
const flags = [
  ['block', 'block-hex'],
  ['before', 'before-hex'],
  ['after', 'after-hex'],
  ['nonce', 'nonce'],
  ['header', 'header'],
  ['unit', 'unit'],
  ['difficulty', 'difficulty'],
  ['prefix', 'prefix'],
  ['suffix', 'suffix'],
  ['digest', 'digest'],
  ['target', 'target'],
] as const;

/** The puzzle as command line arguments of a kernel (remote/kernel/README.md); an empty block is an empty argument. */
export function kernelArguments(puzzle: Puzzle): string[] {
  const job: Readonly<Record<string, string | number>> = jobPuzzle(puzzle);
  return [
    '--scheme',
    puzzle.scheme,
    ...flags.flatMap(([field, flag]) => (job[field] === undefined ? [] : [`--${flag}`, `${job[field]}`])),
  ];
}
