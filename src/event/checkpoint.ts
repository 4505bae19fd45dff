import { z } from 'zod';
import { CndError } from '../error.ts';
import type { DeepReadonly } from './event.ts';

/** Characters of the longest checkpoint that is read. */
export const longestCheckpoint = 16 * 1024 * 1024;

/** A whole number of at most 64 bits, as text. */
const natural = z.string().regex(/^(0|[1-9]\d{0,19})$/);
const text = z.string().max(200);
const index = z.int().min(0).max(1_000_000);
const textRange = z.tuple([natural, natural]);

/** Parts of residues: more than any run has. */
const mostResidues = 100_000;

/** What a run was told, as its record has it, in a text that others can write: judged as settings are before any of it is used. */
export const toldConfig = z.object({
  N: z.number(),
  T: z.number(),
  fleet: text,
  puzzle: z.object({
    scheme: text,
    block: z.string().max(8192).optional(),
    template: z.string().max(16_384).optional(),
    prefix: text.optional(),
    suffix: text.optional(),
    digest: text.optional(),
    header: text.optional(),
    unit: text.optional(),
    difficulty: z.number().optional(),
  }),
  from: natural,
  limit: natural,
  chunk: natural,
  smallest: z.boolean(),
  kernel: text,
  /** Of the fleet's own settings those that its kind keeps. */
  settings: z.record(text, z.union([text, z.boolean(), z.array(text).max(100)])).optional(),
});

/**
 * What another machine needs to go on with a run: an allow-list, from an archive that others may be able to write. It names
 * what is searched, what was tested, and where its instances are to be looked for; no command, path, key, nor machine to
 * connect to. A reader skips what it does not know.
 */
const checkpoint = z.object({
  schema: z.literal(1),
  run: text,
  savedAt: z.iso.datetime(),
  startedAt: z.iso.datetime(),
  /** When the last of its dead-man's switches fires. */
  expiresAt: z.iso.datetime(),
  /** The name of the machine that its controller is on. */
  host: text,
  /** Where in its fleet its instances are, and in whose account. */
  where: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/)
    .optional(),
  account: z
    .string()
    .regex(/^\d{1,20}$/)
    .optional(),
  instances: z.array(z.object({ index, id: text })).max(100_000),
  config: toldConfig,
  coverage: z.object({
    from: natural,
    chunk: natural,
    stride: z.int().min(0).max(mostResidues),
    residues: z
      .array(
        z.object({
          residue: index,
          next: natural,
          done: z.array(textRange).max(65_536),
          from: natural.optional(),
          until: natural.optional(),
        }),
      )
      .max(mostResidues),
    earlier: z.array(textRange).max(65_536).optional(),
  }),
  /** The best golden nonce that it had verified. */
  hit: z.object({ nonce: natural, digest: z.string().regex(/^[0-9a-f]{64}$/) }).optional(),
});

/** A checkpoint of a run. */
export type Checkpoint = DeepReadonly<z.output<typeof checkpoint>>;

/** Reads the checkpoint of this run. Pure. @throws CndError `checkpoint-damaged` for anything else. */
export function parseCheckpoint(content: string, run: string): Checkpoint {
  const damaged = (why: string): CndError =>
    new CndError('checkpoint-damaged', `the checkpoint of ${run} cannot be used: ${why}`, { about: run });
  if (content.length > longestCheckpoint) throw damaged('it is too long');
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    throw damaged('it is not JSON');
  }
  const read = checkpoint.safeParse(value);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw damaged(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  if (read.data.run !== run) throw damaged('it is that of another run');
  return read.data;
}
