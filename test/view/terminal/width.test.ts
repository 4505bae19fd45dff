import { expect, test } from 'vitest';
import { line, span } from '../../../src/view/terminal/span.ts';
import { cut, displayWidth } from '../../../src/view/terminal/width.ts';

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
