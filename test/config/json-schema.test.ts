import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { validateFile } from '../../src/config/config.ts';
import { configJsonSchema } from '../../src/config/json-schema.ts';

const published = JSON.parse(
  readFileSync(new URL('../../cnd.schema.json', import.meta.url), 'utf8'),
) as Parameters<typeof z.fromJSONSchema>[0];

/** What an editor would say of a configuration, and what cnd says. */
const accepted = (content: Record<string, unknown>): { editor: boolean; cnd: boolean } => {
  let cnd = true;
  try {
    validateFile({ path: 'cnd.config.json', directory: '.', content });
  } catch {
    cnd = false;
  }
  return { editor: z.fromJSONSchema(published).safeParse(content).success, cnd };
};

test('the published schema is up to date (if not: npm run schema)', () => {
  expect(published).toEqual(configJsonSchema());
});

test.each([
  {},
  { $schema: './cnd.schema.json', N: 8, T: '200', D: 2 },
  { T: 12.5, from: '18446744073709551614', limit: '18446744073709551615' },
  { fleet: 'local', scheme: 'bitcoin', smallest: true, kernel: 'python', logs: { directory: 'x' } },
  { logs: {}, local: { rehearse: [{ instance: 1, failure: 'dies', after: 3 }] } },
])('%j is fine for editors and for cnd', (content) =>
  expect(accepted(content)).toEqual({ editor: true, cnd: true }),
);

test.each([
  { fleat: 'local' },
  { N: 'eight' },
  { N: 0 },
  { N: 1.5 },
  { N: '08' },
  { maxN: 1_000_001 },
  { T: 86_401 },
  { D: true },
  { fleet: 'mars' },
  { scheme: 'md5' },
  { from: -1 },
  { smallest: 'yes' },
  { logs: { dir: 'x' } },
  { logs: { directory: '' } },
  { local: { bootDelay: 601 } },
  { local: { rehearse: [{ instance: 1, failure: 'sleeps' }] } },
  { local: { rehearse: [{ failure: 'dies' }] } },
])('%j is wrong for editors and for cnd', (content) =>
  expect(accepted(content)).toEqual({ editor: false, cnd: false }),
);
