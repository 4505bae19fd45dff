import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isRunId } from '../../src/run-id.ts';
import { type Ended, type Workspace, eventsOf, named, runEnded, workspace } from '../helper/cnd.ts';
import { eventually } from '../helper/process.ts';
import { hasStage } from '../helper/stage/available.ts';
import type { Call } from '../helper/stage/aws/call.ts';
import { Stage } from '../helper/stage/stage.ts';

const start = ['start', '--N', '2', '--T', '60', '--D', '2'];
const never = ['start', '--N', '2', '--T', '90', '--D', '16', '--json'];

// Always with --run: a bare scram would also end what other tests, or a person, have running on this machine.
describe.skipIf(!hasStage())('commands on the stage', () => {
  let stage: Stage;
  let place: Workspace;
  beforeAll(async () => {
    stage = await Stage.open();
  });
  afterAll(() => stage.close());
  beforeEach(() => {
    place = workspace();
    config();
  });
  afterEach(async () => {
    place.remove();
    await stage.reset();
  });

  function config(ec2: object = {}, more: object = {}): void {
    const { config } = stage;
    const content = { ...config, ...more, ec2: { ...config.ec2, ...ec2 } };
    writeFileSync(join(place.directory, 'cnd.config.json'), JSON.stringify(content));
  }

  const cnd = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> =>
    place.run(args, { ...stage.env(), XDG_CACHE_HOME: join(place.directory, 'cache'), ...env });

  test('a run finds a nonce, and leaves nothing', async () => {
    const result = await cnd([...start, '--json']);
    expect(result.stderr).toBe('');
    const ended = runEnded(result);
    expect(ended).toMatchObject({ outcome: 'found', left: [] });
    expect(result.code).toBe(0);
    const costBasis = expect.stringMatching(
      /^c8a\.medium on demand at .*; AWS Price List, \d{4}-\d\d-\d\d$/,
    ) as string;
    expect(ended).toMatchObject({ costBasis });
    // Two instances for a minute, which is charged at least, and at most as the plan has it.
    const [preflight] = named(eventsOf(result), 'run.preflight');
    expect(ended.cost).toBeGreaterThanOrEqual((2 * (preflight?.price?.hourly ?? NaN)) / 60);
    expect(ended.cost).toBeLessThanOrEqual(preflight?.cost ?? 0);
    const [listed] = JSON.parse((await cnd(['logs', 'ls', '--json'])).stdout) as object[];
    expect(listed).toMatchObject({ cost: ended.cost, costBasis, costLimit: preflight?.cost });
    expect((await cnd(['logs', 'ls'])).stdout).toMatch(/COST .*\n.* found .* at most \$0\.0/);
    expect(await stage.orphans()).toEqual([]);
  }, 60_000);

  test('--dry-run says what, where, for how long and for how much, and creates nothing', async () => {
    const result = await cnd([...start, '--dry-run']);
    expect(result.code).toBe(0);
    expect(result.stderr).toMatch(/what: 2 × c8a\.medium, on demand, in us-east-1 \(account 123456789012\)/);
    expect(result.stderr).toMatch(/SSH from 127\.0\.0\.1\/32 only/);
    expect(result.stderr).toMatch(
      /cost: at most \$0\.0\d+ \(2 × c8a\.medium on demand at \$0\.\d+\/h and \$0\.005\/h for its address; AWS Price List, \d{4}-\d\d-\d\d, for at most 150 s\)/,
    );
    expect(await stage.orphans()).toEqual([]);
    expect(existsSync(place.state)).toBe(false);
    const changing = stage.calls().filter(({ action, parameters }) => {
      return /^(Run|Create|Authorize|Send)/.test(action) && parameters['DryRun'] !== 'true';
    });
    expect(changing.map(({ action }) => action)).toEqual([]);
  });

  test('--max-cost refuses what may cost more', async () => {
    const refused = await cnd([...start, '--max-cost', '0.001']);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(/may cost \$0\.0\d+, more than the \$0\.0010 of --max-cost/);
    expect((await cnd([...start, '--max-cost', '1', '--dry-run'])).code).toBe(0);
  });

  test('without credentials start and doctor say so, with what to do', async () => {
    const nobody = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_PROFILE: '' };
    const result = await cnd([...start, '--dry-run'], nobody);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(/no AWS credentials were found/);
    expect(result.stderr).toMatch(/aws sso login/);
    const doctor = await cnd(['doctor'], nobody);
    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toMatch(/^FAILED {2}identity .*no AWS credentials/m);
  });

  test('doctor tells all that is well', async () => {
    const { code, stdout } = await cnd(['doctor', '--N', '4']);
    expect(stdout).toMatch(/^ok +identity +arn:aws:iam::123456789012:user\/alice$/m);
    expect(stdout).toMatch(/^ok +quota +0 of 256 on-demand vCPUs are in use/m);
    expect(stdout).toMatch(/^ok +ec2:RunInstances +allowed$/m);
    expect(stdout).toMatch(/^cost +at most/m);
    expect(code).toBe(0);
    expect(existsSync(join(place.directory, 'logs'))).toBe(false);
  });

  test('missing rights and a quota that is too small show before anything is created', async () => {
    stage.faults.add({ action: 'RunInstances', error: 'Denied' });
    const denied = await cnd(start);
    expect(denied.code).toBe(2);
    expect(denied.stderr).toMatch(/ec2:RunInstances/);
    expect(denied.stderr).toMatch(/print the policies with: cnd init --policy/);
    stage.faults.clear();
    const many = await cnd(['start', '--N', '300', '--min-N', '300', '--T', '60', '--D', '2']);
    expect(many.code).toBe(2);
    expect(many.stderr).toMatch(/capacity for 256 × c8a\.medium, not 300/);
    expect(many.stderr).toMatch(/request-service-quota-increase .*L-1216C47A --region us-east-1/);
    expect(await stage.orphans()).toEqual([]);
  });

  test('--verbose keeps its promise: all that AWS said, on stderr only, and without secrets', async () => {
    const encoded = 'Ab3-_'.repeat(180);
    const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
    const message = `You are not authorized, SecretAccessKey: ${secret}. Encoded authorization failure message: ${encoded}`;
    stage.faults.add({ action: 'RunInstances', error: 'UnauthorizedOperation', message });
    const plain = await cnd([...start, '--json']);
    expect(plain.code).toBe(2);
    expect(plain.stderr).toMatch(/--verbose prints it with the command that decodes it/);
    const verbose = await cnd([...start, '--json', '--verbose']);
    expect(verbose.stderr).toContain(`aws sts decode-authorization-message --query DecodedMessage`);
    expect(verbose.stderr).toContain(`--encoded-message ${encoded}\n`);
    stage.faults.clear();
    stage.faults.add({ action: 'DescribeRegions', error: 'UnauthorizedOperation', message });
    const ps = await cnd(['ps', '--verbose']);
    expect(ps.stderr).toContain(encoded);
    const doctor = await cnd(['doctor', '--verbose']);
    for (const { stdout, stderr } of [plain, verbose, ps, doctor]) {
      expect(stdout).not.toContain('Ab3-_Ab3');
      expect(stdout + stderr).not.toContain(secret);
    }
  }, 60_000);

  test('keys beat AWS_PROFILE, with a warning, and the plan says who calls', async () => {
    const result = await cnd([...start, '--dry-run'], { AWS_PROFILE: 'work' });
    expect(result.code).toBe(0);
    expect(result.stderr).toMatch(
      /caller: arn:aws:iam::123456789012:user\/alice, with the keys in AWS_ACCESS_KEY_ID/,
    );
    expect(result.stderr).toMatch(/AWS_PROFILE=work are both set: the keys are used/);
    const mistyped = await cnd([...start, '--dry-run', '--profile', 'wrok']);
    expect(mistyped.code).toBe(2);
    expect(mistyped.stderr).toMatch(/there is no profile wrok in/);
  });

  test('an image of another region is named with the region', async () => {
    const result = await cnd([...start, '--image', 'ami-0123456789abcdef0', '--region', 'eu-west-1']);
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/no image ami-0123456789abcdef0 for x86_64 in eu-west-1/);
  });

  test('EC2 out of reach is exit 4 for who has used it, and a remark for who has not', async () => {
    const nowhere = { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' };
    const scram = ['scram', '--run', '20200101-000000-aaaa'];
    const stranger = await cnd(scram, nowhere);
    expect(stranger.code).toBe(0);
    expect(stranger.stdout).toMatch(
      /checked: local, hosts; not checked: ec2, where nothing was ever launched/,
    );
    await cnd(start);
    const user = await cnd(scram, nowhere);
    expect(user.code).toBe(4);
    expect(user.stderr).toMatch(/ec2 cannot be checked, so something may still run there/);
    expect((await cnd(['ps'], nowhere)).code).toBe(4);
  }, 90_000);
});

// Of these most is waiting: each has a place of its own, and all are tried at the same time.
describe.skipIf(!hasStage())('scram on the stage', { timeout: 90_000 }, () => {
  let stage: Stage;
  const places: Workspace[] = [];
  beforeAll(async () => {
    stage = await Stage.open();
  });
  afterAll(async () => {
    for (const place of places) place.remove();
    await stage.close();
  });

  /** A user's place, and what cnd says there. */
  function user(name: string) {
    const place = workspace();
    places.push(place);
    writeFileSync(join(place.directory, 'cnd.config.json'), JSON.stringify(stage.config));
    const env = stage.env(name);
    return {
      start: (more: readonly string[] = []) => place.start([...never, ...more], env),
      cnd: (args: readonly string[], more: NodeJS.ProcessEnv = {}) => place.run(args, { ...env, ...more }),
      /** The runs of which live state is kept. */
      noted: () => {
        const root = join(place.state, 'cnd');
        return existsSync(root) ? readdirSync(root).filter(isRunId) : [];
      },
    };
  }

  /** A run of this user whose controller is dead. */
  async function orphan({ start }: ReturnType<typeof user>, more: readonly string[] = []): Promise<string> {
    const run = start(more);
    const { run: id } = await run.event('search.all');
    run.child.kill('SIGKILL');
    await run.ended;
    return id;
  }

  const living = (id: string) =>
    stage.instances().filter(({ tags, state }) => tags['cnd:run'] === id && /pending|running/.test(state));
  const orphans = async (id: string): Promise<string[]> => [
    ...living(id).map((instance) => instance.id),
    ...(await stage.orphans()).filter((what) => what.includes(id)),
  ];

  /** A start whose checks take their time, and its run. */
  async function checking({ start, noted }: ReturnType<typeof user>) {
    const run = start(['--image', 'debian-12']);
    const id = await eventually('a note', () => noted()[0]);
    return { run, id };
  }

  beforeAll(() => {
    const isSlow = ({ parameters }: Call): boolean => JSON.stringify(parameters).includes('debian-12');
    stage.faults.add({ action: 'DescribeImages', match: isSlow, delay: 4000 });
  });

  test.concurrent(
    'ends a run whose controller was killed, from elsewhere, in another region, by tags alone',
    async () => {
      const id = await orphan(user('alice'), ['--region', 'eu-west-1']);
      const other = user('alice');
      const env = { AWS_REGION: 'us-west-2' };
      const shown = await other.cnd(['ps'], env);
      expect(shown.stdout).toMatch(new RegExp(`${id} +ec2 eu-west-1 +2 running .*\\$0\\.\\d+ .*unknown`));
      const result = await other.cnd(['scram', '--run', id], env);
      expect(result.stderr).toBe('');
      expect(result.stdout).toMatch(new RegExp(`${id} +ec2 eu-west-1 +2 +terminated`));
      expect(result.stdout).toMatch(/checked: local, hosts, ec2 eu-west-1, ec2 us-east-1, ec2 us-west-2/);
      expect(result.code).toBe(0);
      expect(await orphans(id)).toEqual([]);
    },
  );

  test.concurrent(
    'stops a start that is still making its checks: it launches nothing behind our back',
    async () => {
      const carol = user('carol');
      const { run, id } = await checking(carol);
      const result = await carol.cnd(['scram', '--run', id]);
      expect(result).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(`${id} .*0 +terminated`) as string,
      });
      expect((await run.ended).code).toBe(143);
      expect(carol.noted()).toEqual([]);
      expect(await orphans(id)).toEqual([]);
    },
  );

  test.concurrent(
    'knows that a start which was killed while it made its checks has left nothing',
    async () => {
      const dave = user('dave');
      const { run, id } = await checking(dave);
      run.child.kill('SIGKILL');
      await run.ended;
      expect(await dave.cnd(['scram', '--run', id])).toMatchObject({ code: 0 });
      expect(dave.noted()).toEqual([]);
    },
  );

  test.concurrent(
    'lists the runs of another principal and leaves them alone, but with --everyone',
    async () => {
      const id = await orphan(user('erin'));
      const bob = user('bob');
      expect((await bob.cnd(['ps'])).stdout).toMatch(new RegExp(`${id} .*123456789012:user/erin`));
      const elsewhere = ['scram', '--run', id, '--everyone', '--region', 'us-west-2'];
      const [spared, nothing] = await Promise.all([bob.cnd(['scram', '--run', id]), bob.cnd(elsewhere)]);
      expect(spared).toMatchObject({
        code: 4,
        stdout: expect.stringContaining('nothing to terminate') as string,
      });
      expect(spared.stderr).toMatch(/belongs to 123456789012:user\/erin: to terminate it, add --everyone/);
      expect(nothing.stdout).toMatch(/nothing to/);
      expect(living(id)).toHaveLength(2);
      expect(await bob.cnd(['scram', '--run', id, '--everyone'])).toMatchObject({ code: 0 });
      expect(await orphans(id)).toEqual([]);
    },
  );
});
