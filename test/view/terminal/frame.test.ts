import { expect, test } from 'vitest';
import type { EventFields } from '../../../src/event/event.ts';
import { countdown, frame } from '../../../src/view/terminal/frame.ts';
import { type LiveRun, initialState } from '../../../src/view/terminal/state.ts';
import { displayWidth } from '../../../src/text.ts';
import { eventAt, launched, plan, searching, searchingRun, start, stateAfter } from './run.ts';

const at = (seconds: number): number => start + seconds * 1000;

for (const instances of [1, 8, 100]) {
  for (const [columns, rows] of [
    [79, 20],
    [80, 24],
    [200, 60],
    [40, 10],
    [12, 5],
    [1, 1],
  ] as const) {
    test(`${instances} instances fit into ${columns}×${rows}`, () => {
      const lines = frame(searchingRun(instances), at(5), columns, rows);
      expect(lines.length).toBeLessThanOrEqual(rows);
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
    });
  }
}

test('a frame tells the phase, the countdown, the totals, and a row for each instance', () => {
  expect(frame(searchingRun(8), at(5.2), 79, 20)).toEqual([
    '',
    'launch ✓ › boot ✓ › search 3.2 s › stop › logs › terminate            3:15 to T',
    '6 of 8 searching; waiting for #5: port 22 refuses connections: sshd is not up …',
    '7.41 MH/s · 98,765,432 nonces, 2.30 % of space · odds 30.8 % · ETA 9 min 26 s',
    '  #  state       kernel                rate       nonces',
    '  0  searching   pow.c avx512 ×2  1.23 MH/s    1,234,567',
    '  1  searching   pow.c avx512 ×2  1.23 MH/s    1,234,567',
    '  2  searching   pow.c avx512 ×2  1.23 MH/s    1,234,567',
    '  3  searching   pow.c avx512 ×2  1.23 MH/s    1,234,567',
    '  4  searching   pow.c avx512 ×2  1.23 MH/s    1,234,567',
    '  5  waiting     port 22 refuses connections: sshd is not up yet',
    '  6  searching   pow.c avx512 ×2  1.23 MH/s    1,234,567',
    '  7  lost        the connection was lost',
  ]);
});

test('in 40 columns the rates, the countdown and the keys are whole; the kernels are left out', () => {
  const lines = frame(searchingRun(8), at(5.2), 39, 20, undefined, true);
  expect(lines.slice(1, 2)).toEqual(['3:15 to T  launch ✓ › boot ✓ › search …']);
  expect(lines.slice(4, 6)).toEqual([
    '  #  state            rate       nonces',
    '  0  searching   1.23 MH/s    1,234,567',
  ]);
  expect(lines.at(-1)).toBe('keys: s, i, q; h explains them');
  // Rates have up to eleven characters: then the nonces go too.
  const slow = frame(searchingRun(8, 69_600), at(5.2), 39, 20);
  expect(slow.slice(4, 6)).toEqual(['  #  state              rate', '  0  searching   0.0696 MH/s']);
});

test('of a hundred instances those that are lost or wait have rows, and the others are counted', () => {
  const lines = frame(searchingRun(100), at(5), 79, 23);
  expect(lines).toHaveLength(23);
  expect(lines.at(-1)).toBe('… and 82 more: 82 searching');
  expect(lines.some((line) => /^ {2}7 {2}lost /.test(line))).toBe(true);
  expect(lines.filter((line) => /waiting {5}port 22/.test(line))).toHaveLength(10);
});

test('one that found a golden nonce keeps its row', () => {
  const hit = eventAt(5, 'hit', { instance: 99, nonce: '116', digest: '00', elapsed: 5 });
  const lines = frame(stateAfter([hit], searchingRun(100)), at(5), 79, 23);
  expect(lines.some((line) => /^ 99 .*golden/.test(line))).toBe(true);
});

test('on a wide terminal phases that are over show their time', () => {
  const [, phases] = frame(searchingRun(1), at(5), 120, 30);
  expect(phases).toMatch(
    /^launch 0\.8 s › boot 1\.0 s › search 3\.0 s › stop › logs › terminate +3:15 to T$/,
  );
});

test('the archive is a phase of runs that have come to it', () => {
  const archiving = eventAt(5, 'archive.started', { location: 's3://logs/x', files: 5 });
  const [, phases] = frame(stateAfter([archiving], searchingRun(1)), at(6), 79, 20);
  expect(phases).toMatch(/search ✓ › archive 1\.0 s /);
});

test('each phase says what it waits for', () => {
  const words = (...events: Parameters<typeof stateAfter>[0]): string =>
    frame(stateAfter(events), at(6), 150, 30)[2] ?? '';
  const ready = eventAt(0, 'run.planned', plan(3));
  expect(words(ready)).toBe('getting ready');
  expect(words(ready, eventAt(0, 'launch.started', { instances: 3 }))).toBe('launching 3 instances on local');
  expect(words(...launched(3))).toBe('waiting for #0 (and 2 more): booting');
  const running = [...launched(3), ...[0, 1, 2].flatMap((index) => searching(index))];
  expect(words(...running)).toBe('3 of 3 searching');
  const hit = eventAt(5, 'hit', { instance: 2, nonce: '116', digest: '00', elapsed: 5 });
  const stopped = eventAt(5, 'instance.stopped', { instance: 2, reason: 'hit', latency: 0 });
  expect(words(...running, hit, stopped)).toBe(
    'golden nonce 116 from #2; waiting for the kernels on #0 #1 to exit',
  );
  const all = eventAt(5.1, 'search.stopped', { reason: 'found', latency: 0.1, unconfirmed: [] });
  const log = eventAt(5.2, 'logs.pulled', { instance: 0, name: 'Instance0.log.gz', bytes: 1 });
  expect(words(...running, hit, all, log)).toBe(
    'golden nonce 116 from #2; 1 of 3 syslogs processed; waiting for that of #1 #2',
  );
  const terminating = eventAt(5.4, 'terminate.started', { instances: 3 });
  expect(words(...running, hit, all, terminating)).toBe('golden nonce 116 from #2; terminating 3 instances');
  const archiving = eventAt(5.8, 'archive.started', { location: 's3://logs/x', files: 5 });
  expect(words(...running, hit, all, terminating, archiving)).toBe(
    'golden nonce 116 from #2; uploading the logs to s3://logs/x',
  );
  const candidate = [...launched(1, true), ...searching(0), { ...hit, instance: 0 }];
  expect(words(...candidate)).toBe('candidate 116 from #0; 1 of 1 searching everything below it');
});

test('nothing is left of it once the run has ended', () => {
  expect(frame({ ...searchingRun(8), phase: 'ended' }, at(5), 80, 24)).toEqual([]);
});

test('the countdown goes on between events, and beyond T', () => {
  const state = { ...initialState(start), timeLimit: 60 };
  expect(countdown(state, at(0))).toBe('1:00 to T');
  expect(countdown(state, at(0.5))).toBe('1:00 to T');
  expect(countdown(state, at(53.1))).toBe('0:07 to T');
  expect(countdown(state, at(60))).toBe('0:00 to T');
  expect(countdown(state, at(64))).toBe('T + 0:04');
  expect(countdown(state, at(-100))).toBe('1:00 to T'); // the wall clock was set back
  expect(countdown({ ...state, timeLimit: 86_400 }, at(22_677))).toBe('17:42:03 to T');
});

test('nothing in a frame is a control character, whatever instances say', () => {
  const evil = eventAt(1, 'instance.waiting', {
    instance: 0,
    cause: 'x',
    message: '\u001B]0;pwned\u0007\n'.repeat(50),
  });
  const lines = frame(stateAfter([...launched(2), evil]), at(2), 80, 24);
  // oxlint-disable-next-line no-control-regex -- what must not be there
  for (const line of lines) expect(line).not.toMatch(/[\u0000-\u001F\u007F-\u009F]/);
  for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(80);
});

test('the cost so far is an upper bound, of those that are not terminated, and never a guess', () => {
  const price = { hourly: 36, leastSeconds: 60, basis: 'x' };
  const paid = (fields: Partial<EventFields['run.preflight']>) =>
    stateAfter([
      eventAt(0, 'run.planned', plan(2)),
      eventAt(0, 'run.preflight', { facts: [], costBasis: 'x', ...fields }),
      eventAt(1, 'launch.started', { instances: 2 }),
    ]);
  const line = (state: LiveRun, seconds: number): string | undefined =>
    frame(state, start + seconds * 1000, 80, 20).find((one) => one.startsWith('cost'));
  const known = paid({ cost: 5, price });
  expect(line(known, 2)).toBe('cost so far at most $1.20, limit $5.00');
  const one = stateAfter(
    [
      eventAt(2, 'instance.launched', { instance: 0, id: 'a' }),
      eventAt(2, 'instance.launched', { instance: 1, id: 'b' }),
      eventAt(101, 'instance.terminated', { instance: 0, id: 'a' }),
    ],
    known,
  );
  expect(line(one, 201)).toBe('cost so far at most $3.00, limit $5.00');
  expect(line(one, 2001)).toBe('cost so far at most $5.00, limit $5.00');
  expect(line(paid({}), 2)).toBe('cost so far unknown');
  expect(line(stateAfter([eventAt(1, 'launch.started', { instances: 2 })]), 2)).toBeUndefined();
});

test('a question is whole, also where the terminal is narrow or low', () => {
  const question = 'The run may cost $2.31, more than the $1.00 of confirmAbove. Launch 8 instances?';
  const asked = { ...initialState(start), question };
  const narrow = frame(asked, at(1), 39, 20).join(' ').replaceAll(/\s+/g, ' ');
  expect(narrow).toContain(`${question} [y/N] waiting for your answer`);
  expect(frame(asked, at(1), 39, 3).join('\n')).toContain('[y/N]');
});

test('machines that live on are released in the live view, too', () => {
  const events = [
    eventAt(0, 'run.planned', { ...plan(2), fleet: 'hosts', released: true }),
    ...launched(2).slice(1),
    eventAt(5, 'terminate.started', { instances: 2, released: true }),
    eventAt(6, 'instance.terminated', { instance: 0, id: 'a', released: true }),
  ];
  const shown = frame(stateAfter(events), at(7), 120, 20).join('\n');
  expect(shown).toMatch(/› release \d[^]*releasing 2 instances[^]*released/);
  expect(shown).not.toMatch(/terminat/);
});
