import { makePuzzle } from '../../src/puzzle/definition.ts';
import type { Puzzle } from '../../src/puzzle/puzzle.ts';

/** The header of Bitcoin's genesis block; its nonce is 2083236893. */
export const genesisHeader = [
  '01000000',
  '00'.repeat(32),
  '3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a',
  '29ab5f49',
  'ffff001d',
  '1dac2b7c',
].join('');

export const genesis: Puzzle = makePuzzle({ scheme: 'bitcoin', header: genesisHeader });

export const hexChain = (difficulty: number): Puzzle => makePuzzle({ difficulty });
