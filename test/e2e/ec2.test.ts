import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { SQS } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { messageBody } from '../../src/broadcast/message.ts';
import { eventsOf, named, runEnded } from '../helper/cnd.ts';
import { eventually } from '../helper/process.ts';
import { hasStage } from '../helper/stage/available.ts';
import { Stage } from '../helper/stage/stage.ts';
import { type PlaceOptions, type StagePlace, stagePlace } from '../helper/stage/workplace.ts';

const genesis =
  '0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c';

/** Whole runs on EC2, SQS and S3, on the stage: moto corrected, real machines, real SSH. */
describe.runIf(hasStage())('a run on EC2', { timeout: 90_000 }, () => {
  let stage: Stage;
  const places: StagePlace[] = [];

  beforeAll(async () => {
    stage = await Stage.open();
  }, 60_000);
  afterEach(async () => {
    for (const place of places.splice(0)) place.remove();
    await stage.reset();
  });
  afterAll(async () => stage.close());

  const place = (options: PlaceOptions = {}): StagePlace => {
    const made = stagePlace(stage, options);
    places.push(made);
    return made;
  };

  test('eight instances find a nonce, eight syslogs are in the bucket, and everything else is gone', async () => {
    await stage.createBucket('bucket');
    const { run, directory } = place({ logs: { bucket: 'bucket', prefix: 'cnd' } });
    const result = await run('start --N 8 --T 200 --D 2 --json');
    expect(result.stderr).toBe('');
    const ended = runEnded(result);
    expect(ended).toMatchObject({ outcome: 'found', exitCode: 0, left: [] });
    await stage.untilClean();
    // The first to search may have found it before the others have begun; who has begun was seen to be armed.
    const armed = new Set(named(eventsOf(result), 'instance.armed').map(({ instance }) => instance));
    for (const { instance } of named(eventsOf(result), 'instance.searching'))
      expect(armed).toContain(instance);
    expect(armed.size).toBeGreaterThan(0);
    const objects = await stage.objects('bucket');
    const names = Array.from({ length: 8 }, (_, index) => `Instance${index}.log.gz`);
    const keys = [...names, 'events.ndjson', 'run.json'].map((name) => `cnd/${ended.run}/${name}`);
    expect([...objects.keys()].toSorted()).toEqual(keys.toSorted());
    for (const [index, name] of names.entries()) {
      const syslog = gunzipSync(objects.get(`cnd/${ended.run}/${name}`) ?? '').toString();
      expect(syslog).toContain('cloud-init');
      const workers = [...syslog.matchAll(/cnd-agent\[\d+\].* worker=(\d+)/g)].map((match) => match[1]);
      expect(workers.filter((worker) => worker !== `${index}`)).toEqual([]);
    }
    const shown = await run('logs ls');
    expect(shown).toMatchObject({ code: 0 });
    expect(shown.stdout).toMatch(new RegExp(`${ended.run}.*found`));
    const finder = ended.instance ?? -1;
    const syslog = await run(`logs show ${ended.run} ${finder}`);
    expect(syslog.stdout).toMatch(new RegExp(`cnd-agent.* worker=${finder} hit: ${ended.nonce}`));
    expect((await run(`logs grep worker=${finder} last`)).stdout).toMatch(/cnd-agent/);
    expect(directory).not.toBe('');
  });

  test('asks EC2 for exactly what it should', async () => {
    const result = await place().run('start --N 2 --T 120 --D 2 --json');
    const { run } = runEnded(result);
    const launch = stage
      .calls('ec2', 'RunInstances')
      .find(({ parameters }) => parameters['DryRun'] !== 'true');
    expect(launch?.parameters).toMatchObject({
      MinCount: '1',
      MaxCount: '2',
      InstanceType: 'c7a.medium',
      InstanceInitiatedShutdownBehavior: 'terminate',
      'MetadataOptions.HttpTokens': 'required',
      'BlockDeviceMapping.1.Ebs.Encrypted': 'true',
      'BlockDeviceMapping.1.Ebs.DeleteOnTermination': 'true',
    });
    for (const { image, tags, shutdownBehavior } of stage.instances()) {
      expect(image.name).toMatch(/ubuntu-noble-24.04-amd64-server-20261112/);
      expect(image.owner).toBe('099720109477');
      expect(tags).toMatchObject({ 'cnd:run': run, 'cnd:owner': expect.stringContaining('alice') as string });
      expect(Date.parse(tags['cnd:expires-at'] ?? '')).toBeGreaterThan(Date.now() + 60_000);
      expect(shutdownBehavior).toBe('terminate');
    }
    const [rule] = stage.calls('ec2', 'AuthorizeSecurityGroupIngress');
    expect(JSON.stringify(rule?.parameters)).toMatch(/"FromPort":"22"|FromPort":"22"/);
    expect(JSON.stringify(rule?.parameters)).toMatch(/\/32"/);
    const armed = stage.hypervisor.events.flatMap((event) => (event.event === 'armed' ? event.seconds : []));
    for (const seconds of armed) expect(Math.abs(seconds - 180)).toBeLessThan(10);
    await stage.untilClean();
  });

  for (const [image, user] of [
    ['amazon-linux-2023', 'ec2-user'],
    ['debian-12', 'admin'],
  ] as const) {
    test(`${image} is logged into as ${user}, and its journal archived`, async () => {
      const { run, directory } = place({ ec2: { image } });
      const ended = runEnded(await run('start --N 1 --T 120 --D 2 --json'));
      expect(ended.outcome).toBe('found');
      const journal = gunzipSync(
        readFileSync(join(directory, 'logs', ended.run, 'Instance0.log.gz')),
      ).toString();
      expect(journal).toMatch(/^\d{4}-\d\d-\d\dT.*cnd-agent\[\d+\]/m);
    });
  }

  test('spot instances end once, and are asked for as such', async () => {
    const ended = runEnded(await place({ ec2: { spot: true } }).run('start --N 2 --T 120 --D 2 --json'));
    expect(ended.outcome).toBe('found');
    expect(stage.instances().map(({ spot }) => spot)).toEqual([true, true]);
    await stage.untilClean();
  });

  test('peers that poll SQS stop when no order reaches them', async () => {
    const { start } = place({ ec2: { instanceProfile: 'cnd-agent' } });
    const cnd = start(`start --N 3 --T 80 --scheme bitcoin --header ${genesis} --json`);
    const { run } = await cnd.event('search.all');
    const kernels = () =>
      [...stage.hypervisor.machines.values()].flatMap(({ processes }) =>
        processes.filter((line) => /pow\.py|\/kernel /.test(line)),
      );
    await eventually('kernels', () => kernels().length >= 3);
    const roles = () =>
      new Set(
        stage
          .calls('sqs', 'ReceiveMessage')
          .map(({ accessKey }) => accessKey)
          .filter((key) => key.startsWith('ASIA')),
      );
    await eventually('three agents poll', () => roles().size === 3);
    stage.jump.stall();
    const announcement = {
      run,
      nonce: 2083236893n,
      instance: 0,
      digest: '6fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000',
    };
    const { accessKeyId, secretAccessKey } = stage.principal('bob');
    const sqs = new SQS({
      region: 'us-east-1',
      endpoint: stage.url,
      credentials: { accessKeyId, secretAccessKey },
    });
    const { QueueUrls: [QueueUrl] = [] } = await sqs.listQueues({});
    await sqs.sendMessage({ QueueUrl, MessageBody: messageBody(announcement) });
    await eventually('no kernel left', () => kernels().length === 0, 10);
    stage.jump.resume();
    const result = await cnd.ended;
    expect(runEnded(result)).toMatchObject({ outcome: 'found', nonce: '2083236893' });
    await stage.untilClean();
  });

  test('forged, foreign and malformed messages stop nobody', async () => {
    const cnd = place({ ec2: { instanceProfile: 'cnd-agent' } }).start('start --N 2 --T 60 --D 16 --json');
    const { run } = await cnd.event('search.all');
    const { accessKeyId, secretAccessKey } = stage.principal('mallory');
    const sqs = new SQS({
      region: 'us-east-1',
      endpoint: stage.url,
      credentials: { accessKeyId, secretAccessKey },
    });
    const { QueueUrls: [QueueUrl] = [] } = await sqs.listQueues({});
    const forged = { run, nonce: 117n, digest: '0'.repeat(64), instance: 0 };
    const foreign = { ...forged, run: '20200101-000000-aaaa' };
    for (const MessageBody of [messageBody(forged), messageBody(foreign), 'not JSON', '{}']) {
      await sqs.sendMessage({ QueueUrl, MessageBody });
    }
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(cnd.child.exitCode).toBe(null);
    const machines = [...stage.hypervisor.machines.values()];
    for (const { processes } of machines) expect(processes.join('\n')).toMatch(/pow\.py|\/kernel /);
    cnd.child.kill('SIGINT');
    const result = await cnd.ended;
    expect(runEnded(result)).toMatchObject({ outcome: 'interrupted' });
    await stage.untilClean();
  });

  test('no secret is in an argument, an event, a log or the archive', async () => {
    await stage.createBucket('bucket');
    const options = { ec2: { instanceProfile: 'cnd-agent' }, logs: { bucket: 'bucket' } };
    const cnd = place(options).start('start --N 2 --T 60 --D 16 --verbose --json');
    const { run } = await cnd.event('search.all');
    const argv = execFileSync('ps', ['axww', '-o', 'args='], { encoding: 'utf8', maxBuffer: 2 ** 26 });
    cnd.child.kill('SIGINT');
    const { stdout, stderr } = await cnd.ended;
    const objects = await stage.objects('bucket');
    const archived = [...objects].map(([key, data]) =>
      (key.endsWith('.gz') ? gunzipSync(data) : data).toString(),
    );
    expect(archived.join('')).toContain(run);
    const secrets = /PRIVATE KEY|b3BlbnNzaC1rZXkt|stage-secret-of|stage-token-of/;
    for (const text of [argv, stdout, stderr, ...archived]) expect(text).not.toMatch(secrets);
    await stage.untilClean();
  });

  test('--dry-run and doctor launch nothing; --max-cost refuses', async () => {
    const { run } = place();
    const dry = await run('start --N 8 --T 200 --D 2 --dry-run');
    expect(dry.code).toBe(0);
    expect(dry.stderr).toMatch(/\$0\.\d+/);
    const doctor = await run('doctor');
    expect(doctor).toMatchObject({ code: 0, stdout: expect.stringContaining('123456789012') as string });
    expect(await run('start --N 8 --T 200 --D 2 --max-cost 0.001')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/cost/) as string,
    });
    expect(stage.instances()).toEqual([]);
    expect(stage.calls('sqs', 'CreateQueue')).toEqual([]);
    expect(await stage.leftovers()).toEqual([]);
  });

  test('without credentials --help works, and the others say what is missing', async () => {
    const { run } = place();
    const none = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
    expect((await run('--help', none)).code).toBe(0);
    expect((await run('start --help', none)).stdout).toMatch(/--max-cost/);
    const dry = await run('start --N 2 --T 60 --D 2 --dry-run', none);
    expect(dry).toMatchObject({ code: 2, stderr: expect.stringMatching(/credentials/i) as string });
    const doctor = await run('doctor', none);
    expect(doctor).toMatchObject({ code: 1, stdout: expect.stringMatching(/credentials/i) as string });
    expect(stage.calls()).toEqual([]);
  });
});
