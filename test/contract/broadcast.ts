import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Announcement, Broadcast } from '../../src/broadcast/broadcast.ts';

/** What every broadcast promises. `make` gives one on a channel world of its own. */
export function describeBroadcast(name: string, make: () => Promise<Broadcast>): void {
  describe(`broadcast ${name}`, () => {
    const run = '20261120-081103-x7k2';
    const announcement: Announcement = { run, nonce: 2n ** 64n - 2n, digest: 'ab'.repeat(32), instance: 3 };
    let broadcast: Broadcast;

    beforeEach(async () => {
      broadcast = await make();
      await broadcast.open(run, AbortSignal.timeout(20_000));
    });
    afterEach(() => broadcast.close());

    const heard = (): Promise<Announcement> =>
      new Promise((resolve) => {
        const stop = broadcast.listen((message) => {
          stop();
          resolve(message);
        });
      });

    test('every listener hears an announcement, exactly as it was made', async () => {
      const both = Promise.all([heard(), heard()]);
      await broadcast.announce(announcement);
      expect(await both).toEqual([announcement, announcement]);
    });

    test('who listens late hears it as well', async () => {
      await broadcast.announce(announcement);
      expect(await heard()).toEqual(announcement);
    });

    test('messages of other runs are ignored', async () => {
      const first = heard();
      await broadcast.announce({ ...announcement, run: '20261120-081103-zzzz', nonce: 1n });
      await broadcast.announce(announcement);
      expect(await first).toEqual(announcement);
    });

    test('announcing again and closing twice do no harm', async () => {
      const first = heard();
      await broadcast.announce(announcement);
      await broadcast.announce(announcement);
      expect(await first).toEqual(announcement);
      await broadcast.close();
      await broadcast.close();
    });
  });
}
