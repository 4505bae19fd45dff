import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RunEvent } from '../../src/event/event.ts';
import { RunContext, type RunInputs } from '../../src/run/context.ts';
import { Interrupts } from '../../src/run/interrupt.ts';
import { ManualClock } from '../helper/manual-clock.ts';

test('whatever shows a hit, it is in the journal of the run by then', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'cnd-context-'));
  const run = '20261120-081103-x7k2';
  mkdirSync(join(directory, run));
  const clock = new ManualClock();
  const shown: [RunEvent['event'], string][] = [];
  const journal = (): string => readFileSync(join(directory, run, 'events.ndjson'), 'utf8');
  const view = {
    show: ({ event }: RunEvent) => void shown.push([event, journal()]),
    close: () => Promise.resolve(),
  };
  const inputs = {
    run,
    config: { logs: { directory } },
    clock,
    start: { monotonic: clock.monotonic(), wall: clock.wall() },
    interrupts: new Interrupts(),
    views: [view],
  };
  const context = new RunContext(inputs as unknown as RunInputs);
  try {
    context.emit('instance.idle', { instance: 1 });
    context.emit('hit', { instance: 1, nonce: '116', digest: '00a7', elapsed: 1 });
    // No turn of the event loop has passed: nothing can have been printed yet.
    const [, [name, kept] = ['', '']] = shown;
    expect(name).toBe('hit');
    expect(kept.split('\n').filter((line) => line.includes('"nonce":"116"'))).toHaveLength(1);
    expect(kept.endsWith('\n')).toBe(true);
  } finally {
    await context.journal.close();
    rmSync(directory, { recursive: true });
  }
});
