import { expect, test } from 'vitest';
import { Cleanup } from '../../src/run/cleanup.ts';

test('everything is undone once, in reverse, whatever fails on the way', async () => {
  const cleanup = new Cleanup();
  const undone: string[] = [];
  cleanup.defer('state', async () => void undone.push('state'));
  cleanup.defer('queue', async () => {
    undone.push('queue');
    throw new Error('throttled');
  });
  cleanup.defer('instances', async () => void undone.push('instances'));

  const [failures, again] = await Promise.all([cleanup.run(), cleanup.run()]);
  expect(undone).toEqual(['instances', 'queue', 'state']);
  expect(failures).toEqual([{ name: 'queue', error: new Error('throttled') }]);
  expect(again).toBe(failures);
});

test('what is registered too late is refused instead of forgotten', async () => {
  const cleanup = new Cleanup();
  await cleanup.run();
  expect(() => cleanup.defer('instances', async () => {})).toThrow(/never be undone/);
});
