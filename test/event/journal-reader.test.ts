import { createReadStream, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type RunEvent, runEvent } from '../../src/event/event.ts';
import { noneUnread, readJournal } from '../../src/event/journal-reader.ts';
import { eventJsonSchema, recordJsonSchema } from '../../src/event/json-schema.ts';
import { parseRecord } from '../../src/event/record.ts';
import { eachEvent, run } from '../view/example.ts';

const old = (name: string): string => fileURLToPath(new URL(`version-1/${name}`, import.meta.url));
const published = (name: string): z.core.JSONSchema.BaseSchema =>
  JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')) as z.core.JSONSchema.BaseSchema;

async function read(text: string, size = text.length + 1) {
  const unread = noneUnread();
  async function* chunks(): AsyncGenerator<string> {
    for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
  }
  const events: RunEvent[] = [];
  for await (const event of readJournal(chunks(), unread)) events.push(event);
  return { events, ...unread };
}

const line = (value: unknown): string => `${JSON.stringify(value)}\n`;

test('every event is read as it was written, however the text is cut', async () => {
  const events = eachEvent();
  const text = events.map(line).join('');
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: text.length }), async (size) => {
      expect(await read(text, size)).toEqual({ events, unknown: 0, damaged: 0, overlong: 0 });
    }),
    { numRuns: 40 },
  );
});

describe('what is no event is counted and skipped', () => {
  const [event] = eachEvent();
  const newer = { event: 'instance.teleported', time: '2026-11-20T08:11:03.000Z', run, instance: 0 };

  test('of a newer version', async () => {
    expect(await read(line(newer) + line(event))).toEqual({
      events: [event],
      unknown: 1,
      damaged: 0,
      overlong: 0,
    });
  });

  test('with a field more', async () => {
    const { events, damaged } = await read(line({ ...event, colour: 'blue' }));
    expect(events).toEqual([event]);
    expect(damaged).toBe(0);
  });

  test.each([
    ['a torn last line', line(event) + line(event).slice(0, 40)],
    ['no JSON', `${line(event)}what\n`],
    ['no object', `${line(event)}7\n`],
    ['a field of another type', line(event) + line({ event: 'hit', time: newer.time, run, instance: '1' })],
  ])('%s', async (_, text) => {
    expect(await read(text, 65_536)).toEqual({ events: [event], unknown: 0, damaged: 1, overlong: 0 });
  });
});

test('an endless line at the end is counted', async () => {
  const [event] = eachEvent();
  const text = `${line(event)}${'x'.repeat(9 * 1024 * 1024)}`;
  expect(await read(text, 65_536)).toEqual({ events: [event], unknown: 0, damaged: 0, overlong: 1 });
});

test('an endless line in the middle costs only itself', async () => {
  const [event] = eachEvent();
  const text = `${line(event)}${'x'.repeat(9 * 1024 * 1024)}\n${line(event)}`;
  expect(await read(text, 65_536)).toEqual({ events: [event, event], unknown: 0, damaged: 0, overlong: 1 });
});

test('a journal of version 1 is read whole', async () => {
  const unread = noneUnread();
  const events: RunEvent[] = [];
  const stream = createReadStream(old('events.ndjson'), 'utf8');
  for await (const event of readJournal(stream, unread)) events.push(event);
  expect(unread).toEqual(noneUnread());
  const written = readFileSync(old('events.ndjson'), 'utf8').trim().split('\n');
  expect(events).toEqual(written.map((text) => JSON.parse(text) as unknown));
  expect(events.at(-1)).toMatchObject({ event: 'run.ended', outcome: 'found', nonce: '46697' });
});

test('a record of version 1 is read', () => {
  expect(parseRecord(readFileSync(old('run.json'), 'utf8'))).toMatchObject({
    config: { N: 3, fleet: 'local', puzzle: { scheme: 'hex-chain', difficulty: 5 } },
    ended: { outcome: 'found', nonce: '46697', coverage: { stride: 3 } },
  });
});

describe('published schemas', () => {
  test('are up to date (if not: npm run schema)', () => {
    expect(published('cnd.event.schema.json')).toEqual(eventJsonSchema());
    expect(published('cnd.record.schema.json')).toEqual(recordJsonSchema());
  });

  test('admit every event, and not one with a field of another type', () => {
    const schema = z.fromJSONSchema(published('cnd.event.schema.json'));
    for (const event of eachEvent()) {
      expect(schema.safeParse(event).error).toBeUndefined();
      expect(runEvent.safeParse(event).success).toBe(true);
      expect(schema.safeParse({ ...event, time: 5 }).success).toBe(false);
    }
  });

  test('admit the documents of version 1', () => {
    const schema = z.fromJSONSchema(published('cnd.record.schema.json'));
    expect(schema.safeParse(JSON.parse(readFileSync(old('run.json'), 'utf8'))).error).toBeUndefined();
    const event = z.fromJSONSchema(published('cnd.event.schema.json'));
    const lines = readFileSync(old('events.ndjson'), 'utf8').trim().split('\n');
    expect(lines.filter((text) => !event.safeParse(JSON.parse(text)).success)).toEqual([]);
  });
});
