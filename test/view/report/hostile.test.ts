import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { eventFields } from '../../../src/event/event.ts';
import { style } from '../../../src/view/report/style.ts';
import { eachEvent, run } from '../example.ts';
import { draw, parse } from './draw.ts';
import { journalOf } from './synthetic.ts';

const elements = new Set(
  'html head meta title style body main header footer section h1 h2 p dl dt dd div span small code pre figure ul li details summary table thead tbody tr th td svg desc g rect path line circle text tspan'.split(
    ' ',
  ),
);

/** What a page of a hostile journal may consist of: nothing but what pages consist of. */
function expectHarmless(page: string): void {
  const document = parse(page);
  for (const element of document.querySelectorAll('*')) {
    expect(elements).toContain(element.localName);
    for (const { name, value } of element.attributes) {
      expect(name).not.toMatch(/^(?:on|style$|src|href|action|xlink)/);
      expect(value).not.toMatch(/javascript:|url\(/);
    }
  }
  expect([...document.querySelectorAll('style')].map(({ textContent }) => textContent)).toEqual([style]);
  // oxlint-disable-next-line no-control-regex -- these are what must not be there
  expect(page).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/);
}

const words = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</style><script>alert(1)</script>',
  '</title></svg><script>alert(1)</script><!--',
  '\u001B]0;x\u0007\u202Eevil\u0000\uD800',
  'javascript:alert(1)',
  '&lt;script&gt;',
];

test.each(words)('%j in every field of every event is text', async (text) => {
  const page = await draw(journalOf(eachEvent(text)));
  expectHarmless(page);
});

describe('any journal that the schema admits', () => {
  test('is drawn, harmlessly', async () => {
    const each = Object.entries(eventFields).map(([name, fields]) =>
      fc
        .record({ event: fc.constant(name), time: moment, run: fc.constant(run) })
        .chain((stamp) => valuesOf(fields).map((value) => ({ ...(value as object), ...stamp }))),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(...each), { maxLength: 30 }), async (events) => {
        expectHarmless(await draw(journalOf(events)));
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});

const moment = fc
  .date({ min: new Date('2026-11-20T08:00:00Z'), max: new Date('2026-11-27T08:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString());

const text = fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'binary', maxLength: 20 }));
const digits = fc.oneof(fc.nat(20).map(String), fc.bigInt({ min: 0n, max: 2n ** 70n }).map(String));

/** Values that a schema admits, with the worst in every text and number. */
function valuesOf(schema: z.core.$ZodType): fc.Arbitrary<unknown> {
  const { def } = schema as unknown as { def: Record<string, unknown> & { type: string } };
  const part = (name: string): z.core.$ZodType => def[name] as z.core.$ZodType;
  const parts = (name: string): z.core.$ZodType[] => def[name] as z.core.$ZodType[];
  const admits = (value: unknown): boolean => (schema as z.ZodType).safeParse(value).success;
  switch (def.type) {
    case 'object':
      return fc.record(
        Object.fromEntries(
          Object.entries(def['shape'] as Record<string, z.core.$ZodType>).map(([name, field]) => [
            name,
            valuesOf(field),
          ]),
        ),
      );
    case 'string':
      return admits('<') ? text : digits;
    case 'number':
      return fc
        .oneof(
          fc.nat(12),
          fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
          fc.double({ noNaN: true, noDefaultInfinity: true }),
        )
        .filter(admits);
    case 'enum':
      return fc.constantFrom(...Object.values(def['entries'] as Record<string, string>));
    case 'literal':
      return fc.constantFrom(...(def['values'] as unknown[]));
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(valuesOf(part('element')), { maxLength: 4 });
    case 'tuple':
      return fc.tuple(...parts('items').map(valuesOf));
    case 'union':
      return fc.oneof(...parts('options').map(valuesOf));
    case 'optional':
      return fc.option(valuesOf(part('innerType')), { nil: undefined });
    case 'record':
      return fc
        .dictionary(
          fc.oneof(text, fc.constantFrom('scheme', 'block', 'header')),
          valuesOf(part('valueType')),
          { maxKeys: 4 },
        )
        .filter(admits);
    case 'unknown':
      return fc.jsonValue();
    default:
      throw new Error(`no values of schema ${def.type} are made yet`);
  }
}
