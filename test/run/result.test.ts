import { describe, expect, test } from 'vitest';
import { CndError } from '../../src/error.ts';
import type { Hit } from '../../src/engine/hit.ts';
import { exitCodes } from '../../src/event/outcome.ts';
import { type Ending, runResult } from '../../src/run/result.ts';

const hit: Hit = { instance: 3, nonce: 116n, digest: '00a7' };
const sigint = { name: 'SIGINT', exitCode: 130 };
const endings = {
  found: { kind: 'found', hit },
  exhausted: { kind: 'exhausted' },
  timeLimit: { kind: 'time-limit', searched: true },
  interrupted: { kind: 'interrupted', by: sigint },
  lost: { kind: 'lost', reason: 'connection reset' },
  failed: { kind: 'failed', error: new CndError('no-room', 'no room', { hint: 'make some' }) },
} satisfies Record<string, Ending>;

test('the exit codes of DESIGN.md', () => {
  expect(exitCodes).toEqual({ found: 0, failed: 1, usage: 2, notFound: 3, cleanupUnconfirmed: 4 });
});

describe('nothing found', () => {
  test.each([
    ['exhausted', { outcome: 'exhausted', exitCode: 3 }],
    ['timeLimit', { outcome: 'time-limit', exitCode: 3 }],
    ['interrupted', { outcome: 'interrupted', exitCode: 130, reason: 'SIGINT' }],
    ['lost', { outcome: 'failed', exitCode: 1, reason: 'connection reset' }],
    ['failed', { outcome: 'failed', exitCode: 1, reason: 'no room (make some)' }],
  ] as const)('%s', (kind, expected) => {
    for (const smallest of [false, true]) {
      expect(runResult(endings[kind], undefined, smallest)).toEqual(expected);
    }
  });

  test('what was taken back at the end proves nothing', () => {
    const reason = expect.stringContaining('took back') as string;
    const failed = { outcome: 'failed', exitCode: 1, reason };
    expect(runResult(endings.exhausted, undefined, false, false)).toEqual(failed);
    expect(runResult(endings.exhausted, undefined, true, false)).toEqual(failed);
    const unproven = { outcome: 'unproven', exitCode: 3, hit, reason };
    expect(runResult(endings.found, hit, true, false)).toEqual(unproven);
    expect(runResult(endings.found, hit, false, false)).toEqual({ outcome: 'found', exitCode: 0, hit });
  });

  test('T that passed before anybody searched says so', () => {
    expect(runResult({ kind: 'time-limit', searched: false }, undefined, false)).toEqual({
      outcome: 'time-limit',
      exitCode: 3,
      reason: 'the time limit was reached before anything was searching',
    });
  });

  test.each([
    [new Error('plain'), 'plain'],
    ['words', 'words'],
    [new CndError('c', 'no hint'), 'no hint'],
  ])('the reason of a failure: %s', (error, reason) => {
    expect(runResult({ kind: 'failed', error }, undefined, false).reason).toBe(reason);
  });

  test.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('%s exits with %i', (name, exitCode) => {
    const by = { name, exitCode };
    expect(runResult({ kind: 'interrupted', by }, undefined, false)).toMatchObject({
      exitCode,
      reason: name,
    });
  });
});

describe('a hit was verified', () => {
  test('found is found', () => {
    for (const smallest of [false, true]) {
      expect(runResult(endings.found, hit, smallest)).toEqual({ outcome: 'found', exitCode: 0, hit });
    }
  });

  test.each(['exhausted', 'timeLimit', 'interrupted', 'lost', 'failed'] as const)(
    'the first one is what was asked for, even when %s came just after it',
    (kind) => {
      expect(runResult(endings[kind], hit, false)).toEqual({ outcome: 'found', exitCode: 0, hit });
    },
  );

  test.each([
    ['timeLimit', { outcome: 'unproven', exitCode: 3, hit }],
    ['interrupted', { outcome: 'interrupted', exitCode: 130, hit, reason: 'SIGINT' }],
    ['lost', { outcome: 'failed', exitCode: 1, hit }],
    ['failed', { outcome: 'failed', exitCode: 1, hit }],
  ] as const)('of the smallest it is only a candidate: %s', (kind, expected) => {
    expect(runResult(endings[kind], hit, true)).toMatchObject(expected);
  });
});
