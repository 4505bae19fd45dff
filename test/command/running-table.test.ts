import { expect, test } from 'vitest';
import type { RunningRun } from '../../src/scram/inventory.ts';
import { announcedLines, costLines, runningJson, runningTable } from '../../src/command/running-table.ts';
import { run } from '../view/example.ts';

const now = Date.parse('2026-11-20T08:12:03Z');
const runs: RunningRun[] = [
  {
    run,
    fleet: 'local',
    instances: [
      { id: 'local-1', index: 0, state: 'running', address: 'u@h:1' },
      { id: 'local-2', index: 1, state: 'running' },
      { id: 'local-3', index: 2, state: 'shutting-down', reason: 'dead-man' },
    ],
    expiresAt: new Date(now + 65_000),
    orphans: [],
    controller: 'alive',
  },
  { run: 'stray\u001B[2J', fleet: 'ec2', instances: [], orphans: [], controller: 'unknown' },
  { run, fleet: 'hosts', instances: [], orphans: [], expiresAt: new Date(now - 5000), controller: 'gone' },
];

test('the table of cnd ps', () => {
  expect(runningTable(runs, now).split('\n')).toEqual([
    'RUN                   FLEET  INSTANCES                   AGE     EXPIRES     CONTROLLER',
    '20261120-081103-x7k2  local  2 running, 1 shutting-down  60.0 s  in 65.0 s   alive',
    'stray?[2J             ec2    none                        -       -           unknown',
    '20261120-081103-x7k2  hosts  none                        60.0 s  5.00 s ago  gone',
    '',
  ]);
});

test('a clock that is behind makes no negative age', () => {
  expect(runningTable(runs.slice(0, 1), Date.parse('2026-11-20T08:00:00Z'))).toContain('  0.00 s  ');
});

test('the same for programs, without what is private', () => {
  const parsed: unknown = JSON.parse(runningJson(runs));
  expect(parsed).toMatchObject([
    {
      run,
      fleet: 'local',
      orphans: [],
      controller: 'alive',
      startedAt: '2026-11-20T08:11:03.000Z',
      expiresAt: '2026-11-20T08:13:08.000Z',
      instances: [{ id: 'local-1', index: 0, state: 'running' }, {}, { reason: 'dead-man' }],
    },
    { fleet: 'ec2', instances: [] },
    { fleet: 'hosts' },
  ]);
  expect(runningJson(runs)).not.toContain('host"');
  expect(runningJson([])).toBe('[]\n');
});

test('what a run has cost is told with its basis, and what is not known as unknown', () => {
  const known = { amount: 0.0421, basis: 'c7a.medium on demand, built-in table of 2026-07' };
  const [free] = runs;
  if (!free) throw new Error('there are runs');
  const paid = [
    free,
    { ...free, cost: known },
    { ...free, cost: { basis: 'no price is known for x9.large' } },
  ];
  expect(runningTable(paid, now).split('\n').slice(0, 4)).toEqual([
    'RUN                   FLEET  INSTANCES                   AGE     EXPIRES    COST            CONTROLLER',
    '20261120-081103-x7k2  local  2 running, 1 shutting-down  60.0 s  in 65.0 s  -               alive',
    '20261120-081103-x7k2  local  2 running, 1 shutting-down  60.0 s  in 65.0 s  at most $0.043  alive',
    '20261120-081103-x7k2  local  2 running, 1 shutting-down  60.0 s  in 65.0 s  unknown         alive',
  ]);
  expect(costLines(paid)).toBe(
    'cost: c7a.medium on demand, built-in table of 2026-07\ncost: no price is known for x9.large\n',
  );
  const parsed = JSON.parse(runningJson(paid)) as object[];
  expect(parsed[0]).not.toHaveProperty('cost');
  expect(parsed[1]).toMatchObject({ cost: 0.0421, costBasis: known.basis });
  expect(parsed[2]).toMatchObject({ cost: null, costBasis: 'no price is known for x9.large' });
});

test('a digest of bitcoin that was announced is shown reversed; programs get it raw and reversed', () => {
  const raw = `${'ab'.repeat(28)}00000000`;
  const reversed = `00000000${'ab'.repeat(28)}`;
  const [first] = runs;
  if (!first) throw new Error('there are runs');
  const told = (scheme?: string) => [
    { ...first, announced: [{ nonce: 7n, digest: raw, ...(scheme && { scheme }) }] },
  ];
  expect(announcedLines(told('bitcoin'))).toBe(
    `${run} has announced nonce 7, digest ${reversed} (not verified)\n`,
  );
  expect(announcedLines(told('sha256d'))).toContain(`digest ${raw} `);
  expect(announcedLines(told())).toContain(`digest ${raw} `);
  const [bitcoin, plain] = [...told('bitcoin'), ...told('sha256d')].map(
    (one) => (JSON.parse(runningJson([one])) as { announced: object[] }[])[0]?.announced[0],
  );
  expect(bitcoin).toEqual({ nonce: '7', digest: raw, displayDigest: reversed });
  expect(plain).toEqual({ nonce: '7', digest: raw });
});
