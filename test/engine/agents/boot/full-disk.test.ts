import { expect, test } from 'vitest';
import { fullDiskHint } from '../../../../src/engine/agents/boot/full-disk.ts';

test.each(['cat: write error: No space left on device', '.cnd/x/0/agent.py: Disk quota exceeded'])(
  '%s: what to do about it is told, with the place',
  (words) => {
    expect(fullDiskHint(words, '.cnd/x/0')).toMatch(/^the disk of \.cnd\/x\/0, .*is full.*free some space/);
  },
);

test('of other errors nothing is told', () => {
  expect(fullDiskHint('mkdir: cannot create directory: Permission denied', '.cnd/x/0')).toBeUndefined();
});
