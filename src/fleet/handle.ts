import type { z } from 'zod';
import { CndError } from '../error.ts';

/** The handle of a run as its fleet has written it. @throws CndError `handle-damaged` when it is none. */
export function parseHandle<Schema extends z.ZodType>(
  schema: Schema,
  run: string,
  handle: unknown,
): z.output<Schema> {
  const { data, error } = schema.safeParse(handle);
  if (!error) return data;
  throw new CndError('handle-damaged', `what is kept of the instances of run ${run} cannot be read`, {
    about: run,
    hint: `terminate them with: cnd scram --run ${run}`,
    cause: error,
  });
}
