import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Workplace, workplace } from '../helper/cnd.ts';
import { hasStage } from '../helper/stage/available.ts';
import { Stage } from '../helper/stage/stage.ts';

/** Something bad, and what of it is named; by flags, by the configuration's `ec2`, or by the environment. */
interface Bad {
  readonly flags?: readonly string[];
  readonly ec2?: Readonly<Record<string, unknown>>;
  readonly more?: Readonly<Record<string, unknown>>;
  readonly env?: NodeJS.ProcessEnv;
  readonly named: RegExp;
}

/** Deterministic, and different enough: each row makes one setting of each kind bad in several ways. */
function badSettings(): Bad[] {
  const flags: [string, readonly string[], RegExp][] = [
    ['--T', ['1', '21', '0', '-5', '86401', '1e999', 'soon'], /T/],
    ['--N', ['0', '-1', '1.5', '1001', 'many'], /N/],
    ['--D', ['-1', '65', 'x'], /D/],
    ['--max-cost', ['0.0001', '-1', 'free'], /cost/i],
    ['--type', ['c99a.huge', 'c7a.medium,c7g.medium', '???'], /type|architecture/],
    ['--image', ['ami-0123456789abcdef0', 'windows'], /image|ami-/i],
    ['--region', ['mars'], /region/],
    ['--min-N', ['9'], /min-N|minN/],
    ['--kernel', ['gpu'], /kernel/],
  ];
  const settings: [string, readonly unknown[], RegExp][] = [
    ['sshFrom', ['300.1.2.3/99', '10.0.0.1/33', '2001:db8::/129', 'nobody', '2001:db8::7/128'], /sshFrom/],
    ['subnets', [['subnet-0123'], ['x']], /subnet/],
    ['connect', ['telnet'], /connect/],
    ['addressLookup', ['ftp'], /addressLookup/],
    ['user', ['Not A User'], /user/],
  ];
  return [
    ...flags.flatMap(([flag, values, named]) => values.map((value) => ({ flags: [flag, value], named }))),
    ...settings.flatMap(([key, values, named]) => values.map((value) => ({ ec2: { [key]: value }, named }))),
    { ec2: { connect: 'private', jump: undefined }, named: /sshFrom/ },
    { more: { colour: 'blue' }, named: /colour/ },
    { env: { XDG_STATE_HOME: '/proc/none' }, named: /state directory/ },
    { more: { logs: { directory: '/proc/none' } }, named: /logs/ },
    { more: { fleet: 'local' }, env: { PATH: '/nowhere' }, named: /python3/ },
    { more: { fleet: 'hosts' }, named: /hosts/ },
  ];
}

describe.skipIf(!hasStage())('doctor and start', { timeout: 300_000 }, () => {
  let stage: Stage;
  const places: Workplace[] = [];
  beforeAll(async () => {
    stage = await Stage.open({ boots: false });
  });
  afterAll(async () => {
    for (const place of places) place.remove();
    await stage.close();
  });

  /** What both say, in a place of their own. */
  async function judged({ flags = [], ec2 = {}, more = {}, env = {} }: Omit<Bad, 'named'>) {
    const place = workplace();
    places.push(place);
    mkdirSync(place.directory, { recursive: true });
    const { config } = stage;
    const content = { ...config, ec2: { ...config.ec2, ...ec2 }, ...more };
    writeFileSync(join(place.directory, 'cnd.config.json'), JSON.stringify(content));
    const given = ['--N', '2', '--T', '60', '--D', '2', ...flags];
    // A flag that is given twice is a mistake of its own.
    const words = given.filter((_, at) => at >= 6 || !flags.includes(given[at - (at % 2)] ?? ''));
    const all = { ...stage.env(), XDG_CACHE_HOME: join(place.directory, 'cache'), ...env };
    const run = (args: readonly string[]) => place.run(args, all);
    const [start, doctor] = await Promise.all([
      run(['start', ...words, '--dry-run']),
      run(['doctor', ...words]),
    ]);
    return { start, doctor };
  }

  const cases = badSettings();

  test(`agree on ${cases.length} bad settings, and name them`, async () => {
    expect(cases.length).toBeGreaterThanOrEqual(40);
    for (let at = 0; at < cases.length; at += 3) {
      await Promise.all(
        cases.slice(at, at + 3).map(async ({ named, ...bad }) => {
          const { start, doctor } = await judged(bad);
          const [, message = 'nothing'] = /^cnd: (.*)$/m.exec(start.stderr) ?? [];
          // The first that fails is what start says.
          const [, failed = ''] = /^FAILED +(.*)$/m.exec(doctor.stdout) ?? [];
          const agree = failed.includes(message) && named.test(message);
          expect({ bad, start: start.code, doctor: doctor.code !== 0, agree, message, failed }).toMatchObject(
            {
              start: 2,
              doctor: true,
              agree: true,
            },
          );
        }),
      );
    }
  });

  test('agree on what is well', async () => {
    const { start, doctor } = await judged({});
    expect(start).toMatchObject({ code: 0 });
    expect(doctor).toMatchObject({ code: 0 });
  });

  test('neither goes on where instances may not be described', async () => {
    const mend = stage.faults.add({
      action: 'DescribeInstances',
      match: ({ parameters }) => parameters['DryRun'] === 'true',
      error: 'Denied',
    });
    const { start, doctor } = await judged({});
    mend();
    expect(start.code).toBe(2);
    expect(start.stderr).toMatch(/ec2:DescribeInstances would fail/);
    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toMatch(/^FAILED +ec2:Describe +ec2:DescribeInstances would fail/m);
  });
});
