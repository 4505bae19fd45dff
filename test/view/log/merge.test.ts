import { expect, test } from 'vitest';
import { taggedLine } from '../../../src/view/log/line.ts';
import { mergeByTime, timed } from '../../../src/view/log/merge.ts';
import { collect, each } from '../../helper/collect.ts';

const run = '20261231-235955-x7k2';
const start = Date.parse('2026-12-31T23:59:55Z');

async function merged(...syslogs: (readonly string[])[]): Promise<string[]> {
  const sources = syslogs.map((lines, instance) => ({ instance, lines: each(lines) }));
  const lines = await collect(mergeByTime(sources, run, start));
  return lines.map(({ instance, line }) => taggedLine(instance, line, syslogs.length - 1));
}

test('syslogs are merged by time, across New Year', async () => {
  const first = ['Dec 31 23:59:56 a: one', 'Jan  1 00:00:02 a: four'];
  const second = ['Dec 31 23:59:59 b: two', 'Jan  1 00:00:00 b: three', 'Jan  1 00:00:03 b: five'];
  expect(await merged(first, second)).toEqual([
    '#0 Dec 31 23:59:56 a: one',
    '#1 Dec 31 23:59:59 b: two',
    '#1 Jan  1 00:00:00 b: three',
    '#0 Jan  1 00:00:02 a: four',
    '#1 Jan  1 00:00:03 b: five',
  ]);
});

test('at the same time it goes by instance, and the order within a syslog is kept', async () => {
  const a = ['Dec 31 23:59:57 a: one', 'Dec 31 23:59:57 a: two'];
  const b = ['Dec 31 23:59:57 b: one', 'Dec 31 23:59:57 b: two'];
  expect(await merged(a, b)).toEqual([...a.map((line) => `#0 ${line}`), ...b.map((line) => `#1 ${line}`)]);
});

test('lines without a time stay with the line before them, and a clock that goes back changes no order', async () => {
  const a = ['Dec 31 23:59:58 a: one', '  continued', 'Dec 31 23:59:40 a: two'];
  const b = ['Dec 31 23:59:57 b: one', 'Dec 31 23:59:59 b: two'];
  expect(await merged(a, b)).toEqual([
    '#1 Dec 31 23:59:57 b: one',
    '#0 Dec 31 23:59:58 a: one',
    '#0   continued',
    '#0 Dec 31 23:59:40 a: two',
    '#1 Dec 31 23:59:59 b: two',
  ]);
});

test('machines in different zones are merged by what is true', async () => {
  const berlin = ['Jan  1 00:30:00 kernel: boot', `Jan  1 00:59:57 run=${run}`, 'Jan  1 01:00:05 late'];
  const utc = [`2026-12-31T23:59:56.5Z run=${run}`, '2026-12-31T23:59:58Z middle'];
  expect(await merged(berlin, utc)).toEqual([
    '#0 Jan  1 00:30:00 kernel: boot',
    `#1 2026-12-31T23:59:56.5Z run=${run}`,
    `#0 Jan  1 00:59:57 run=${run}`,
    '#1 2026-12-31T23:59:58Z middle',
    '#0 Jan  1 01:00:05 late',
  ]);
});

test('an empty syslog and none at all are fine', async () => {
  expect(await merged([], ['Dec 31 23:59:57 b: one'])).toEqual(['#1 Dec 31 23:59:57 b: one']);
  expect(await merged()).toEqual([]);
  expect(await collect(timed(each(['no time at all']), run, start))).toHaveLength(1);
});

test('long syslogs that never name the run are passed on, not kept', async () => {
  const lines = Array.from({ length: 5000 }, (_, index) => `Dec 31 23:59:58 a: ${index}`);
  expect(await merged(lines)).toHaveLength(5000);
});

test('control characters are shown, not obeyed, and indices align', () => {
  expect(taggedLine(3, 'a\u001B[2Jb\tc\u202Ed\r', 10)).toBe('#3  a?[2Jb    c?d');
  expect(taggedLine(0, 'x'.repeat(5000), 0)).toHaveLength(5003);
});
