import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { defaultTypes, tableDefaultType } from '../../../../src/fleet/ec2/price/default-type.ts';
import { instanceData } from '../../../../src/fleet/ec2/price/instance-data.ts';
import { regionFamilies } from '../../../../src/fleet/ec2/price/region-family.ts';

const all = (): boolean => true;

describe('the instance type that is launched where none is configured', () => {
  test('is chosen in the order of the table of docs/instances.md', () => {
    const page = readFileSync(new URL('../../../../docs/instances.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| `(c\w+\.\w+)` /gm)].map(([, type]) => type);
    expect(defaultTypes(all)).toEqual(rows);
  });

  test.each([
    ['us-east-1', 'c8a.medium'],
    ['eu-west-2', 'c7a.medium'],
    ['eu-west-3', 'c6g.medium'],
    ['me-central-1', 'c6g.medium'],
    // Not in the table: one that all others have.
    ['us-gov-west-1', 'c6g.medium'],
  ])('in %s is %s by the built-in table', (region, type) => {
    expect(tableDefaultType(region, all)).toBe(type);
  });

  test('is one that there is a native kernel for, where there is any', () => {
    const hasOnlyX64 = (platform: string): boolean => platform === 'linux-x64';
    expect(tableDefaultType('eu-west-3', hasOnlyX64)).toBe('c8i.large');
    expect(tableDefaultType('us-east-1', (platform) => platform === 'linux-arm64')).toBe('c6g.medium');
    expect(defaultTypes(() => false)).toEqual(defaultTypes(all));
  });

  test('is known for every region of the table, whose families are those of the prices', () => {
    const families = Object.keys(instanceData.families);
    for (const [region, own] of Object.entries(regionFamilies)) {
      expect(families).toEqual(expect.arrayContaining(own.split(' ')));
      expect(tableDefaultType(region, all)).toBeDefined();
    }
  });
});
