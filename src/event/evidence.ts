import { z } from 'zod';

/** What the claims of instances to have searched rest on, besides their word; part of `run.ended` and of the record. */
export const evidenceFields = z
  .object({
    near: z
      .int()
      .describe('Bits of a near-hit that are as wanted: a nonce has them with probability 2^−near.'),
    instances: z.array(
      z.object({
        instance: z.int().nonnegative(),
        claimed: z.string().regex(/^\d+$/).describe('Nonces that it says it has tested.'),
        found: z.int().describe('Its verified near-hits among them.'),
        expected: z.number().describe('Near-hits that are among as many nonces on average.'),
      }),
    ),
    audits: z
      .object({
        slices: z.int(),
        nonces: z.string().regex(/^\d+$/),
        elsewhere: z.int().optional().describe('How many of the slices another instance has redone.'),
        impossible: z.string().optional().describe('Why no more could be redone.'),
      })
      .optional()
      .describe(
        'What of it was searched again, by another instance or by the machine that runs cnd. Absent: nothing was to be.',
      ),
  })
  .describe(
    'What a proof rests on: the near-hits of each instance. One with too few of them is not believed; that happens to an honest one with a probability below 10⁻⁹.',
  );
