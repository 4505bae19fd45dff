import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { makeArchive } from '../../src/archive/registry.ts';
import { fallback } from '../../src/command/doctor.ts';
import { checkLocally, required } from '../../src/command/start/check.ts';
import { checkLaunch } from '../../src/command/start/launch-check.ts';
import { UsageError } from '../../src/error.ts';
import { requirePassed } from '../../src/fleet/preflight.ts';
import { type Workspace, workspace } from '../helper/cnd.ts';
import { hasStage } from '../helper/stage/available.ts';
import { Stage } from '../helper/stage/stage.ts';

/** Something bad, and what of it is named; by flags, by the configuration's `ec2`, or by the environment. */
interface Bad {
  readonly flags?: readonly string[];
  readonly ec2?: Readonly<Record<string, unknown>>;
  readonly more?: Readonly<Record<string, unknown>>;
  readonly env?: NodeJS.ProcessEnv;
  readonly named: RegExp;
  /** Shown by the programs themselves: one for each place where something is judged. */
  readonly isShown?: true;
}

/** Deterministic, and different enough: each row makes one setting of each kind bad in several ways. */
function badSettings(): Bad[] {
  const flags: [string, readonly string[], RegExp][] = [
    ['--T', ['21', '0', '-5', '86401', '1e999', 'soon'], /T/],
    ['--N', ['0', '-1', '1.5', '1001', 'many'], /N/],
    ['--D', ['-1', '65', 'x'], /D/],
    ['--max-cost', ['0.001', '-1', 'free'], /cost/i],
    ['--type', ['c7a.medium,c7g.medium', '???'], /type|architecture/],
    ['--image', ['ami-0123456789abcdef0', 'windows'], /image|ami-/i],
    ['--region', ['mars'], /region/],
    ['--min-N', ['9'], /min-N|minN/],
    ['--kernel', ['gpu'], /kernel/],
  ];
  const settings: [string, readonly unknown[], RegExp][] = [
    ['sshFrom', ['10.0.0.1/33', '2001:db8::/129', 'nobody', '2001:db8::7/128'], /sshFrom/],
    ['subnets', [['subnet-0123'], ['x']], /subnet/],
    ['connect', ['telnet'], /connect/],
    ['addressLookup', ['ftp'], /addressLookup/],
    ['user', ['Not A User'], /user/],
  ];
  return [
    // By the parser of flags, the list of checks of EC2, the price, and the schema of the file.
    { flags: ['--T', '1'], named: /T/, isShown: true },
    { flags: ['--type', 'c99a.huge'], named: /type/, isShown: true },
    { flags: ['--max-cost', '0.0001'], named: /cost/i, isShown: true },
    { ec2: { sshFrom: '300.1.2.3/99' }, named: /sshFrom/, isShown: true },
    ...flags.flatMap(([flag, values, named]) => values.map((value) => ({ flags: [flag, value], named }))),
    ...settings.flatMap(([key, values, named]) => values.map((value) => ({ ec2: { [key]: value }, named }))),
    { ec2: { connect: 'private', jump: undefined }, named: /sshFrom/ },
    { more: { colour: 'blue' }, named: /colour/ },
    { env: { XDG_STATE_HOME: '/proc/none' }, named: /state directory/ },
    { more: { logs: { directory: '/proc/none' } }, named: /logs/ },
    { more: { fleet: 'local' }, env: { PATH: '/nowhere' }, named: /python3/, isShown: true },
    { more: { fleet: 'hosts' }, named: /hosts/ },
  ];
}

describe.skipIf(!hasStage())('doctor and start', { timeout: 300_000 }, () => {
  let stage: Stage;
  const places: Workspace[] = [];
  beforeAll(async () => {
    stage = await Stage.open({ boots: false });
    // The SDK reads credentials and endpoints from the process' own environment.
    for (const [name, value] of Object.entries(stage.env())) vi.stubEnv(name, value);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    for (const place of places) place.remove();
    await stage.close();
  });

  /** The path of a configuration in a place of its own. */
  function configured({ ec2 = {}, more = {} }: Pick<Bad, 'ec2' | 'more'>, place = workspace()): string {
    places.push(place);
    mkdirSync(place.directory, { recursive: true });
    const { config } = stage;
    const path = join(place.directory, 'cnd.config.json');
    writeFileSync(path, JSON.stringify({ ...config, ec2: { ...config.ec2, ...ec2 }, ...more }));
    return path;
  }

  /** What a run is well with, and instead of that what is given. */
  function wordPairs([flag = '', value = '']: readonly string[]): [string, string][] {
    const well = Object.entries({ '--N': '2', '--T': '60', '--D': '2' });
    // A flag that is given twice is a mistake of its own.
    return [
      ...well.filter(([name]) => name !== flag),
      ...(flag === '' ? [] : [[flag, value] as [string, string]]),
    ];
  }

  /** What both programs say. */
  async function validated({ flags = [], ec2 = {}, more = {}, env = {} }: Omit<Bad, 'named' | 'isShown'>) {
    const place = workspace();
    configured({ ec2, more }, place);
    const words = wordPairs(flags).flat();
    const all = { ...stage.env(), XDG_CACHE_HOME: join(place.directory, 'cache'), ...env };
    const run = (args: readonly string[]) => place.run(args, all);
    const [start, doctor] = await Promise.all([
      run(['start', ...words, '--dry-run']),
      run(['doctor', ...words]),
    ]);
    return { start, doctor };
  }

  /** What both say, by the list of checks that both go through, in this process. */
  async function judgedHere({ flags = [], ec2 = {}, more = {}, env = {} }: Omit<Bad, 'named' | 'isShown'>) {
    const path = configured({ ec2, more });
    const all = {
      ...process.env,
      XDG_STATE_HOME: join(dirname(path), 'state'),
      XDG_CACHE_HOME: join(dirname(path), 'cache'),
      ...env,
    };
    const given = Object.fromEntries(wordPairs(flags).map(([flag, value]) => [flag.slice(2), value]));
    const { signal } = new AbortController();
    const sources = { flags: given, env: all, path };
    const start = async (): Promise<string> => {
      try {
        const { config, fleet } = required(await checkLocally(sources));
        const archive = await makeArchive(config.logs, config.aws, all);
        requirePassed((await checkLaunch(fleet, archive, config, false, signal)).checks);
        return 'nothing';
      } catch (error) {
        if (error instanceof UsageError) return error.message;
        throw error;
      }
    };
    const doctor = async (): Promise<string> => {
      const { checks, config, fleet } = await checkLocally({ ...sources, fallback });
      const archive = config && (await makeArchive(config.logs, config.aws, all));
      const launch = fleet && archive && config && (await checkLaunch(fleet, archive, config, false, signal));
      const failed = [...checks, ...(launch?.checks ?? [])].find(({ outcome }) => outcome === 'failed');
      return failed?.message ?? '';
    };
    const [message, failed] = await Promise.all([start(), doctor()]);
    return { message, failed };
  }

  const cases = badSettings();
  const shown = cases.filter(({ isShown }) => isShown);
  const others = cases.filter(({ isShown }) => !isShown);

  test(`agree on ${others.length} bad settings, and name them`, async () => {
    expect(cases.length).toBeGreaterThanOrEqual(40);
    const judgements = await Promise.all(
      others.map(async ({ named, ...bad }) => ({ bad, named, ...(await judgedHere(bad)) })),
    );
    for (const { bad, named, message, failed } of judgements) {
      expect
        .soft({ bad, message, failed })
        .toEqual({ bad, message: expect.stringMatching(named), failed: message });
    }
  });

  test(`agree on ${shown.length} more, as the programs themselves say it`, async () => {
    for (const { named, isShown: _, ...bad } of shown) {
      const { start, doctor } = await validated(bad);
      const [, message = 'nothing'] = /^cnd: (.*)$/m.exec(start.stderr) ?? [];
      // The first that fails is what start says.
      const [, failed = ''] = /^FAILED +(.*)$/m.exec(doctor.stdout) ?? [];
      expect
        .soft({ bad, code: start.code, message })
        .toEqual({ bad, code: 2, message: expect.stringMatching(named) });
      expect.soft({ bad, failed }).toEqual({ bad, failed: expect.stringContaining(message) });
      expect.soft({ bad, code: doctor.code }).not.toEqual({ bad, code: 0 });
    }
  });

  test('agree on what is well', async () => {
    const { start, doctor } = await validated({});
    expect(start).toMatchObject({ code: 0 });
    expect(doctor).toMatchObject({ code: 0 });
  });

  test('neither goes on where instances may not be described', async () => {
    const mend = stage.faults.add({
      action: 'DescribeInstances',
      match: ({ parameters }) => parameters['DryRun'] === 'true',
      error: 'Denied',
    });
    const { start, doctor } = await validated({});
    mend();
    expect(start.code).toBe(2);
    expect(start.stderr).toMatch(/ec2:DescribeInstances would fail/);
    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toMatch(/^FAILED +ec2:Describe +ec2:DescribeInstances would fail/m);
  });
});
