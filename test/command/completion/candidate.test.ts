import { expect, test } from 'vitest';
import { placeOf } from '../../../src/command/completion/candidate.ts';
import { comparisonOutput } from '../../../src/command/compare/output.ts';
import { exportLogs } from '../../../src/command/logs/export/export.ts';
import { commands } from '../../../src/command/registry/registry.ts';

const words = (line: string): string[] => line.split(' ');
const candidates = (line: string): string[] => {
  const place = placeOf(words(line), commands);
  return 'candidates' in place ? place.candidates.map(({ value }) => value) : [];
};
const kind = (line: string): string | undefined => {
  const place = placeOf(words(line), commands);
  return 'values' in place ? `${place.before}${place.values}` : undefined;
};

test('commands, subcommands and flags', () => {
  expect(candidates('')).toEqual([
    'start',
    'attach',
    'watch',
    'resume',
    'scram',
    'ps',
    'logs',
    'report',
    'plan',
    'compare',
    'verify',
    'bench',
    'doctor',
    'init',
    'completion',
  ]);
  expect(candidates('logs ')).toEqual('ls show replay grep pull push rm prune index export'.split(' '));
  expect(candidates('start ')).toEqual(expect.arrayContaining(['--N', '--fleet', '--help']));
  expect(candidates('logs --')).toContain('--since');
  expect(candidates('logs rm last --')).toContain('--older-than');
  expect(candidates('nothing ')).toEqual([]);
  expect(candidates('logs nothing ')).toEqual([]);
});

test('the words of a flag that takes no other, which are those that it takes', async () => {
  const formats = ['table', 'json', 'markdown', 'csv', 'html', 'svg'];
  expect(candidates('compare --format ')).toEqual(formats);
  expect(candidates('compare --format=m')).toEqual(formats.map((format) => `--format=${format}`));
  expect(() => comparisonOutput({ format: 'x' })).toThrow(`must be one of ${formats.join(', ')}`);
  for (const [flag, valid] of [
    ['format', ['csv', 'parquet']],
    ['rows', ['runs', 'instances']],
  ] as const) {
    expect(candidates(`logs export --${flag} `)).toEqual(valid);
    await expect(exportLogs({ [flag]: 'x' })).rejects.toThrow(`must be one of ${valid.join(', ')}`);
  }
});

test('a flag that is there is not offered again, by either of its names', () => {
  expect(candidates('start --instances 4 --json --')).not.toContain('--N');
  expect(candidates('start --instances 4 --json --')).not.toContain('--json');
  expect(candidates('start --fleet=local --')).not.toContain('--fleet');
});

test.each([
  ['start --fleet ', 'fleet'],
  ['start --fleet=', '--fleet=fleet'],
  ['start --fleet =', '--fleet=fleet'],
  ['start --fleet = lo', '--fleet=fleet'],
  ['start --N 4 --scheme sha', 'scheme'],
  ['start --unit ', 'unit'],
  ['start --kernel ', 'kernel'],
  ['start --config ', 'file'],
  ['scram --run ', 'live-run'],
  ['attach ', 'any-run'],
  ['watch ', 'any-run'],
  ['logs --outcome ', 'outcome'],
  ['logs ls --outcome ', 'outcome'],
  ['logs show ', 'archived-run'],
  ['logs show --config x.json ', 'archived-run'],
  ['logs show --verbose 20', 'archived-run'],
  ['logs grep pattern ', 'archived-run'],
  ['logs pull last ', 'directory'],
  ['logs rm one ', 'archived-run'],
  ['logs rm one two ', 'archived-run'],
  ['completion ', 'shell'],
])('%s takes a %s', (line, expected) => expect(kind(line)).toBe(expected));

test.each(['start --N ', 'logs grep ', 'logs show last ', 'logs rm --older-than '])(
  '%s takes what cannot be known',
  (line) => {
    expect(kind(line)).toBeUndefined();
    expect(candidates(line)).toEqual([]);
  },
);
