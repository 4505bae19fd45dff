import { z } from 'zod';
import type { Coverage } from '../search/coverage.ts';

const decimal = z.string().regex(/^\d+$/);

/** A half-open range of nonces, as decimal strings. */
const textRange = z.tuple([decimal, decimal]);

/** One residue in an event. */
export const residueCoverage = z
  .object({
    residue: z.int().nonnegative(),
    next: decimal,
    done: z.array(textRange),
    from: decimal.optional(),
    until: decimal.optional(),
  })
  .describe(
    'What is known of one residue (of its nonces `from` … `until` − 1): its chunks below `next` are done, of the others `done`.',
  );

/** What was tested, as `run.ended` and the record have it. */
export const coverageFields = z
  .object({
    tested: decimal,
    from: decimal,
    chunk: decimal,
    stride: z.int().nonnegative(),
    residues: z.array(residueCoverage),
    ranges: z.array(textRange),
    rangesCut: z.boolean().describe('Whether `ranges` was truncated; `residues` is always complete.'),
    earlier: z
      .array(textRange)
      .optional()
      .describe('What earlier runs had tested, in all of the above as well. Absent: nothing.'),
    doubled: decimal
      .optional()
      .describe(
        'How many nonces were tested twice on purpose, as far as that was reported; `tested` counts them once. Absent: nothing was given to two.',
      ),
  })
  .describe(
    'Which nonces were tested, exactly: `residues` by chunk and stride, `ranges` merged.',
  ) satisfies z.ZodType<Coverage>;
