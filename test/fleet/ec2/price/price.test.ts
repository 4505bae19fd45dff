import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { instancePrice, longestPaid, tablePrice } from '../../../../src/fleet/ec2/price/price.ts';
import { readCachedPrice, writeCachedPrice } from '../../../../src/fleet/ec2/price/price-cache.ts';
import { parseProduct } from '../../../../src/fleet/ec2/price/price-lookup.ts';
import { costUntil } from '../../../../src/fleet/ec2/find/find.ts';
import { costOf, costWords } from '../../../../src/cost.ts';
import { dollars } from '../../../../src/quantity.ts';

test('an instance is paid by the second, with its address, but never for less than a minute', () => {
  const eight = (seconds: number) => Array.from({ length: 8 }, () => seconds);
  expect(costOf(instancePrice(0.05132, true), eight(290))).toBeCloseTo(
    (8 * (0.05132 + 0.005) * 290) / 3600,
    12,
  );
  expect(costOf(instancePrice(0.05132, false), eight(290))).toBeCloseTo((8 * 0.05132 * 290) / 3600, 12);
  expect(costOf(instancePrice(3.6, false), [3])).toBeCloseTo(0.06, 12);
  expect(costOf(instancePrice(3.6, false), [61, 3])).toBeCloseTo(0.121, 12);
});

test('it can live until T and grace and boot are over', () => {
  expect(longestPaid(200, { grace: 60, boot: 30 })).toBe(290);
});

test('the built-in table is exact in us-east-1, and an upper bound elsewhere', () => {
  expect(tablePrice('c7a.medium', 1, 'us-east-1')).toMatchObject({ hourly: 0.05132 });
  expect(tablePrice('c7a.2xlarge', 8, 'us-east-1')?.hourly).toBeCloseTo(0.41056, 9);
  expect(tablePrice('c7a.medium', 1, 'sa-east-1')?.hourly).toBeGreaterThan(0.08);
  expect(tablePrice('c7a.medium', 1, 'sa-east-1')?.source).toMatch(/2026-07-20 for us-east-1/);
  expect(tablePrice('x9z.large', 2, 'us-east-1')).toBeUndefined();
  expect(tablePrice('constructor.large', 2, 'us-east-1')).toBeUndefined();
});

test('what has been spent until now', () => {
  const LaunchTime = new Date('2026-11-20T10:00:00Z');
  const instance = {
    InstanceType: 'c7a.medium',
    CpuOptions: { CoreCount: 1, ThreadsPerCore: 1 },
    LaunchTime,
  } as const;
  const now = new Date('2026-11-20T11:00:00Z');
  const byTable = (type: string, vcpus: number) => tablePrice(type, vcpus, 'us-east-1');
  const spent = costUntil([instance, instance], byTable, now);
  expect(spent.amount).toBeCloseTo(2 * 0.05132, 9);
  expect(spent.basis).toBe(
    'c7a.medium on demand, built-in table of 2026-07-20; without instances that are no longer listed',
  );
  expect(costUntil([instance, { InstanceType: 't2.nano', LaunchTime }], byTable, now)).toEqual({
    basis: 'no price is known for t2.nano',
  });
  expect(costUntil([{ ...instance, LaunchTime: undefined }], byTable, now)).not.toHaveProperty('amount');
});

const term = (USD: string) => ({
  terms: { OnDemand: { a: { priceDimensions: { b: { unit: 'Hrs', pricePerUnit: { USD } } } } } },
});

test('a product of the price list is read, and what is none is not', () => {
  expect(parseProduct(JSON.stringify(term('0.0513200000')))).toBe(0.05132);
  expect(parseProduct(JSON.stringify(term('0.0000000000')))).toBeUndefined();
  expect(parseProduct('{}')).toBeUndefined();
  expect(parseProduct('<html>')).toBeUndefined();
});

test('a price is kept for a week', async () => {
  const home = mkdtempSync(join(tmpdir(), 'cnd-price-'));
  const env = { XDG_CACHE_HOME: home };
  expect(await readCachedPrice('us-east-1', 'c7a.medium', env)).toBeUndefined();
  const types = ['c7a.medium', 'c7a.large', 'c8a.medium'];
  await Promise.all(types.map((type) => writeCachedPrice('us-east-1', type, 0.05, env)));
  for (const type of types)
    expect(await readCachedPrice('us-east-1', type, env)).toMatchObject({ hourly: 0.05 });
  await writeCachedPrice('eu-west-1', 'c7a.medium', 0.06, env);
  expect(await readCachedPrice('us-east-1', 'c7a.medium', env)).toMatchObject({ hourly: 0.05 });
  expect(await readCachedPrice('us-east-1', 'c7a.medium', env, Date.now() + 8 * 86_400_000)).toBeUndefined();
  writeFileSync(join(home, 'cnd', 'ec2-price.json'), 'broken');
  expect(await readCachedPrice('us-east-1', 'c7a.medium', env)).toBeUndefined();
  rmSync(home, { recursive: true });
});

test.each([
  [0.0361, '0.037'],
  [0.3, '0.300'],
  [0.1 + 0.2, '0.300'],
  [1.2301, '1.24'],
  [0.00421, '0.0043'],
  [12, '12.00'],
])('%d is told as $%s', (amount, words) => {
  expect(dollars(amount)).toBe(words);
});

test('a cost in words never says more than is known', () => {
  expect(costWords(0.0421, 'x')).toBe('at most $0.043 (x)');
  expect(costWords(undefined, 'no price is known for x')).toBe('unknown (no price is known for x)');
  expect(costWords(0)).toBe('$0');
});
