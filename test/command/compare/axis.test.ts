import { expect, test } from 'vitest';
import {
  axesOf,
  commonFlags,
  refuseSeriesFlags,
  repeatsOf,
  stepFlags,
} from '../../../src/command/compare/axis.ts';
import { comparisonOutput } from '../../../src/command/compare/output.ts';

test('lists are taken apart; what is not given is as the settings have it', () => {
  expect(axesOf({ N: '1, 2,4', D: '5,6' })).toEqual({ N: ['1', '2', '4'], D: ['5', '6'] });
  expect(() => axesOf({ N: '1,,2' })).toThrow("--N is '1,,2': a value is empty");
  expect(() => axesOf({ kernel: 'auto,auto' })).toThrow("--kernel is 'auto,auto': auto is given twice");
  expect([repeatsOf({}), repeatsOf({ repeats: '3' })]).toEqual([1, 3]);
  for (const repeats of ['0', '101', '1.5', 'many', ''])
    expect(() => repeatsOf({ repeats })).toThrow('must be a whole number from 1 to 100');
});

test('each run has its own N, all of it, and the smallest nonce; what is varied is no common flag', () => {
  const common = commonFlags({
    N: '1,2',
    instances: '1,2',
    D: '5,6',
    T: '60',
    'max-cost': '2',
    spot: true,
    yes: true,
    json: true,
    repeats: '3',
    config: 'a.json',
  });
  expect(common).toEqual({ T: '60', 'max-cost': '2', spot: true, config: 'a.json' });
  expect(stepFlags({ T: '60' }, { N: '4', type: 'c7a.large', D: '6' })).toEqual({
    T: '60',
    N: '4',
    'min-N': '4',
    smallest: true,
    type: 'c7a.large',
    D: '6',
  });
});

test('settings beside runs that have theirs are refused, a budget beside a series that goes on is not', () => {
  expect(() => refuseSeriesFlags({ runs: 'last', D: '5' }, 'runs', [])).toThrow('--D and --runs');
  expect(() => refuseSeriesFlags({ series: 'last', repeats: '2' }, 'series', [])).toThrow('--repeats');
  expect(() =>
    refuseSeriesFlags({ resume: 'last', 'max-cost': '2', spot: false }, 'resume', ['max-cost']),
  ).not.toThrow();
});

test('the format is that of the flag, else of the name of the file', () => {
  expect(comparisonOutput({})).toEqual({ format: 'table', file: undefined });
  expect(comparisonOutput({ json: true })).toEqual({ format: 'json', file: undefined });
  expect(comparisonOutput({ output: 'a/b.SVG' })).toEqual({ format: 'svg', file: 'a/b.SVG' });
  expect(comparisonOutput({ output: 'b.html', format: 'csv' })).toEqual({ format: 'csv', file: 'b.html' });
  expect(() => comparisonOutput({ output: 'b.pdf' })).toThrow('its name tells no format');
  expect(() => comparisonOutput({ format: 'markdwn' })).toThrow('must be one of table, json, markdown');
  expect(() => comparisonOutput({ json: true, format: 'csv' })).toThrow('only one format');
});
