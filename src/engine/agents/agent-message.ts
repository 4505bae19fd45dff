import { z } from 'zod';

// What an instance says is not to be trusted: it is judged here once, and is typed afterwards.

const natural = z
  .string()
  .regex(/^(0|[1-9]\d{0,20})$/)
  .transform(BigInt);
const small = z.int().min(0).max(1_000_000);
const text = z.string().max(4000);
const residueReport = z.object({
  /** The number of a share: of a residue that is divided often it is a multiple of N. */
  residue: z.int().nonnegative(),
  next: natural,
  done: z.array(z.tuple([natural, natural])).max(10_000),
});

const agentMessage = z.discriminatedUnion('event', [
  z.object({
    event: z.literal('ready'),
    kernel: text,
    isa: text,
    cores: small,
    threads: small,
    python: text,
    note: text.optional(),
  }),
  z.object({
    event: z.literal('progress'),
    residues: z.array(residueReport).max(10_000),
    hashes: z.int().min(0),
    rate: z.number().min(0),
    speed: z.number().min(0).optional(),
  }),
  z.object({ event: z.literal('near'), nonces: z.array(natural).max(1000) }),
  z.object({
    event: z.literal('hit'),
    nonce: natural,
    digest: z.string().regex(/^[0-9a-f]{64}$/),
    // Whose it is, if it was heard on the broadcast. Only the credit: nonsense in it must not cost a golden nonce.
    instance: small.optional().catch(undefined),
  }),
  z.object({ event: z.literal('idle') }),
  residueReport.extend({ event: z.literal('released'), from: natural.optional() }),
  // All near-hits of a range that it was asked to search again; without them it could not.
  z.object({
    event: z.literal('redone'),
    from: natural,
    to: natural,
    near: z.array(natural).max(2000).optional(),
  }),
  z.object({ event: z.literal('stopped'), reason: text }),
  // The interruption notice of its Spot Instance: what will be done to it, and when.
  z.object({ event: z.literal('interruption'), action: text, time: text }),
  z.object({ event: z.literal('error'), message: text }),
  // The answer to an attach, after everything that the controller has not seen: whether the agent has a job already, and
  // whether it outlives this connection.
  z.object({ event: z.literal('attached'), job: z.boolean(), survives: z.boolean() }),
  z.object({ event: z.literal('refused'), reason: text }),
]);
const sequence = z.looseObject({ seq: z.int().positive().optional().catch(undefined) });

/** One line of an agent (docs/agent.md). */
export type AgentMessage = z.output<typeof agentMessage>;

/** A message, with its number if it is one that is said again after a lost connection. */
export type NumberedMessage = AgentMessage & { readonly seq?: number | undefined };

/** The message in one line of an agent's output, or undefined when it is none. */
export function parseAgentMessage(line: string): NumberedMessage | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const message = agentMessage.safeParse(value).data;
    const seq = sequence.safeParse(value).data?.seq;
    return message && seq !== undefined ? { ...message, seq } : message;
  } catch {
    return undefined;
  }
}
