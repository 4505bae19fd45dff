import { z } from 'zod';
import { boundedWhole, decimal, oneOf } from '../../setting-value.ts';

/** Seconds: longer than any run. */
const longest = 86_400;

/** A failure to rehearse with on the local fleet: what happens to which instance, and when, in seconds after boot. */
const rehearsal = z.strictObject({
  instance: boundedWhole('the index of an instance,', 0, 999_999),
  failure: oneOf(['never-runs', 'never-answers', 'dies']),
  after: decimal('a number of seconds', 0, longest).default(0),
});

/** The `local` part of the configuration. */
export const localSchema = z.strictObject({
  bootDelay: decimal('a number of seconds', 0, 600).describe('seconds an instance takes to boot'),
  threads: boundedWhole('a whole number of threads', 1, 1024)
    .optional()
    .describe(
      'threads that search on each instance; by default the cores of this machine, divided among the instances',
    ),
  rehearse: z
    .array(rehearsal, { error: 'must be a list' })
    .describe('failures to rehearse, like { "instance": 1, "failure": "dies", "after": 3 }'),
});
