import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Announcement, Broadcast } from '../../src/broadcast/broadcast.ts';

/** What every broadcast promises. `world` gives what makes parties of one channel world, apart from all others. */
export function describeBroadcast(name: string, world: () => Promise<() => Broadcast>): void {
  describe(`broadcast ${name}`, () => {
    let runs = 0;
    let announcement: Announcement;
    let broadcast: Broadcast;
    let peer: Broadcast;
    const closing: Promise<void>[] = [];

    beforeEach(async () => {
      const make = await world();
      const run = `20261120-081103-x7k${runs++}`;
      announcement = { run, nonce: 2n ** 64n - 2n, digest: 'ab'.repeat(32), instance: 3 };
      [broadcast, peer] = [make(), make()];
      for (const party of [broadcast, peer]) await party.open(run, AbortSignal.timeout(20_000));
    });
    // Who is second to close waits until a channel that is not there cannot come into being any more: meanwhile the next
    // test is run, with a run of its own.
    afterEach(() => {
      for (const party of [broadcast, peer]) {
        const closed = party.close();
        closed.catch(() => {}); // told at the end
        closing.push(closed);
      }
    });
    afterAll(async () => {
      await Promise.all(closing);
    });

    const heard = (): Promise<Announcement> =>
      new Promise((resolve) => {
        const stop = broadcast.listen((message) => {
          stop();
          resolve(message);
        });
      });

    test('every listener hears what another announces, exactly as it was made', async () => {
      const both = Promise.all([heard(), heard()]);
      await peer.announce(announcement);
      expect(await both).toEqual([announcement, announcement]);
    });

    test('who listens late hears it as well', async () => {
      await peer.announce(announcement);
      expect(await heard()).toEqual(announcement);
    });

    test('who catches up has been told of everything that was announced until then', async () => {
      const told: Announcement[] = [];
      broadcast.listen((message) => told.push(message));
      await peer.announce(announcement);
      await broadcast.catchUp?.(AbortSignal.timeout(20_000));
      expect(told).toContainEqual(announcement);
    });

    test('nobody hears an announcement of their own', async () => {
      const first = heard();
      await broadcast.announce({ ...announcement, nonce: 1n });
      await peer.announce(announcement);
      expect(await first).toEqual(announcement);
      expect(await heard()).toEqual(announcement);
    });

    test('messages of other runs are ignored', async () => {
      const first = heard();
      await peer.announce({ ...announcement, run: '20261120-081103-zzzz', nonce: 1n });
      await peer.announce(announcement);
      expect(await first).toEqual(announcement);
    });

    test('announcing again and closing twice do no harm', async () => {
      const first = heard();
      await peer.announce(announcement);
      await peer.announce(announcement);
      expect(await first).toEqual(announcement);
      for (const party of [peer, broadcast, peer, broadcast]) await party.close();
    });
  });
}
