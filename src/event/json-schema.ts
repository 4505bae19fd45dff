import { z } from 'zod';
import { runEvent } from './event.ts';
import { runRecord } from './record.ts';

/** The JSON Schema of one event: a line of events.ndjson and of `--json`. Pure. */
export function eventJsonSchema(): Record<string, unknown> {
  return published(runEvent, 'An event of a run of cnd (a line of events.ndjson and of --json)');
}

/** The JSON Schema of run.json. Pure. */
export function recordJsonSchema(): Record<string, unknown> {
  return published(runRecord, 'The record of a run of cnd (run.json)');
}

/** As input: a document of a newer version may have more fields. */
function published(schema: z.ZodType, title: string): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input', reused: 'ref' });
  return { $schema, title, ...rest };
}
