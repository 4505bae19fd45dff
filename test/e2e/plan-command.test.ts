import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Workspace, workspace } from '../helper/cnd.ts';
import { hasStage } from '../helper/stage/available.ts';
import { useStage } from '../helper/stage/use.ts';

let place: Workspace;
beforeEach(() => {
  place = workspace();
});
afterEach(() => place.remove());

const plan = (args: readonly string[], ...more: string[]) =>
  place.run(['plan', ...args, ...more], { XDG_CACHE_HOME: place.directory });

const json = async (args: string): Promise<Record<string, unknown>> => {
  const { code, stdout, stderr } = await plan(args.split(' '), '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
};

describe('cnd plan', () => {
  test('types are compared, the cheapest is the one to start, and N there gives the chance that was asked for', async () => {
    const common = '--fleet ec2 --region us-east-1 --D 8 --T 300 --limit 99999999999';
    const plan = await json(`${common} --type c7i.large,c8g.xlarge,p9z.large`);
    expect(plan['choices']).toMatchObject([
      { name: 'c7i.large', rate: expect.closeTo(3.2e9 / 44.9 / 3, -3), hourly: expect.closeTo(0.09425, 5) },
      { name: 'c8g.xlarge', rate: expect.closeTo((4 * 2.8e9) / 53 / 3, -3) },
      { name: 'p9z.large', rate: 15e6, rateBasis: '15.0 MH/s a core, assumed' },
    ]);
    expect(plan['best']).toEqual({ name: 'c8g.xlarge', market: 'on demand' });
    expect(plan['front']).toContainEqual({ name: 'c8g.xlarge', market: 'on demand' });
    const [command = ''] = String(plan['start']).match(/--N \d+/) ?? [];
    const again = await json(`${common} --type c8g.xlarge ${command}`);
    expect(again['choices']).toMatchObject([{ chance: expect.any(Number) }]);
    const [{ chance }] = again['choices'] as [{ chance: number }];
    expect(chance).toBeGreaterThan(0.95);
    expect(chance).toBeLessThan(0.99);
  });

  test('without a configured type the best one of the region is planned with, and named', async () => {
    const plan = await json('--fleet ec2 --region eu-west-2 --D 7 --T 300');
    expect(plan['choices']).toMatchObject([
      {
        name: 'c7a.medium',
        note: expect.stringMatching(/^c7a\.medium is the default in eu-west-2, by hashes per dollar\n/),
      },
    ]);
    expect(plan['start']).toMatch(/--type c7a\.medium/);
  });

  test('the command that starts it has what the plan was asked with', async () => {
    const others = "--region eu-west-2 --profile 'a b' --image debian-12";
    const { stdout } = await plan([
      ...'--fleet ec2 --region eu-west-2 --image debian-12 --kernel python --D 5 --T 300'.split(' '),
      '--profile',
      'a b',
    ]);
    const start = `cnd start --fleet ec2 --type c7a.medium ${others} --N 1 --T 300 --D 5 --kernel python\n`;
    expect(stdout).toContain(`to start it: ${start}`);
  });

  test('a budget gives the likeliest success that it pays for, and no more than the whole space needs', async () => {
    const plan = await json('--fleet ec2 --region us-east-1 --D 8 --T 600 --budget 0.5');
    expect(plan['choices']).toMatchObject([{ name: 'c8a.medium', instances: 1 }]);
    const [{ costBound }] = plan['choices'] as [{ costBound: number }];
    expect(costBound).toBeLessThanOrEqual(0.5);
  });

  test('what cannot be is answered with the truth', { timeout: 120_000 }, async () => {
    const ec2 = '--fleet ec2 --region us-east-1';
    const truths: [args: string, words: RegExp, refused?: RegExp][] = [
      [
        `${ec2} --D 5 --T 600 --type c7a.tiny,constructor.large`,
        /there is no c7a\.tiny: .*constructor\.large: rate: 15\.0 MH\/s a core, assumed.*price not known.*no prices from AWS: /s,
      ],
      [
        `${ec2} --D 14 --T 60 --limit 999999999999999999`,
        /the 1,000 that maxN allows together reach/,
        /^cnd: there is no plan for these settings: the 1,000 that maxN/m,
      ],
      [
        `${ec2} --D 5 --T 49 --N 4`,
        /T = 49\.0 s is over before an instance searches/,
        /no plan .* give at least --T 51/,
      ],
      ['--D 12', /the whole space holds a golden nonce with < 0\.01 %/, /no plan .* give a larger --limit/],
      [`${ec2} --D 5 --T 30`, /give at least --T 51/, /no plan/],
      [
        `${ec2} --D 5 --T 600 --budget 0.001`,
        /\$0\.0010 do not pay for one/,
        /no plan .* do not pay for one/,
      ],
      [
        `${ec2} --D 5 --T 600 --type c7a.tiny,c8g.tiny --json`,
        /"impossible": \{\s+"kind": "missing"/,
        /no plan for these settings: each type has its reason in the plan above/,
      ],
    ];
    await Promise.all(
      truths.map(async ([args, words, refused]) => {
        const { code, stdout, stderr } = await plan(args.split(' '));
        expect(stdout).toMatch(words);
        // As other tools that plan: what is not possible is no success, whoever reads only the exit code.
        expect({ args, code }).toEqual({ args, code: refused ? 1 : 0 });
        expect(stderr).toMatch(refused ?? /^$/);
      }),
    );
  });

  test.each([
    ['--confidence 1', "--confidence is '1': must be above 0 and below 1"],
    ['--T 4', 'T is 4: must be at least 5 seconds on this fleet'],
    [
      '--confidence 0.99999999999999999',
      "--confidence is '0.99999999999999999': must be above 0 and below 1",
    ],
    ['--confidence much', "--confidence is 'much': must be a number"],
    ['--budget 0', "--budget is '0': must be US dollars, above 0"],
    ['--budget 1 --N 3', '--N and --budget: one follows from the other'],
  ])('%s is refused', async (args, words) => {
    const { code, stdout, stderr } = await plan(['--D', '3', ...args.split(' ')]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
  });
});

describe.skipIf(!hasStage())('cnd plan with AWS credentials', { timeout: 120_000 }, () => {
  const on = useStage();

  test('asks for types and prices, and compares on demand with spot', async () => {
    const stage = on.place();
    /** On a machine that is too busy for AWS's answers to come in time the table is used, which is said. */
    const answered = async (): Promise<string> => {
      const { stdout } = await stage.run('plan --D 7 --T 300 --type c8a.medium,c7g.large,c7a.tiny --json');
      return stdout.includes('no answer for') || stdout.includes('built-in table of') ? answered() : stdout;
    };
    const { choices, best, front } = JSON.parse(await answered());
    const live = expect.stringMatching(/^AWS Price List, \d{4}-\d\d-\d\d, with a public address$/);
    expect(choices).toMatchObject([
      { name: 'c8a.medium', market: 'on demand', hourly: 0.0539 + 0.005, priceBasis: live },
      { name: 'c8a.medium', market: 'spot', hourly: expect.closeTo(0.0539 * 0.5 * 1.2 + 0.005, 5) },
      { name: 'c7g.large', market: 'on demand', hourly: 0.0723 + 0.005, priceBasis: live },
      { name: 'c7g.large', market: 'spot' },
      {
        name: 'c7a.tiny',
        impossible: { why: expect.stringMatching(/no instance type c7a\.tiny in us-east-1/) },
      },
    ]);
    expect(best).toEqual({ name: 'c8a.medium', market: 'spot' });
    expect(front[0]).toEqual(best);
    expect(stage.calls().map(({ action }) => action)).not.toContain('RunInstances');
  });

  test('says why it was not asked, and what the prices are from instead', async () => {
    const stage = on.place();
    stage.fault({ action: 'DescribeInstanceTypes', error: 'Denied' });
    const { stdout, code } = await stage.run('plan --D 7 --T 300 --spot');
    expect(code).toBe(0);
    expect(stdout).toMatch(/spot price not known: at most that on demand, built-in table of \d{4}-\d\d-\d\d/);
    expect(stdout).toMatch(/^no prices from AWS: UnauthorizedOperation/m);
  });
});
