import { expect, test } from 'vitest';
import {
  restoreSearch,
  searchBase,
  searchSnapshotOf,
  strideOf,
} from '../../../../src/engine/agents/resume/resumed-search.ts';
import { WorkerPool } from '../../../../src/engine/agents/worker-pool.ts';
import { Ledger } from '../../../../src/search/ledger.ts';

const space = { from: 0n, limit: 1_000_000n, chunk: 1000n };

/** What a controller of three workers keeps, and how often that has been read. */
function kept(): { readonly value: object; readonly reads: () => number } {
  const { value } = searchSnapshotOf(new Ledger(space, 3, []), new WorkerPool(3), undefined);
  let reads = 0;
  const ledger: unknown = (value as { readonly ledger: unknown }).ledger;
  const counting = Object.defineProperty({ ...(value as object) }, 'ledger', {
    enumerable: true,
    get: () => {
      reads += 1;
      return ledger;
    },
  });
  return { value: counting, reads: () => reads };
}

test('a search that was looked at before anything is touched is read once, and gone on with once', () => {
  const { value, reads } = kept();
  restoreSearch(value, space);
  const once = reads();
  const begun = { space, snapshot: value, elapsed: () => 1, isContinued: true };
  expect(strideOf(begun, 7)).toBe(3);
  const { ledger } = searchBase({ ...begun, workers: 3 });
  expect(reads()).toBe(once);
  // Whoever begins another from the same does not share what has become of this one.
  expect(searchBase({ ...begun, workers: 3 }).ledger).not.toBe(ledger);
});

test('one that was looked at is refused for another space all the same', () => {
  const { value } = kept();
  restoreSearch(value, space);
  expect(() => restoreSearch(value, { ...space, chunk: 1001n })).toThrow(
    expect.objectContaining({ code: 'state-damaged' }),
  );
});
