import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { s3Client } from '../../src/archive/s3/client.ts';
import { S3Archive } from '../../src/archive/s3/s3.ts';
import { policies, policyScope } from '../../src/fleet/ec2/policy/policy.ts';
import { stackTemplate } from '../../src/fleet/ec2/policy/stack.ts';
import { identify } from '../../src/state/process.ts';
import { collect } from '../helper/collect.ts';
import { TestAws, awsMissing, keys } from '../helper/aws.ts';
import { type Ended, type Workspace, eventsOf, named, runEnded, workspace } from '../helper/cnd.ts';

const bucket = 'cnd-test-logs';
const run = '20261120-081103-x7k2';
const easy = ['start', '--N', '2', '--T', '60', '--D', '5', '--smallest', '--kernel', 'python', '--json'];

describe.skipIf(awsMissing)('commands with a bucket', () => {
  let aws: TestAws;
  let client: S3Client;
  let place: Workspace;
  beforeAll(async () => {
    aws = await TestAws.start();
    client = s3Client(aws);
  });
  afterAll(() => aws?.stop());
  beforeEach(async () => {
    await aws.reset();
    place = workspace();
    await client.send(
      new CreateBucketCommand({
        Bucket: bucket,
        CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' },
      }),
    );
    config({ logs: { bucket } });
  });
  afterEach(() => place.remove());

  const config = (content: object): void =>
    writeFileSync(join(place.directory, 'cnd.config.json'), JSON.stringify(content));
  const env = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
    AWS_ENDPOINT_URL: aws.url,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: keys.user.key,
    AWS_SECRET_ACCESS_KEY: keys.user.secret,
    ...more,
  });
  const cnd = (args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Ended> =>
    place.run(args, env(more));
  const archive = () => new S3Archive({ bucket, settings: aws.settings, env: aws.env });
  const inLogs = (...path: string[]): string => join(place.directory, 'logs', ...path);
  const local = (): string[] => (existsSync(inLogs(run)) ? readdirSync(inLogs(run)) : []);

  /** A run that was not uploaded: with a syslog and a record that says it found something. */
  function leave(id = run): void {
    mkdirSync(inLogs(id), { recursive: true });
    const puzzle = { scheme: 'hex-chain', unit: 'digits', difficulty: 2 };
    const record = {
      run: id,
      startedAt: '2026-11-20T08:11:03.500Z',
      config: { N: 1, T: 60, fleet: 'local', puzzle },
      ended: { outcome: 'found', exitCode: 0, elapsed: 2.5, nonce: '116' },
    };
    writeFileSync(inLogs(id, 'run.json'), JSON.stringify(record));
    writeFileSync(inLogs(id, 'Instance0.log.gz'), gzipSync('Nov 20 08:11:04 i-0 cnd-agent[1]: hit: 116\n'));
  }

  function underWay(): void {
    const state = join(place.state, 'cnd', run);
    mkdirSync(state, { recursive: true });
    const times = { startedAt: '2026-11-20T08:11:03Z', expiresAt: '2026-11-20T08:12:03Z' };
    const note = { run, fleet: 'local', controller: identify(process.pid), instances: 1, ...times };
    writeFileSync(join(state, 'state.json'), JSON.stringify(note));
  }

  describe('a run', () => {
    test('uploads only when everything is terminated, and leaves nothing here', async () => {
      const result = await cnd(easy);
      const ended = runEnded(result);
      expect(ended).toMatchObject({ outcome: 'found', exitCode: 0, logs: `s3://${bucket}/${ended.run}` });
      expect(ended.phases.archive).toBeGreaterThan(0);
      const events = eventsOf(result);
      expect(events.at(-1)?.event).toBe('run.ended');
      expect(named(events, 'logs.pulled')).toHaveLength(2);
      expect(named(events, 'logs.archived')).toMatchObject([{ files: 5 }]);
      const terminated = named(events, 'instance.terminated').map(({ time }) => Date.parse(time));
      const uploads = aws
        .of('PutObject')
        .filter(({ parameters }) => !String(parameters['Key']).startsWith('.cnd-'));
      expect(uploads).toHaveLength(5);
      expect(Math.min(...uploads.map(({ time }) => time))).toBeGreaterThanOrEqual(Math.max(...terminated));
      expect(readdirSync(inLogs())).toEqual([]);
      expect((await archive().entries(ended.run)).map(({ name }) => name)).toEqual([
        'Instance0.log.gz',
        'Instance1.log.gz',
        'events.ndjson',
        'report.html',
        'run.json',
      ]);
      const output = join(place.directory, 'report.html');
      expect(await cnd(['report', ended.run, '--output', output])).toMatchObject({ code: 0, stderr: '' });
      const kept = await archive().open(ended.run, 'report.html');
      expect(readFileSync(output, 'utf8')).toBe(await text(kept));
      const listed = await cnd(['logs', 'ls']);
      expect(listed).toMatchObject({ code: 0, stderr: '' });
      expect(listed.stdout).toMatch(new RegExp(`^${ended.run} .*found`, 'm'));
    }, 60_000);

    test('whose uploads fail has its exit code, its local copy, and names the command, which then works', async () => {
      const isUpload = {
        match: ({ parameters }: { parameters: object }) => !JSON.stringify(parameters).includes('probe'),
      };
      const repair = aws.faults.add({
        service: 's3',
        action: 'PutObject',
        error: 'Denied',
        status: 403,
        ...isUpload,
      });
      const result = await cnd(easy);
      repair();
      const ended = runEnded(result);
      expect(result.code).toBe(0);
      expect(named(eventsOf(result), 'logs.pulled')).toHaveLength(2);
      expect(named(eventsOf(result), 'logs.missing')).toEqual([]);
      const [warning] = named(eventsOf(result), 'warning');
      expect(warning?.message).toContain(`cnd logs push ${ended.run}`);
      expect(warning?.message).toMatch(/5 of 5 files could not be stored; the first: .*AccessDenied/);
      expect(ended.logs).toBe(inLogs(ended.run));
      expect(readdirSync(inLogs(ended.run))).toHaveLength(5);
      expect(await cnd(['logs', 'push', 'last'])).toMatchObject({
        code: 0,
        stdout: `5 files of ${ended.run} are uploaded to s3://${bucket}/${ended.run}, and removed here\n`,
      });
      expect(readdirSync(inLogs())).toEqual([]);
    }, 60_000);
  });

  describe('a run that is only here', () => {
    beforeEach(() => leave());

    test('is listed, and named with what stores it', async () => {
      const { code, stdout, stderr } = await cnd(['logs', 'ls']);
      expect(code).toBe(0);
      expect(stdout).toMatch(new RegExp(`^${run} .*found`, 'm'));
      expect(stderr).toBe(`cnd: 1 run is not fully uploaded to s3://${bucket}: cnd logs push ${run}\n`);
    });

    test('is not said to be while it is under way, and cannot be pushed then', async () => {
      underWay();
      expect(await cnd(['logs', 'ls'])).toMatchObject({ code: 0, stderr: '' });
      const pushed = await cnd(['logs', 'push', run]);
      expect(pushed).toMatchObject({ code: 2, stderr: expect.stringMatching(/is still running/) as string });
      expect(local()).toHaveLength(2);
    });

    test.each([
      { args: ['logs', 'show', run], said: /hit: 116/, offline: 1 },
      { args: ['logs', 'grep', 'hit', run], said: /hit: 116/, offline: 0 },
      { args: ['logs', 'grep', 'nothing', run], said: /^$/, code: 1, offline: 2 },
      { args: ['logs', 'pull', run, 'copy', '--force'], said: /2 files of/, offline: 1 },
    ])(
      'is read by $args, which says so; also when the bucket cannot be listed, which is said and is no success',
      async ({ args, said, code = 0, offline }) => {
        const says = `${run} is not fully uploaded, reading it from ${inLogs(run)}; upload it with: cnd logs push ${run}`;
        const stdout = expect.stringMatching(said) as string;
        const result = await cnd(args);
        expect(result).toMatchObject({ code, stdout });
        expect(result.stderr).toContain(says);
        const cut = await cnd(args, { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' });
        expect(cut).toMatchObject({ code: offline, stdout });
        expect(cut.stderr).toContain(
          `${run} may have more in s3://${bucket}/${run}, which cannot be listed:`,
        );
      },
      60_000,
    );

    test('is pushed with others, and what is not of it stays', async () => {
      const other = '20261119-000000-aaaa';
      leave(other);
      writeFileSync(inLogs(run, 'notes.txt'), 'mine');
      const { code, stdout } = await cnd(['logs', 'push', run, other]);
      expect(code).toBe(0);
      expect(stdout.split('\n')).toHaveLength(3);
      expect(local()).toEqual(['notes.txt']);
      expect(existsSync(inLogs(other))).toBe(false);
      expect(await archive().entries(run)).toHaveLength(2);
      expect(await cnd(['logs', 'ls'])).toMatchObject({ stderr: '' });
      expect(await cnd(['logs', 'push', run])).toMatchObject({
        code: 0,
        stdout: `${run} is fully uploaded to s3://${bucket}/${run} already\n`,
      });
    });

    test('stays when one file of it cannot be stored', async () => {
      aws.faults.add({ service: 's3', action: 'PutObject', error: 'Denied', status: 403, times: 1 });
      const { code, stderr } = await cnd(['logs', 'push', run]);
      expect(code).toBe(1);
      // The record only comes after the rest.
      expect(stderr).toMatch(/2 of 2 files could not be stored/);
      expect(local()).toHaveLength(2);
    });

    test('is removed wherever it is', async () => {
      await archive().store(run, 'events.ndjson', join(place.directory, 'cnd.config.json'));
      expect(await cnd(['logs', 'rm', run, '--yes'])).toMatchObject({ code: 0 });
      expect(local()).toEqual([]);
      expect(await archive().entries(run)).toEqual([]);
    });
  });

  describe('what cannot be read in the bucket', () => {
    const stored = async (): Promise<void> => {
      leave();
      await cnd(['logs', 'push', run]);
      // What the index says of a run need not be read.
      const { index } = archive();
      await index.drop(await collect(index.names({})));
    };

    test('is not called empty: access denied', async () => {
      await stored();
      aws.faults.add({ service: 's3', action: 'GetObject', error: 'Denied', status: 403 });
      const { code, stdout, stderr } = await cnd(['logs', 'ls']);
      expect(code).toBe(1);
      expect(stdout).toMatch(new RegExp(`^${run} .*unreadable`, 'm'));
      expect(stderr).toMatch(/is unreadable: .*AccessDenied.*s3:GetObject/);
    });

    test('is not called empty: expired credentials, told once, with the remedy', async () => {
      await stored();
      aws.faults.add({ service: 's3', action: 'GetObject', error: 'Expired' });
      const { code, stdout, stderr } = await cnd(['logs', 'ls']);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/the AWS credentials have expired\n.*aws sso login/);
    });
  });

  describe('init --bucket', () => {
    const path = (): string => join(place.directory, 'cnd.config.json');
    const created = () => aws.of('CreateBucket').filter(({ status, parameters }) => status === 200 && parameters['Bucket'] === 'my-logs'); // prettier-ignore

    test('creates it where and as the file there says, and leaves the file as it is', async () => {
      const content = '{ "ec2": { "region": "us-west-2" }, "logs": { "bucket": "my-logs" } } // mine';
      writeFileSync(path(), content);
      const result = await cnd(['init', '--bucket', 'my-logs']);
      expect(result).toMatchObject({ code: 0, stdout: 'created bucket my-logs in us-west-2, for logs\n' });
      expect(created()).toHaveLength(1);
      expect(readFileSync(path(), 'utf8')).toBe(content);
    });

    test.each(['us-west-2', 'us-east-1'])(
      'in %s has the tags of ec2.tags from its creation on',
      async (region) => {
        const tags = { team: 'research', 'cost-center': '42' };
        writeFileSync(path(), JSON.stringify({ ec2: { region, tags }, logs: { bucket: 'my-logs' } }));
        expect((await cnd(['init', '--bucket', 'my-logs'])).code).toBe(0);
        expect(created()).toMatchObject([{ parameters: { Tags: tags } }]);
        await aws.reset();
        aws.faults.add({ service: 's3', action: 'CreateBucket', error: 'Denied', status: 403, times: 1 });
        expect((await cnd(['init', '--bucket', 'my-logs'])).stderr).toMatch(
          /s3:CreateBucket, s3:TagResource/,
        );
      },
    );

    test('with a file that does not name it says what to write there', async () => {
      const result = await cnd(['init', '--bucket', 'my-logs', '--region', 'us-east-1']);
      expect(result.code).toBe(0);
      expect(result.stdout).toMatch(
        /^created bucket my-logs in us-east-1.*\n.*"logs": \{ "bucket": "my-logs" \}/,
      );
      expect(JSON.parse(readFileSync(path(), 'utf8'))).toEqual({ logs: { bucket } });
    });

    test('writes a file that names it where there is none, once the bucket is there', async () => {
      const other = ['--config', 'new.json'];
      aws.faults.add({ service: 's3', action: 'CreateBucket', error: 'Denied', status: 403, times: 1 });
      const failed = await cnd(['init', '--bucket', 'my-logs', ...other]);
      expect(failed).toMatchObject({ code: 1, stderr: expect.stringMatching(/s3:CreateBucket/) as string });
      expect(existsSync(join(place.directory, 'new.json'))).toBe(false);
      expect((await cnd(['init', '--bucket', 'my-logs', ...other])).code).toBe(0);
      expect(readFileSync(join(place.directory, 'new.json'), 'utf8')).toContain('"bucket": "my-logs"');
    });

    test('leaves a bucket that is there as it is, and says so', async () => {
      const result = await cnd(['init', '--bucket', bucket]);
      expect(result.stdout).toBe(`bucket ${bucket} in eu-west-1 exists already: not changed\n`);
      expect(
        aws.calls.filter(({ action }) => action.startsWith('Put') || action === 'CreateBucket'),
      ).toHaveLength(1);
    });

    test.each(['My_Logs', 's3://my-logs', 'ab'])(
      'refuses the name %j before anything is done',
      async (name) => {
        const before = aws.calls.length;
        const result = await cnd(['init', `--bucket=${name}`, '--config', 'new.json']);
        expect(result).toMatchObject({ code: 2, stdout: '' });
        expect(result.stderr).toMatch(/--bucket is '.*': must be the name of an S3 bucket/);
        expect(aws.calls).toHaveLength(before);
        expect(existsSync(join(place.directory, 'new.json'))).toBe(false);
      },
    );
  });

  describe('init --policy', () => {
    const policy = async (args: readonly string[], more: NodeJS.ProcessEnv = {}) => {
      const { code, stdout, stderr } = await cnd(['init', '--policy', ...args], more);
      return { code, stderr, printed: stdout === '' ? undefined : (JSON.parse(stdout) as unknown) };
    };
    const scope = { account: '123456789012', region: 'eu-west-1', bucket };

    test('fills in whose credentials they are, and what the file and the environment say', async () => {
      const before = aws.calls.length;
      expect(await policy([])).toEqual({ code: 0, stderr: '', printed: policies(policyScope(scope)) });
      expect(aws.calls.slice(before).map(({ action }) => action)).toEqual(['GetCallerIdentity']);
    });

    test('asks nobody when the account is given, and creates no bucket', async () => {
      const before = aws.calls.length;
      const other = { account: '210987654321', region: 'cn-north-1', bucket: 'my-logs' };
      const args = Object.entries(other).flatMap(([flag, value]) => [`--${flag}`, value]);
      const { printed, stderr } = await policy(args);
      expect({ printed, stderr }).toEqual({
        stderr: '',
        printed: policies(policyScope({ ...other, partition: 'aws-cn' })),
      });
      expect(aws.calls).toHaveLength(before);
    });

    test('says in one line what is a placeholder, and why', async () => {
      config({});
      aws.faults.add({ action: 'GetCallerIdentity', error: 'Expired' });
      expect(await policy([])).toEqual({
        code: 0,
        stderr: expect.stringMatching(
          /^cnd: ACCOUNT, BUCKET are placeholders: fill in with --account, --bucket \(.*have expired\)\n$/,
        ),
        printed: policies(policyScope({ region: 'eu-west-1' })),
      });
    });

    test('without credentials and a region is the documented text', async () => {
      config({});
      const none = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_REGION: '' };
      const { code, stdout, stderr } = await cnd(['init', '--policy'], none);
      expect({ code, stdout }).toEqual({ code: 0, stdout: readFileSync('docs/policy.json', 'utf8') });
      expect(stderr).toMatch(/^cnd: ACCOUNT, REGION, BUCKET are placeholders: .*no AWS credentials.*\n$/);
    });

    test.each([
      [['--policy', '--account', '12345'], /--account is '12345': must be an AWS account ID of 12 digits/],
      [['--policy', '--region', 'mars'], /--region is 'mars': must be a region/],
      [['--policy', '--cloudformation'], /--policy and --cloudformation cannot be given together/],
      [['--account', '123456789012'], /--account is only for --policy/],
    ])('%j is refused', async (args, said) => {
      const before = readFileSync(join(place.directory, 'cnd.config.json'), 'utf8');
      expect(await cnd(['init', ...args])).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(said) as string,
      });
      expect(readFileSync(join(place.directory, 'cnd.config.json'), 'utf8')).toBe(before);
    });
  });

  test('init --cloudformation prints the template with the bucket of the file, and asks nobody', async () => {
    const before = aws.calls.length;
    const { code, stdout, stderr } = await cnd(['init', '--cloudformation']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual(stackTemplate(bucket));
    expect(aws.calls).toHaveLength(before);
  });

  test('doctor looks at the bucket and leaves nothing, here or there', async () => {
    const { code, stdout } = await cnd(['doctor', '--N', '2', '--T', '60', '--D', '2']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^ok +logs +can be stored in s3://${bucket}$`, 'm'));
    expect(existsSync(inLogs())).toBe(false);
    aws.faults.add({ service: 's3', action: 'HeadBucket', error: 'NoSuchBucket', status: 404 });
    const failed = await cnd(['doctor', '--N', '2', '--T', '60', '--D', '2']);
    expect(failed.code).toBe(1);
    expect(failed.stdout).toMatch(
      /^FAILED +logs .*there is no bucket cnd-test-logs.*\n.*cnd init --bucket cnd-test-logs/m,
    );
  });
});
