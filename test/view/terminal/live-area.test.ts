import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { LiveArea } from '../../../src/view/terminal/live-area.ts';
import { Screen } from './screen.ts';

const size = { columns: 20, rows: 8 };
const text = fc.string({ unit: fc.constantFrom('a', 'b', ' '), maxLength: 19 }).map((line) => line.trimEnd());

test('whatever is drawn, the screen has all permanent lines and the last frame, once', () => {
  const frames = fc.array(
    fc.record({ news: fc.array(text, { maxLength: 5 }), lines: fc.array(text, { maxLength: 7 }) }),
  );
  fc.assert(
    fc.property(frames, (drawn) => {
      const screen = new Screen(size.rows);
      const area = new LiveArea(true);
      screen.write('$ cnd start\r\n');
      for (const { news, lines } of drawn) screen.write(area.redraw(news, lines, size));
      const permanent = ['$ cnd start', ...drawn.flatMap(({ news }) => news)];
      const shown = [...permanent, ...(drawn.at(-1)?.lines ?? [])];
      expect(screen.cursor).toBe(shown.length);
      expect(screen.text.slice(0, shown.length)).toEqual(shown);
      expect(screen.text.slice(shown.length).join('')).toBe('');
      screen.write(area.erase(size));
      expect(screen.cursor).toBe(permanent.length);
      expect(screen.text.slice(0, permanent.length)).toEqual(permanent);
      expect(screen.text.slice(permanent.length).join('')).toBe('');
    }),
  );
});

test('what does not change is not written again', () => {
  const area = new LiveArea(true);
  area.redraw([], ['one', 'two', 'three'], size);
  expect(area.redraw([], ['one', 'two', 'three'], size)).toBe('');
  const update = area.redraw([], ['one', 'TWO', 'three'], size);
  expect(update).toContain('TWO');
  expect(update).not.toMatch(/one|three/);
});

test('the cursor is never hidden, the screen never cleared, and wrapping is on after each frame', () => {
  const area = new LiveArea(true);
  const written = [
    area.redraw(['news'], ['one'], size),
    area.redraw([], ['two', 'three'], { columns: 10, rows: 3 }),
    area.erase(size),
  ].join('');
  // oxlint-disable-next-line no-control-regex -- sequences
  expect(written).not.toMatch(/\u001B\[(?:\?25|2J)/);
  expect(written.lastIndexOf('?7h')).toBeGreaterThan(written.lastIndexOf('?7l'));
});

test('in a narrower terminal that breaks lines anew, all that they take is redrawn; in one that cuts them, less', () => {
  const lines = ['x'.repeat(19), 'y'.repeat(5), ''];
  const up = (reflows: boolean): string | undefined => {
    const area = new LiveArea(reflows);
    area.redraw([], lines, size);
    const [first] = /\d+(?=A)/.exec(area.redraw([], lines, { columns: 10, rows: 8 })) ?? [];
    return first;
  };
  expect(up(true)).toBe('4');
  expect(up(false)).toBe('3');
});

test('a terminal that was small and grows again shows the latest news and the frame, and nothing else', () => {
  const area = new LiveArea(true);
  area.redraw(['first', 'second'], ['one', 'two'], size);
  area.redraw([], ['one', 'two'], { columns: 20, rows: 4 });
  const screen = new Screen(5);
  screen.write('pieces\r\nof an\r\nold frame\r\n');
  screen.write(area.redraw(['third'], ['one', 'two'], { columns: 20, rows: 5 }));
  expect(screen.text).toEqual(['second', 'third', 'one', 'two', '']);
});

test('after a stop nothing above is touched', () => {
  const area = new LiveArea(true);
  area.redraw([], ['one', 'two'], size);
  area.forget();
  // oxlint-disable-next-line no-control-regex -- sequences
  expect(area.redraw([], ['one', 'two'], size)).not.toMatch(/\u001B\[\d+A/);
  area.forget();
  expect(area.erase(size)).toBe('');
});
