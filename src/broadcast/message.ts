import { z } from 'zod';
import type { Announcement } from './broadcast.ts';

// The body of a message on a queue: one JSON object, nonces as decimal strings. remote/message.py says the same.

const message = z.object({
  run: z.string().min(1).max(100),
  nonce: z
    .string()
    .regex(/^(0|[1-9]\d{0,19})$/)
    .transform(BigInt),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  instance: z.int().min(0).max(1_000_000).optional(),
});

/** An announcement as the body of a message. Pure. */
export function messageBody({ run, nonce, digest, instance }: Announcement): string {
  return JSON.stringify({ run, nonce: `${nonce}`, digest, instance });
}

/** The announcement in a message, or undefined when there is none: anybody may write to a queue. Pure. */
export function parseMessage(body: string): Announcement | undefined {
  try {
    return message.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}
