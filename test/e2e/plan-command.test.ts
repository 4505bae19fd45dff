import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Workspace, workspace } from '../helper/cnd.ts';

let place: Workspace;
beforeEach(() => {
  place = workspace();
});
afterEach(() => place.remove());

const json = async (args: string): Promise<Record<string, unknown>> => {
  const { code, stdout, stderr } = await place.run(['plan', ...args.split(' '), '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
};

describe('cnd plan', () => {
  test('types are compared, the cheapest is the one to start, and N there gives the chance that was asked for', async () => {
    const common = '--fleet ec2 --region us-east-1 --D 8 --T 300 --limit 99999999999';
    const plan = await json(`${common} --type c7i.large,c8g.xlarge,p9z.large`);
    expect(plan['choices']).toMatchObject([
      { name: 'c7i.large', rate: 30e6, hourly: expect.closeTo(0.09426, 5) },
      { name: 'c8g.xlarge', rate: 60e6 },
      { name: 'p9z.large' },
    ]);
    expect(plan['best']).toBe('c8g.xlarge');
    const [command = ''] = String(plan['start']).match(/--N \d+/) ?? [];
    const again = await json(`${common} --type c8g.xlarge ${command}`);
    expect(again['choices']).toMatchObject([{ chance: expect.any(Number) }]);
    const [{ chance }] = again['choices'] as [{ chance: number }];
    expect(chance).toBeGreaterThan(0.95);
    expect(chance).toBeLessThan(0.98);
  });

  test('a budget gives the likeliest success that it pays for, and no more than the whole space needs', async () => {
    const plan = await json('--fleet ec2 --region us-east-1 --D 8 --T 600 --budget 0.5');
    expect(plan['choices']).toMatchObject([{ name: 'c7a.medium', instances: 1 }]);
    const [{ costBound }] = plan['choices'] as [{ costBound: number }];
    expect(costBound).toBeLessThanOrEqual(0.5);
  });

  test('what cannot be is answered with the truth', async () => {
    const said = async (args: string): Promise<string> =>
      (await place.run(['plan', ...args.split(' ')])).stdout;
    expect(await said('--D 12')).toContain('the whole space holds a golden nonce with < 0.01 %');
    expect(await said('--fleet ec2 --region us-east-1 --D 5 --T 30')).toContain('give at least --T 51');
    expect(await said('--fleet ec2 --region us-east-1 --D 5 --T 600 --budget 0.001')).toContain(
      '$0.0010 do not pay for one',
    );
  });

  test.each([
    ['--confidence 1', "--confidence is '1': must be above 0 and below 1"],
    ['--confidence much', "--confidence is 'much': must be a number"],
    ['--budget 0', "--budget is '0': must be US dollars, above 0"],
    ['--budget 1 --N 3', '--N and --budget: one follows from the other'],
  ])('%s is refused', async (args, words) => {
    const { code, stdout, stderr } = await place.run(['plan', '--D', '3', ...args.split(' ')]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
  });
});
