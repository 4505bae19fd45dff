import { Writable } from 'node:stream';
import type { WriteStream } from 'node:tty';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, expect, test, vi } from 'vitest';
import { Output } from '../../../src/view/output.ts';
import type { DisplayListener } from '../../../src/view/display/view.ts';
import { TerminalView } from '../../../src/view/terminal/terminal.ts';
import { eventAt, launched, searching, start } from './run.ts';

afterEach(() => vi.useRealTimers());

/** A view on a terminal of 80×24 that keeps what is written; writing fails with `failure`. */
function viewOn(
  failure?: Error,
  listener?: DisplayListener,
): {
  view: TerminalView;
  frames: string[];
  summary: string[];
  terminal: WriteStream;
} {
  const frames: string[] = [];
  const summary: string[] = [];
  const writable = (written: string[]): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        if (chunk.length > 0) written.push(chunk.toString());
        done(failure);
      },
    });
  const stderr = writable(frames);
  const terminal = Object.assign(stderr, {
    isTTY: true,
    columns: 80,
    rows: 24,
    getColorDepth: () => 1,
  }) as unknown as WriteStream;
  const output = { stdout: new Output(writable(summary)), stderr: new Output(terminal) };
  const view = new TerminalView({
    ...output,
    terminal,
    env: {},
    verbose: false,
    start,
    ...(listener && { listener }),
  });
  return { view, frames, summary, terminal };
}

function ended() {
  return eventAt(9, 'run.ended', {
    outcome: 'found',
    exitCode: 0,
    nonce: '116',
    tested: '1000',
    rate: 1e6,
    elapsed: 9,
    phases: {},
    coverage: {
      tested: '1000',
      from: '0',
      chunk: '1',
      stride: 1,
      residues: [],
      ranges: [],
      rangesCut: false,
    },
    smallest: true,
    logs: 'logs/x',
    launched: 2,
    terminated: 2,
    left: [],
  });
}

test('many events make few frames, each of them one write', () => {
  vi.useFakeTimers({ now: start + 2000 });
  const { view, frames } = viewOn();
  for (const event of launched(8)) view.show(event);
  for (let step = 0; step < 200; step++) {
    for (const event of searching(step % 8)) view.show(event);
    vi.advanceTimersByTime(5);
  }
  expect(frames.length).toBeGreaterThanOrEqual(4);
  expect(frames.length).toBeLessThanOrEqual(10);
});

test('the countdown goes on without events', () => {
  vi.useFakeTimers({ now: start });
  const { view, frames } = viewOn();
  for (const event of launched(1)) view.show(event);
  vi.advanceTimersByTime(5500);
  expect(stripVTControlCharacters(frames[0] ?? '')).toContain('3:20 to T');
  expect(stripVTControlCharacters(frames.at(-1) ?? '')).toContain('3:15 to T');
});

test('news stay, the live area goes, and the summary is on stdout', async () => {
  const { view, frames, summary } = viewOn();
  for (const event of [...launched(1), ...searching(0)]) view.show(event);
  view.show(eventAt(4, 'warning', { message: 'beware \u001B[2J' }));
  view.show(ended());
  await view.finish();
  const written = frames.join('');
  expect(written).toContain('warning: beware ?[2J');
  expect(written).toContain('1 instance on local');
  expect(summary.join('')).toMatch(/^outcome +golden nonce found$/m);
});

test('a terminal that went away harms nothing', async () => {
  const { view } = viewOn(Object.assign(new Error('write EIO'), { code: 'EIO' }));
  for (const event of [...launched(1), ...searching(0)]) view.show(event);
  view.show(eventAt(4, 'warning', { message: 'first' }));
  await new Promise((resolve) => setImmediate(resolve));
  view.show(ended());
  await expect(view.finish()).resolves.toBe(true);
});

test('nothing listens any more once it is closed', async () => {
  const listeners = (): number => process.listenerCount('SIGCONT');
  const before = listeners();
  const { view, terminal } = viewOn();
  expect(listeners()).toBe(before + 1);
  view.show(ended());
  await view.finish();
  expect(listeners()).toBe(before);
  expect(terminal.listenerCount('resize')).toBe(0);
});

test.each([
  ['y', [true]],
  ['Y', [true]],
  ['n', [false]],
  ['\n', [false]],
  ['\r', [false]],
  ['\u0004', [false]],
  ['\u001B', [false]],
  ['sih ', []],
])('a question is answered by %j with %j', (keys, expected) => {
  const answers: boolean[] = [];
  const { view } = viewOn(undefined, { quit: () => {}, answer: (yes) => answers.push(yes) });
  view.key('y');
  view.ask('Launch?');
  for (const key of keys) view.key(key);
  view.key('x');
  expect(answers).toEqual(expected);
  view.ask(undefined);
  view.key('y');
  expect(answers).toEqual(expected);
});
