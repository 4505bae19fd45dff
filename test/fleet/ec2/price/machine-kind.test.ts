import { describe, expect, test } from 'vitest';
import { addressPrice } from '../../../../src/fleet/ec2/price/price.ts';
import { instanceData } from '../../../../src/fleet/ec2/price/instance-data.ts';
import { sizeVcpus, typeFacts } from '../../../../src/fleet/ec2/price/instance-table.ts';
import { machineKinds } from '../../../../src/fleet/ec2/price/machine-kind.ts';
import { schemes } from '../../../../src/puzzle/puzzle.ts';
import { tableRate } from '../../../../src/fleet/ec2/price/rate.ts';

const settings = { spot: false, connect: 'public' } as const;
const request = { scheme: 'hex-chain', kernel: 'auto', allMarkets: true } as const;
const onDemand = { hourly: 0.05389, source: 'test' };

function rateOf(type: string, scheme = 'hex-chain', kernel: 'auto' | 'python' = 'auto') {
  const facts = typeFacts(instanceData, type);
  return facts && 'family' in facts ? tableRate(instanceData, facts, scheme, kernel) : undefined;
}

describe('the table of instance types', () => {
  test('has a processor for every family, and cycles for every scheme', () => {
    for (const table of [instanceData.compressions, instanceData.scriptCycles])
      expect(Object.keys(table).toSorted()).toEqual([...schemes].toSorted());
    for (const { processor } of Object.values(instanceData.families)) {
      const { cycles = {} } = instanceData.processors[processor] ?? {};
      expect(Object.keys(cycles).toSorted()).toEqual(Object.keys(instanceData.compressions).toSorted());
    }
  });

  test('knows the sizes of a family, and their vCPUs', () => {
    for (const { sizes } of Object.values(instanceData.families)) {
      const vcpus = sizes.split(' ').map((size) => sizeVcpus(size) ?? NaN);
      expect(vcpus).toEqual(vcpus.toSorted((a, b) => a - b));
    }
    expect(typeFacts(instanceData, 'c8a.2xlarge')).toMatchObject({ vcpus: 8 });
    expect(typeFacts(instanceData, 'c7i.medium')).toMatchObject({ sizes: /^large xlarge/ });
    expect(typeFacts(instanceData, 'c7a.0xlarge')).not.toHaveProperty('vcpus');
    for (const type of ['t3.micro', 'constructor.large', 'c7a', ''])
      expect(typeFacts(instanceData, type)).toEqual(
        type === 'c7a' ? { sizes: expect.any(String) } : undefined,
      );
  });

  test('gives a rate by cycles and clock; hyper-threads share a core', () => {
    expect(rateOf('c8a.medium')?.rate).toBeCloseTo(4.5e9 / (3 * 26), -3);
    expect(rateOf('c8a.xlarge')?.rate).toBeCloseTo((4 * 4.5e9) / (3 * 26), -3);
    expect(rateOf('c7i.large')?.rate).toBeCloseTo(3.2e9 / (3 * 44.9), -3);
    expect(rateOf('c8a.medium', 'bitcoin')?.rate).toBeCloseTo(4.5e9 / (2 * 27.6), -3);
    expect(rateOf('c8a.medium', 'hex-chain', 'python')?.rate).toBeCloseTo(4.5e9 / 2300, -3);
    expect(rateOf('c8a.medium')?.basis).toMatch(/avx512 on Zen 5 at 4\.5 GHz, cycles measured/);
    expect(rateOf('c7a.medium')?.basis).toMatch(/estimated/);
    expect(rateOf('c8a.medium', 'sha256')?.rate).toBeCloseTo(4.5e9 / 26.6, -3);
    expect(rateOf('c6a.large')?.basis).toMatch(/cycles measured/);
    expect(rateOf('c6a.large', 'sha256')?.basis).toMatch(/cycles estimated/);
    expect(rateOf('c8a.medium', 'another')).toBeUndefined();
  });
});

describe('the kinds of machines of a type', () => {
  test('are on demand, and spot where its price is known: at most a fifth above it, and never above on demand', () => {
    const [demand, spot] = machineKinds('c8a.medium', { vcpus: 1, onDemand, spot: 0.02 }, settings, request);
    expect(demand).toMatchObject({ market: 'on demand', price: { hourly: 0.05389 + addressPrice } });
    expect(spot).toMatchObject({
      market: 'spot',
      price: { hourly: expect.closeTo(0.024 + addressPrice, 9) },
    });
    expect(spot?.priceBasis).toContain('interruptions are not counted');
    const [, dear] = machineKinds('c8a.medium', { vcpus: 1, onDemand, spot: 0.05 }, settings, request);
    expect(dear?.price).toEqual(demand?.price);
  });

  test('are of one market only where the other is not asked for, and spot is bounded by on demand', () => {
    const chosen = { ...request, allMarkets: false };
    const known = { vcpus: 1, onDemand };
    expect(machineKinds('c8a.medium', { ...known, spot: 0.02 }, settings, chosen)).toHaveLength(1);
    expect(machineKinds('c8a.medium', known, settings, request)).toHaveLength(1);
    const spot = machineKinds('c8a.medium', known, { ...settings, spot: true }, chosen);
    expect(spot).toMatchObject([{ market: 'spot', price: { hourly: 0.05389 + addressPrice } }]);
    expect(spot[0]?.priceBasis).toContain('spot price not known: at most that on demand');
  });

  test('cost no address where they have none, and nothing is made up of a type that is not known', () => {
    const [own] = machineKinds(
      'c8a.medium',
      { vcpus: 1, onDemand },
      { ...settings, connect: 'private' },
      request,
    );
    expect(own?.price?.hourly).toBe(0.05389);
    const [unknown] = machineKinds('p9z.large', {}, settings, request, ['AWS was not asked']);
    expect(unknown).toMatchObject({ cores: 1, price: undefined, note: 'AWS was not asked' });
    expect(unknown).not.toHaveProperty('rate');
    expect(
      machineKinds('c8a.tiny', { missing: 'there is none' }, { ...settings, spot: true }, request),
    ).toMatchObject([{ missing: 'there is none' }]);
  });
});
