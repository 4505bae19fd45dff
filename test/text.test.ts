import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { alternatives, cut, displayWidth, printable } from '../src/text.ts';
import { line, span } from '../src/view/terminal/span.ts';
import { table } from '../src/view/table.ts';
import { dangerous } from './view/dangerous.ts';

test.each([
  ['\u001B[2J\u001B]0;title\u0007', '?[2J?]0;title?'],
  ['\u009B31mred', '?31mred'],
  ['a\r\nb\tc\0', 'a??b?c?'],
  ['user\u202Egnp.exe\u2066\u200F\u061C', 'user?gnp.exe???'],
  ['line\u2028separator', 'line?separator'],
  ['plain text, naïve, 日本, 🚀', 'plain text, naïve, 日本, 🚀'],
])('%j is shown as %j', (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test('no control or direction-changing character passes, and nothing else is touched', () => {
  const unit = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\u001B[31m', '\u009B', '\u202E', '\u2069', '\u200E', '\u007F', '\n', '\u2029'),
  );
  fc.assert(
    fc.property(fc.array(unit), (parts) => {
      const text = parts.join('');
      const shown = printable(text, Infinity);
      expect(shown).not.toMatch(dangerous);
      expect(shown).toBe(Array.from(text, (char) => (dangerous.test(char) ? '?' : char)).join(''));
    }),
    { numRuns: 300 },
  );
});

test('an endless text is cut, and says so', () => {
  expect(printable('x'.repeat(500))).toBe('x'.repeat(500));
  expect(printable('x'.repeat(501))).toBe(`${'x'.repeat(499)}…`);
  expect(printable('abcdef', 4)).toBe('abc…');
});

test('a table is as wide as its widest cells, without trailing spaces or control characters', () => {
  expect(
    table([
      ['RUN', 'INSTANCES', 'WHY'],
      ['a-long-name', '2', 'line\nbreak\u001B[2J'],
      ['b', '10', ''],
    ]),
  ).toBe(
    ['RUN          INSTANCES  WHY', 'a-long-name  2          line?break?[2J', 'b            10', ''].join(
      '\n',
    ),
  );
  expect(table([])).toBe('');
  expect(table([['HEAD'], ['x'.repeat(200)]]).split('\n')[1]).toHaveLength(120);
});

test.each([
  ['', 0],
  ['abc …', 5],
  ['機械', 4],
  ['ｱ', 1], // half-width katakana
  ['Ａ', 2], // full-width letter
  ['e\u0301', 1], // combining accent
  ['🚀', 2],
  ['✓ › ·', 5],
  ['각', 2],
])('%j takes %i columns', (text, width) => {
  expect(displayWidth(text)).toBe(width);
});

test('a text is cut by what is seen, with an ellipsis', () => {
  expect(cut('abcdef', 6)).toBe('abcdef');
  expect(cut('abcdef', 5)).toBe('abcd…');
  expect(cut('機械は', 6)).toBe('機械は');
  expect(cut('機械は', 5)).toBe('機械…');
  expect(cut('機械は', 4)).toBe('機…');
  expect(cut('abc', 1)).toBe('…');
  expect(cut('abc', 0)).toBe('');
  expect(cut('🚀🚀', 3)).toBe('🚀…');
});

test('a line is cut across its spans, and styles do not count', () => {
  const spans = [span('abc', 'red'), span('def'), span('ghi', 'green')];
  const paint = (style: string, text: string): string => `<${style}>${text}</>`;
  expect(line(spans, 9, paint)).toBe('<red>abc</>def<green>ghi</>');
  expect(line(spans, 5, paint)).toBe('<red>abc</>d…');
  expect(line(spans, 3, paint)).toBe('<red>abc</>');
});

test('the columns of a table align where characters are two columns wide or none', () => {
  const rows = table([
    ['HOST', 'STATE'],
    ['機械', 'up'],
    ['e\u0301a', 'up'],
  ]).split('\n');
  expect(rows.map((row) => displayWidth(row.replace(/(?:STATE|up)$/, '')))).toEqual([6, 6, 6, 0]);
});

test('alternatives are joined as one says them', () => {
  const said = [[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map((words) => alternatives(words));
  expect(said).toEqual(['', 'a', 'a or b', 'a, b or c']);
});
