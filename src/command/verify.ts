import { resolveConfig } from '../config/config.ts';
import { readConfigFile } from '../config/file.ts';
import { UsageError } from '../error.ts';
import { exitCodes } from '../event/outcome.ts';
import { digest, displayDigest, largestNonce } from '../puzzle/digest.ts';
import { goalText } from '../puzzle/goal-text.ts';
import { puzzleFields } from '../puzzle/job.ts';
import type { Puzzle } from '../puzzle/puzzle.ts';
import { isGolden } from '../puzzle/verification.ts';
import { visible } from '../text.ts';
import { nonceText, puzzleText } from '../view/plain-line.ts';
import type { Arguments } from './command.ts';

/**
 * `cnd verify NONCE [DIGEST]`: whether a nonce is golden for the puzzle that the flags, the environment and the file describe, and
 * the digest its own; gives 0 or 1. Searches nothing. @throws UsageError
 */
export async function verifyNonce(flags: Arguments): Promise<number> {
  const path = typeof flags['config'] === 'string' ? flags['config'] : undefined;
  const file = await readConfigFile(path);
  // How many instances there are and for how long says nothing of a puzzle.
  const { puzzle } = resolveConfig({ flags, env: process.env, file, fallback: { N: 1, T: 300 } });
  const nonce = parseNonce(String(flags['nonce']), puzzle);
  const claimed = typeof flags['claimed'] === 'string' ? parseDigest(flags['claimed']) : undefined;
  const actual = digest(puzzle, nonce);
  const shown = displayDigest(puzzle, actual.toString('hex'));
  const golden = isGolden(puzzle, actual);
  const lines = [
    `puzzle    ${puzzleText(puzzleFields(puzzle))}`,
    `nonce     ${nonceText(`${nonce}`, puzzleFields(puzzle))}`,
    `digest    ${shown}`,
    ...(claimed === undefined || claimed === shown ? [] : [`claimed   ${claimed}, which is another digest`]),
    `golden    ${golden ? 'yes' : `no: it does not have ${wanted(puzzle)}`}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return golden && (claimed === undefined || claimed === shown) ? exitCodes.found : exitCodes.failed;
}

function wanted(puzzle: Puzzle): string {
  return puzzle.scheme === 'bitcoin' ? 'a number below the target' : goalText(puzzleFields(puzzle));
}

function parseNonce(text: string, { scheme }: Puzzle): bigint {
  const largest = largestNonce(scheme);
  // The text that is hashed has none of the leading zeros that a claim may have: it would be another nonce.
  if (/^(?:0|[1-9]\d{0,19})$/.test(text) && BigInt(text) <= largest) return BigInt(text);
  throw new UsageError(
    'bad-nonce',
    `the nonce is '${visible(text)}': must be a decimal number from 0 to ${largest}, without leading zeros`,
    {
      about: 'nonce',
      hint: 'for example: cnd verify 116 --D 2',
    },
  );
}

/** As it is shown, in lower case. */
function parseDigest(text: string): string {
  if (/^[0-9a-f]{64}$/i.test(text)) return text.toLowerCase();
  throw new UsageError('bad-digest', `the digest is '${visible(text)}': must be 64 hex digits`, {
    about: 'claimed',
    hint: 'give it as it is shown, without 0x, or omit it',
  });
}
