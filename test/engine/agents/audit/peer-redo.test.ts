import { describe, expect, test, vi } from 'vitest';
import type { AgentOrder } from '../../../../src/engine/agents/agent-order.ts';
import { PeerRedo } from '../../../../src/engine/agents/audit/peer-redo.ts';
import { WorkerPool } from '../../../../src/engine/agents/worker-pool.ts';

/** A pool of workers that can search so many nonces a second. */
function bench(speeds: readonly number[]) {
  const pool = new WorkerPool(speeds.length);
  const orders: [number, AgentOrder][] = [];
  speeds.forEach((speed, worker) => {
    const send = (order: AgentOrder): void => void orders.push([worker, order]);
    Object.assign(pool.get(worker), { state: 'searching', speed, send });
  });
  return {
    pool,
    orders,
    peers: new PeerRedo(
      () => pool,
      () => 0,
    ),
  };
}

const claimed = { worker: 0, range: [10n, 1010n] as const, told: new Set<bigint>() };
const order = { order: 'redo', from: 10n, to: 1010n } as const;
const redone = { from: 10n, to: 1010n, near: [17n] };

describe('a slice is redone', () => {
  test('by one that is idle, if one is, and never by the one that claims it', async () => {
    const { pool, orders, peers } = bench([1e6, 1e6, 1e6]);
    pool.get(2).state = 'idle';
    const answer = peers.ask(claimed);
    expect(orders).toEqual([[2, order]]);
    // Neither of somebody else, nor of another slice.
    peers.answered(1, { ...redone, near: [] });
    peers.answered(2, { ...redone, from: 9n });
    peers.answered(2, redone);
    expect(await answer).toEqual({ worker: 2, near: [17n] });
    peers.answered(2, redone);
    const { peers: alone, orders: none } = bench([1e6]);
    expect(await alone.ask(claimed)).toBeUndefined();
    expect(none).toEqual([]);
  });

  test('by none that is too slow, away or given up, nor again by one that did not answer', async () => {
    const { pool, orders, peers } = bench([1e6, 100, 1e6, 1e6, 1e6]);
    pool.get(2).state = 'away';
    pool.get(3).state = 'lost';
    vi.useFakeTimers();
    const answer = peers.ask(claimed);
    await vi.advanceTimersByTimeAsync(10_000);
    vi.useRealTimers();
    expect(await answer).toBeUndefined();
    expect(orders).toEqual([[4, order]]);
    expect(await peers.ask(claimed)).toBeUndefined();
    expect(orders).toHaveLength(1);
  });

  test('by nobody, if it says that it could not', async () => {
    const { peers } = bench([1e6, 1e6]);
    const answer = peers.ask(claimed);
    peers.answered(1, { from: 10n, to: 1010n });
    expect(await answer).toBeUndefined();
  });
});
