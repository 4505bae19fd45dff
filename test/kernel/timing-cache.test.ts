import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { recentTiming } from '../../src/kernel/timing-cache.ts';

let place: string;
let kernel: string;
let timed: number;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'cnd-timing-'));
  kernel = join(place, 'kernel');
  writeFileSync(kernel, 'a kernel');
  timed = 0;
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

const time = async () => [{ name: `isa${(timed += 1)}`, rate: 1000 }];
const ask = async (scheme = 'hex-chain', now = 1e12, signal?: AbortSignal) => {
  const sets = await recentTiming([kernel, scheme], signal, time, { env: { XDG_CACHE_HOME: place }, now });
  return sets.map(({ name }) => name);
};

test('a kernel is timed once a day, for each scheme', async () => {
  expect(await ask()).toEqual(['isa1']);
  expect(await ask()).toEqual(['isa1']);
  expect(await ask('sha256d')).toEqual(['isa2']);
  expect(await ask('hex-chain', 1e12 + 86_300_000)).toEqual(['isa1']);
  expect(await ask('hex-chain', 1e12 + 86_500_000)).toEqual(['isa3']);
  // A clock that was set back.
  expect(await ask('hex-chain', 1e12 - 86_500_000)).toEqual(['isa4']);
});

test('another build is timed anew', async () => {
  await ask();
  utimesSync(kernel, 1, 1);
  expect(await ask()).toEqual(['isa2']);
});

test.each(['', '{', '{"a":1}', 'null'])('a damaged cache (%j) is replaced', async (text) => {
  await ask();
  writeFileSync(join(place, 'cnd/kernel-timing.json'), text);
  expect(await ask()).toEqual(['isa2']);
  expect(await ask()).toEqual(['isa2']);
});

test('a name that is none of an instruction set is never passed on', async () => {
  await ask();
  const path = join(place, 'cnd/kernel-timing.json');
  writeFileSync(path, readFileSync(path, 'utf8').replace('isa1', '$(date)'));
  expect(await ask()).toEqual(['isa2']);
});

test('what could not be timed on a busy machine is not kept, and timed the next time', async () => {
  const env = { XDG_CACHE_HOME: place };
  const untimed = [{ name: 'swift', rate: 0 }];
  expect(await recentTiming([kernel, 'hex-chain'], undefined, async () => untimed, { env })).toEqual(untimed);
  expect(await ask()).toEqual(['isa1']);
});

test('nothing is kept of a timing that failed or found nothing, nor where nothing can be written', async () => {
  const env = { XDG_CACHE_HOME: '/dev/null' };
  const failing = recentTiming([kernel], undefined, () => Promise.reject(new Error('no')), { env });
  await expect(failing).rejects.toThrow('no');
  expect(await recentTiming([kernel], undefined, async () => [], { env: { XDG_CACHE_HOME: place } })).toEqual(
    [],
  );
  expect(await recentTiming([kernel], undefined, time, { env })).toEqual([{ name: 'isa1', rate: 1000 }]);
  expect(await recentTiming([kernel], undefined, time, { env })).toEqual([{ name: 'isa2', rate: 1000 }]);
});

test('who is interrupted gets no answer', async () => {
  await ask();
  await expect(ask('hex-chain', 1e12, AbortSignal.abort(new Error('SIGINT')))).rejects.toThrow('SIGINT');
});
