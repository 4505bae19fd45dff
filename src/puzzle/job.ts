import { headerTarget } from './header.ts';
import type { Puzzle, TextPuzzle, Unit } from './puzzle.ts';
import { targetHex } from './target.ts';

/** A puzzle in the agent's job line (docs/agent.md). */
export type JobPuzzle =
  | {
      readonly scheme: TextPuzzle['scheme'];
      /** The block's bytes in hex, so that no quoting or encoding on the way can change it. */
      readonly block: string;
      readonly unit: Unit;
      readonly difficulty: number;
    }
  | {
      readonly scheme: 'bitcoin';
      readonly header: string;
      /** 64 hex digits, most significant first. */
      readonly target: string;
    };

/** The puzzle as the agent's job line says it. */
export function jobPuzzle(puzzle: Puzzle): JobPuzzle {
  if (puzzle.scheme === 'bitcoin') return { ...puzzle, target: targetHex(headerTarget(puzzle)) };
  return { ...puzzle, block: Buffer.from(puzzle.block, 'ascii').toString('hex') };
}

/** The puzzle as command line arguments of a kernel (DESIGN.md, "Kernel"); an empty block is an empty argument. */
export function kernelArguments(puzzle: Puzzle): string[] {
  const job = jobPuzzle(puzzle);
  return job.scheme === 'bitcoin'
    ? ['--scheme', job.scheme, '--header', job.header, '--target', job.target]
    : [
        '--scheme',
        job.scheme,
        '--block-hex',
        job.block,
        '--unit',
        job.unit,
        '--difficulty',
        `${job.difficulty}`,
      ];
}
