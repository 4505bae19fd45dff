import { z } from 'zod';

// What an agent that nobody drives has left (remote/detached.py). Anybody who can write the status of its pod can write it: it is
// judged here once, and is typed afterwards.

const natural = z
  .string()
  .regex(/^(0|[1-9]\d{0,20})$/)
  .transform(BigInt);
const small = z.int().min(0).max(1_000_000);
const text = z.string().max(500);
const seconds = z.number().min(0).max(1e11);

const detachedMessage = z.object({
  cnd: z.literal(1),
  /** `searching` of one that was killed in mid-search. */
  result: z.enum(['hit', 'exhausted', 'deadline', 'signal', 'searching', 'failed']),
  words: text.optional(),
  /** Its chunks below `next` are done, of the others `done`; absent where it has not begun. */
  next: natural.optional(),
  done: z
    .array(z.tuple([natural, natural]))
    .max(1000)
    .default([]),
  hashes: z.int().min(0).default(0),
  nonce: natural.optional(),
  digest: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  kernel: text.optional(),
  isa: text.optional(),
  cores: small.optional(),
  threads: small.optional(),
  python: text.optional(),
  note: text.optional(),
  /** Seconds since 1970 at which it began to search, and wrote this. */
  since: seconds.optional(),
  at: seconds.optional(),
});

/** What became of the search of one detached instance, as it says. */
export type DetachedMessage = z.output<typeof detachedMessage>;

/** The message in a text; undefined when it is none: then nobody knows what was searched. Pure. */
export function parseDetachedMessage(content: string): DetachedMessage | undefined {
  // What is left of a longer one comes after the line.
  const [line = ''] = content.split('\n');
  try {
    return detachedMessage.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
