import { z } from 'zod';

// What an instance says is not to be trusted: it is judged here once, and is typed afterwards.

const decimal = /^(0|[1-9]\d{0,20})$/;
const natural = z.string().regex(decimal).transform(BigInt);
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
    const usual = usualProgress(value);
    if (usual) return usual;
    const message = agentMessage.safeParse(value).data;
    const seq = sequence.safeParse(value).data?.seq;
    return message && seq !== undefined ? { ...message, seq } : message;
  } catch {
    return undefined;
  }
}

type Progress = Extract<AgentMessage, { event: 'progress' }>;

/** Parts that are looked at here: a report has one or two residues, as a rule, each with a few ranges. */
const mostParts = 100;

/**
 * Progress as nearly all of it is, judged as the schema does, whose word it has to be to the letter: every instance
 * says it every second, and the schema takes two to three times as long for it. Undefined for anything else, which is left to the schema. Pure.
 */
export function usualProgress(value: unknown): Progress | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('event' in value) || value.event !== 'progress' || 'seq' in value) return undefined;
  if (!('residues' in value) || !('hashes' in value) || !('rate' in value)) return undefined;
  const { hashes, rate } = value;
  if (!isCount(hashes) || !isRate(rate)) return undefined;
  const residues = listOf(value.residues, reportOf);
  if (!residues) return undefined;
  if (!('speed' in value)) return { event: 'progress', residues, hashes, rate };
  const { speed } = value;
  return isRate(speed) ? { event: 'progress', residues, hashes, rate, speed } : undefined;
}

function reportOf(value: unknown): Progress['residues'][number] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('residue' in value) || !('next' in value) || !('done' in value)) return undefined;
  const { residue } = value;
  const next = naturalOf(value.next);
  const done = listOf(value.done, rangeOf);
  if (!isCount(residue) || next === undefined || !done) return undefined;
  return { residue, next, done };
}

function rangeOf(value: unknown): [bigint, bigint] | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [lo, hi] = [naturalOf(value[0]), naturalOf(value[1])];
  return lo === undefined || hi === undefined ? undefined : [lo, hi];
}

/** All items, or undefined where one is undefined, or there are many. */
function listOf<T>(value: unknown, itemOf: (item: unknown) => T | undefined): T[] | undefined {
  if (!Array.isArray(value) || value.length > mostParts) return undefined;
  const items: T[] = [];
  for (const one of value) {
    const item = itemOf(one);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
}

function naturalOf(value: unknown): bigint | undefined {
  return typeof value === 'string' && decimal.test(value) ? BigInt(value) : undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isRate(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
