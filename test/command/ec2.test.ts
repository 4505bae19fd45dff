import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runIdPattern } from '../../src/run-id.ts';
import { type Ended, type Workplace, runEnded, workplace } from '../helper/cnd.ts';
import { eventually } from '../helper/process.ts';
import { hasStage } from '../helper/stage/available.ts';
import { Stage } from '../helper/stage/stage.ts';

const start = ['start', '--N', '2', '--T', '60', '--D', '2'];
const never = ['start', '--N', '2', '--T', '90', '--D', '16', '--json'];

// Always with --run: a bare scram would also end what other tests, or a person, have running on this machine.
describe.skipIf(!hasStage())('commands on the stage', () => {
  let stage: Stage;
  let place: Workplace;
  beforeAll(async () => {
    stage = await Stage.open();
  });
  afterAll(() => stage.close());
  beforeEach(() => {
    place = workplace();
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

  /** The runs of which live state is kept. */
  const noted = (): string[] =>
    readdirSync(join(place.state, 'cnd')).filter((name) => runIdPattern.test(name));

  test('a run finds a nonce, and leaves nothing', async () => {
    const result = await cnd([...start, '--json']);
    expect(result.stderr).toBe('');
    expect(runEnded(result)).toMatchObject({ outcome: 'found', left: [] });
    expect(result.code).toBe(0);
    expect(await stage.leftovers()).toEqual([]);
  }, 60_000);

  test('--dry-run says what, where, for how long and for how much, and creates nothing', async () => {
    const result = await cnd([...start, '--dry-run']);
    expect(result.code).toBe(0);
    expect(result.stderr).toMatch(/what: 2 × c7a\.medium, on demand, in us-east-1 \(account 123456789012\)/);
    expect(result.stderr).toMatch(/SSH from 127\.0\.0\.1\/32 only/);
    expect(result.stderr).toMatch(
      /cost: at most \$0\.0\d+ \(2 × \$0\.\d+\/h and \$0\.005\/h for its address/,
    );
    expect(await stage.leftovers()).toEqual([]);
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
    expect(denied.stderr).toMatch(/docs\/aws\.md/);
    stage.faults.clear();
    const many = await cnd(['start', '--N', '300', '--min-N', '300', '--T', '60', '--D', '2']);
    expect(many.code).toBe(2);
    expect(many.stderr).toMatch(/room for 256 × c7a\.medium, not for 300/);
    expect(many.stderr).toMatch(/request-service-quota-increase .*L-1216C47A --region us-east-1/);
    expect(await stage.leftovers()).toEqual([]);
  });

  test('an image of another region is named with the region', async () => {
    const result = await cnd([...start, '--image', 'ami-0123456789abcdef0', '--region', 'eu-west-1']);
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/no image ami-0123456789abcdef0 for x86_64 in eu-west-1/);
  });

  test('scram ends a run whose controller was killed, from elsewhere, in another region, by tags alone', async () => {
    const run = place.start([...never, '--region', 'eu-west-1'], stage.env());
    const { run: id } = await run.event('search.all');
    run.child.kill('SIGKILL');
    await run.ended;
    const other = workplace();
    const env = { ...stage.env(), AWS_REGION: 'us-west-2' };
    const shown = await other.run(['ps'], env);
    expect(shown.stdout).toMatch(new RegExp(`${id} +ec2 eu-west-1 +2 running .*\\$0\\.\\d+ .*unknown`));
    const result = await other.run(['scram', '--run', id], env);
    expect(result.stderr).toBe('');
    expect(result.stdout).toMatch(new RegExp(`${id} +ec2 eu-west-1 +2 +terminated`));
    expect(result.stdout).toMatch(/checked: local, hosts, ec2 eu-west-1, ec2 us-east-1, ec2 us-west-2/);
    expect(result.code).toBe(0);
    expect(await stage.leftovers()).toEqual([]);
    other.remove();
  }, 60_000);

  test('scram stops a start that is still making its checks: it launches nothing behind our back', async () => {
    stage.faults.add({ action: 'DescribeImages', delay: 4000 });
    const run = place.start(never, stage.env());
    await eventually('the checks', () => stage.calls('ec2', 'DescribeImages').length > 0);
    const [id = ''] = noted();
    const result = await cnd(['scram', '--run', id]);
    expect(result).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(`${id} .*0 +terminated`) as string,
    });
    expect((await run.ended).code).toBe(143);
    expect(noted()).toEqual([]);
    expect(stage.instances()).toEqual([]);
    expect(await stage.leftovers()).toEqual([]);
  });

  test('of a start that was killed while it made its checks nothing is left, and scram knows', async () => {
    stage.faults.add({ action: 'DescribeImages', delay: 4000 });
    const run = place.start(never, stage.env());
    await eventually('the checks', () => stage.calls('ec2', 'DescribeImages').length > 0);
    run.child.kill('SIGKILL');
    await run.ended;
    const [id = ''] = noted();
    expect(await cnd(['scram', '--run', id])).toMatchObject({ code: 0 });
    expect(noted()).toEqual([]);
  });

  test("another principal's runs are listed and left alone, but with --everyone", async () => {
    const run = place.start(never, stage.env('alice'));
    const { run: id } = await run.event('search.all');
    run.child.kill('SIGKILL');
    await run.ended;
    const other = workplace();
    const asBob = (args: string[]): Promise<Ended> => other.run(args, stage.env('bob'));
    expect((await asBob(['ps'])).stdout).toMatch(new RegExp(`${id} .*123456789012:user/alice`));
    const spared = await asBob(['scram', '--run', id]);
    expect(spared).toMatchObject({
      code: 4,
      stdout: expect.stringContaining('nothing to terminate') as string,
    });
    expect(spared.stderr).toMatch(/belongs to 123456789012:user\/alice: to terminate it, add --everyone/);
    expect(stage.instances('running')).toHaveLength(2);
    expect((await asBob(['scram', '--run', id, '--everyone', '--region', 'us-west-2'])).stdout).toMatch(
      /nothing to/,
    );
    expect(stage.instances('running')).toHaveLength(2);
    expect(await asBob(['scram', '--run', id, '--everyone'])).toMatchObject({ code: 0 });
    expect(await stage.leftovers()).toEqual([]);
    other.remove();
  }, 60_000);

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
    expect(user.stderr).toMatch(/ec2 cannot be asked, so something may be left there/);
    expect((await cnd(['ps'], nowhere)).code).toBe(4);
  }, 90_000);
});
