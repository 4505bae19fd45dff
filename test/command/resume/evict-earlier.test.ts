import { describe, expect, test } from 'vitest';
import { unconfirmed } from '../../../src/command/resume/evict-earlier.ts';

const [a, b] = [{ id: 'me@a:22' }, { id: 'me@b:22' }];
const failed = (of: { readonly id: string }) => ({ ...of, error: new Error('it is switched off') });

describe('of a run on hosts something may be left', () => {
  test.each([
    [
      'where one is not seen to be clean',
      [a, failed(b)],
      'it may still search on me@b:22: it is switched off',
    ],
    ['where one is not looked at', [a], 'it may still search on me@b:22'],
    ['where none is looked at', [], 'it may still search on me@a:22, me@b:22'],
  ])('%s', (_, evictions, words) => {
    expect(unconfirmed({ instances: [a.id, b.id], count: 2 }, evictions)).toBe(words);
  });

  test('where as many as it had are not clean, when it is not known which they were', () => {
    const words = 'it had 2 hosts, and 1 are seen to be clean: it is switched off';
    expect(unconfirmed({ instances: [], count: 2 }, [a, failed(b)])).toBe(words);
    expect(unconfirmed({ instances: [], count: 2 }, [a, b])).toBeUndefined();
  });

  test('and not where all of them are clean, whatever others are', () => {
    expect(unconfirmed({ instances: [a.id], count: 1 }, [a, failed(b)])).toBeUndefined();
  });
});
