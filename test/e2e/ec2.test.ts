import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { messageBody } from '../../src/broadcast/message.ts';
import type { RunEvent } from '../../src/event/event.ts';
import { endlessFlags, eventsOf, named, runEnded } from '../helper/cnd.ts';
import { eventually } from '../helper/process.ts';
import { hasStage } from '../helper/stage/available.ts';
import type { Call } from '../helper/stage/aws/call.ts';
import type { Machine } from '../helper/stage/machine/machine.ts';
import { useStage } from '../helper/stage/use.ts';
import type { StagePlace } from '../helper/stage/workspace.ts';
import { clients } from '../stage/stage.ts';

/** Not one of the index beside the runs. */
const isOfRun = (key: string): boolean => !key.includes('/.cnd-index/');

const genesis =
  '0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c';

const isProbe = ({ parameters }: Call): boolean => String(parameters['Key']).endsWith('.cnd-probe');

/** Whole runs on EC2, SQS and S3, on the stage: moto corrected, real machines, real SSH. */
describe.runIf(hasStage()).concurrent('a run on EC2', { timeout: 240_000 }, () => {
  const on = useStage({ shared: true });

  /** Somebody else says something on the queue of a run. */
  const say = async (run: string, ...bodies: string[]): Promise<void> => {
    const { sqs } = clients(on.stage, 'us-east-1', 'mallory');
    const { QueueUrls: [QueueUrl] = [] } = await sqs.listQueues({ QueueNamePrefix: `cnd-${run}` });
    for (const MessageBody of bodies) await sqs.sendMessage({ QueueUrl, MessageBody });
  };

  const machines = (place: StagePlace) =>
    place.instances().flatMap(({ id }) => on.stage.hypervisor.machines.get(id) ?? []);

  test('eight instances find a nonce, eight syslogs are in the bucket, and everything else is gone', async () => {
    await on.stage.createBucket('bucket');
    const place = on.place({ logs: { bucket: 'bucket', prefix: 'cnd' }, held: true });
    const { run } = place;
    // 3,730,945 is the smallest golden nonce; nobody gets there before all search.
    const cnd = place.start('start --N 8 --T 200 --D 6 --from 3700000 --chunk 2000 --json');
    await cnd.event('search.all');
    place.release();
    const result = await cnd.ended;
    expect(result.stderr).toBe('');
    const ended = runEnded(result);
    expect(ended).toMatchObject({ outcome: 'found', exitCode: 0, left: [] });
    await place.untilClean();
    // Who has begun was seen to be armed.
    const armed = new Set(named(eventsOf(result), 'instance.armed').map(({ instance }) => instance));
    for (const { instance } of named(eventsOf(result), 'instance.searching'))
      expect(armed).toContain(instance);
    expect(armed.size).toBeGreaterThan(0);
    const objects = await on.stage.objects('bucket');
    const names = Array.from({ length: 8 }, (_, index) => `Instance${index}.log.gz`);
    const keys = [...names, 'events.ndjson', 'report.html', 'run.json'].map(
      (name) => `cnd/${ended.run}/${name}`,
    );
    const own = [...objects.keys()].filter(isOfRun);
    expect(own.toSorted()).toEqual(keys.toSorted());
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
  });

  test('logs are pushed to the bucket; there they are listed, shown, searched, copied and removed', async () => {
    await on.stage.createBucket('archive');
    const logs = { bucket: 'archive', prefix: 'team/cnd' };
    const place = on.place({ logs });
    const refused = on.place({ logs });
    const grant = refused.fault({ action: 'PutObject', match: (call) => !isProbe(call), error: 'Denied' });
    const [one, two] = await Promise.all(
      [place, refused].map(async ({ run }) => runEnded(await run('start --N 1 --T 200 --D 2 --json'))),
    );
    if (!one || !two) throw new Error('there are two runs');
    expect(two).toMatchObject({ outcome: 'found', exitCode: 0 });
    const keys = async () => [...(await on.stage.objects('archive')).keys()].filter(isOfRun);
    expect((await keys()).join()).not.toContain(two.run);
    grant();
    expect(await refused.run(`logs push ${two.run}`)).toMatchObject({ code: 0, stderr: '' });
    // Somebody else's machine knows no more than the bucket.
    const { run, directory } = place.elsewhere();
    const ok = async (args: string): Promise<string> => {
      const ended = await run(`logs ${args}`);
      expect({ args, ...ended }).toMatchObject({ code: 0, stderr: '' });
      return ended.stdout;
    };
    const listed = JSON.parse(await ok('ls --json')) as { run: string; outcome: string }[];
    expect(listed.map((shown) => shown.run).toSorted()).toEqual([one.run, two.run].toSorted());
    expect(listed.map(({ outcome }) => outcome)).toEqual(['found', 'found']);
    expect(await ok('ls --outcome failed')).not.toContain(one.run);
    const shown = await ok(`show ${one.run}`);
    expect(shown).toMatch(/cloud-init/);
    expect(shown).toMatch(new RegExp(`cnd-agent.* hit: ${one.nonce}`));
    expect(await ok(`show ${one.run} 0`)).toMatch(/cnd-agent/);
    const found = await ok(String.raw`grep hit:\s\d+`);
    for (const each of [one.run, two.run]) expect(found).toContain(each);
    expect(await ok(`grep hit: ${two.run}`)).not.toContain(one.run);
    expect(await run('logs grep nothing-like-it')).toMatchObject({ code: 1, stdout: '' });

    const names = ['Instance0.log.gz', 'events.ndjson', 'report.html', 'run.json'];
    const objects = await on.stage.objects('archive');
    await ok(`pull ${one.run} copy`);
    expect(readdirSync(join(directory, 'copy')).toSorted()).toEqual(names);
    for (const name of names) {
      expect(readFileSync(join(directory, 'copy', name))).toEqual(objects.get(`team/cnd/${one.run}/${name}`));
    }
    expect(await run(`logs pull ${one.run} copy`)).toMatchObject({ code: 2 });

    await ok(`rm ${one.run} --yes`);
    expect((await keys()).toSorted()).toEqual(names.map((name) => `team/cnd/${two.run}/${name}`));
    expect(await ok('ls')).not.toContain(one.run);
    expect((await place.run(`logs show ${one.run}`)).code).not.toBe(0);
  });

  test('asks EC2 for exactly what it should', async () => {
    const place = on.place();
    const begin = performance.now();
    const result = await place.run('start --N 2 --T 200 --D 2 --json');
    const elapsed = (performance.now() - begin) / 1000;
    const { run } = runEnded(result);
    const launch = place
      .calls('ec2', 'RunInstances')
      .find(({ parameters }) => parameters['DryRun'] !== 'true');
    expect(launch?.parameters).toMatchObject({
      MinCount: '1',
      MaxCount: '2',
      InstanceType: 'c8a.medium',
      InstanceInitiatedShutdownBehavior: 'terminate',
      'MetadataOptions.HttpTokens': 'required',
      'BlockDeviceMapping.1.Ebs.Encrypted': 'true',
      'BlockDeviceMapping.1.Ebs.DeleteOnTermination': 'true',
    });
    for (const { image, tags, shutdownBehavior } of place.instances()) {
      expect(image.name).toMatch(/ubuntu-noble-24.04-amd64-server-20261112/);
      expect(image.owner).toBe('099720109477');
      expect(tags).toMatchObject({
        'cnd:run': run,
        'cnd:owner': expect.stringContaining(place.name) as string,
      });
      expect(Date.parse(tags['cnd:expires-at'] ?? '')).toBeGreaterThan(Date.now() + 60_000);
      expect(shutdownBehavior).toBe('terminate');
    }
    const [rule] = place.calls('ec2', 'AuthorizeSecurityGroupIngress');
    expect(JSON.stringify(rule?.parameters)).toMatch(/"FromPort":"22"|FromPort":"22"/);
    expect(JSON.stringify(rule?.parameters)).toMatch(/\/32"/);
    const ids = new Set(place.instances().map(({ id }) => id));
    const armed = on.stage.hypervisor.events.flatMap((event) =>
      event.event === 'armed' && ids.has(event.instance) ? event.seconds : [],
    );
    expect(armed).toHaveLength(2);
    // T and 60 s of grace, less what had passed before the launch.
    for (const seconds of armed) {
      expect(seconds).toBeLessThanOrEqual(260);
      expect(seconds).toBeGreaterThan(260 - elapsed - 1);
    }
    await place.untilClean();
  });

  for (const [image, user] of [
    ['amazon-linux-2023', 'ec2-user'],
    ['debian-12', 'admin'],
  ] as const) {
    test(`${image} is logged into as ${user}, and its journal archived`, async () => {
      const { run, directory } = on.place({ ec2: { image } });
      const ended = runEnded(await run('start --N 1 --T 200 --D 2 --json'));
      expect(ended.outcome).toBe('found');
      const journal = gunzipSync(
        readFileSync(join(directory, 'logs', ended.run, 'Instance0.log.gz')),
      ).toString();
      expect(journal).toMatch(/^\d{4}-\d\d-\d\dT.*cnd-agent\[\d+\]/m);
    });
  }

  test('spot instances end once, and are asked for as such', async () => {
    const place = on.place({ ec2: { spot: true } });
    const ended = runEnded(await place.run('start --N 2 --T 200 --D 2 --json'));
    expect(ended.outcome).toBe('found');
    expect(place.instances().map(({ spot }) => spot)).toEqual([true, true]);
    await place.untilClean();
  });

  test('peers that poll SQS stop when no order reaches them', async () => {
    const place = on.place({ ec2: { instanceProfile: 'cnd-agent' }, held: true });
    const cnd = place.start(`start --N 3 --T 200 --scheme bitcoin --header ${genesis} --json`);
    const { run } = await cnd.event('search.all');
    const kernels = () =>
      machines(place).flatMap(({ processes }) => processes.filter((line) => /kernel-stand-in/.test(line)));
    await eventually('kernels', () => kernels().length >= 3);
    const roles = () =>
      new Set(
        place
          .calls('sqs', 'ReceiveMessage')
          .map(({ accessKey }) => accessKey)
          .filter((key) => key.startsWith('ASIA')),
      );
    await eventually('three agents poll', () => roles().size === 3);
    place.stall();
    const announcement = {
      run,
      nonce: 2083236893n,
      instance: 0,
      digest: '6fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000',
    };
    await say(run, messageBody(announcement));
    await eventually('no kernel left', () => kernels().length === 0);
    place.resume();
    const result = await cnd.ended;
    expect(runEnded(result)).toMatchObject({ outcome: 'found', nonce: '2083236893' });
    await place.untilClean();
  });

  test('forged, foreign and malformed messages stop nobody', async () => {
    const place = on.place({ ec2: { instanceProfile: 'cnd-agent' } });
    const cnd = place.start(`start --N 2 --T 200 ${endlessFlags} --json`);
    const { run } = await cnd.event('search.all');
    const forged = { run, nonce: 117n, digest: '0'.repeat(64), instance: 0 };
    const foreign = { ...forged, run: '20200101-000000-aaaa' };
    const polls = place.calls('sqs', 'ReceiveMessage').length;
    await say(run, messageBody(forged), messageBody(foreign), 'not JSON', '{}');
    // The controller and both agents have read them all, and read on.
    const heard = () => place.calls('sqs', 'ReceiveMessage').length >= polls + 6;
    await eventually('polls', heard, 20);
    expect(cnd.child.exitCode).toBe(null);
    expect(machines(place)).toHaveLength(2);
    const isSearching = ({ processes }: Machine): boolean => /pow\.py|\/kernel /.test(processes.join('\n'));
    await eventually('search', () => machines(place).every(isSearching));
    cnd.child.kill('SIGINT');
    const result = await cnd.ended;
    expect(runEnded(result)).toMatchObject({ outcome: 'interrupted' });
    await place.untilClean();
  });

  test('no secret is in an argument, an event, a log or the archive', async () => {
    await on.stage.createBucket('secret');
    const place = on.place({ ec2: { instanceProfile: 'cnd-agent' }, logs: { bucket: 'secret' } });
    const cnd = place.start(`start --N 2 --T 200 ${endlessFlags} --verbose --json`);
    const { run } = await cnd.event('search.all');
    const argv = execFileSync('ps', ['axww', '-o', 'args='], { encoding: 'utf8', maxBuffer: 2 ** 26 });
    cnd.child.kill('SIGINT');
    const { stdout, stderr } = await cnd.ended;
    const objects = await on.stage.objects('secret');
    const archived = [...objects].map(([key, data]) =>
      (key.endsWith('.gz') ? gunzipSync(data) : data).toString(),
    );
    expect(archived.join('')).toContain(run);
    const secrets = /PRIVATE KEY|b3BlbnNzaC1rZXkt|stage-secret-of|stage-token-of/;
    for (const text of [argv, stdout, stderr, ...archived]) expect(text).not.toMatch(secrets);
    await place.untilClean();
  });

  test('over IPv6: in dual-stack subnets, through a group that is open to IPv6 alone, without public IPv4 addresses', async () => {
    const source = '2001:db8:2::7/128';
    const place = on.place({ ec2: { connect: 'ipv6', region: 'us-west-2', sshFrom: source }, held: true });
    const cnd = place.start('start --N 2 --T 200 --D 7 --from 3000000 --json');
    await cnd.event('search.all');
    place.release();
    const ended = await cnd.ended;
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(runEnded(ended)).toMatchObject({ outcome: 'found', left: [] });
    const addresses = place.instances().map(({ ipv6 }) => ipv6);
    expect(addresses).toEqual([
      expect.stringMatching(/^2001:db8:1::/),
      expect.stringMatching(/^2001:db8:1::/),
    ]);
    expect(place.instances().map(({ publicIp }) => publicIp)).toEqual([undefined, undefined]);
    for (const address of addresses) expect(on.stage.jump.requests).toContain(`${address}:22`);
    // The group may not have been known at first.
    const [rule, ...others] = place
      .calls('ec2', 'AuthorizeSecurityGroupIngress')
      .filter(({ status }) => status === 200);
    expect(others).toEqual([]);
    expect(rule?.parameters).toMatchObject({ 'IpPermissions.1.Ipv6Ranges.1.CidrIpv6': source });
    expect(Object.keys(rule?.parameters ?? {}).filter((name) => name.includes('IpRanges'))).toEqual([]);
    await place.untilClean();
  });

  test('over IPv6 where the subnets have none is refused before anything is created', async () => {
    const place = on.place({ ec2: { connect: 'ipv6', sshFrom: '2001:db8:2::7/128' } });
    const { code, stderr } = await place.run('start --N 2 --T 200 --D 2');
    expect(code).toBe(2);
    expect(stderr).toMatch(/assigns no IPv6 addresses\n.*dual-stack or IPv6-only subnets in ec2\.subnets/);
    expect(await place.orphans()).toEqual([]);
  });

  test('an instance that never gets a public address is told of at once, and the others search on', async () => {
    const place = on.place({ held: true });
    place.injectFault({ instance: 0, noAddress: true });
    const cnd = place.start('start --N 2 --T 200 --D 5 --chunk 30000 --smallest --json');
    const isTold = (event: RunEvent): boolean =>
      event.event === 'warning' && event.message.includes('no public IPv4 address');
    await cnd.event('warning', isTold);
    place.release();
    const ended = await cnd.ended;
    expect(runEnded(ended)).toMatchObject({ outcome: 'found', nonce: '46697', left: [] });
    const events = eventsOf(ended);
    const [id] = place.instances().map((instance) => instance.id);
    const told = named(events, 'warning').find(isTold);
    expect(told?.message).toMatch(
      new RegExp(`^${id} is running.*set ec2.subnets to subnets that assign public IPv4 addresses`),
    );
    // Not by the end of the boot time, or of T: before the run is over, which the other one ends.
    expect(events.findIndex((one) => one === told)).toBeLessThan(events.length - 1);
    await place.untilClean();
  });

  test('--dry-run and doctor launch nothing; --max-cost refuses', async () => {
    const place = on.place();
    const { run } = place;
    const dry = await run('start --N 8 --T 200 --D 2 --dry-run');
    expect(dry.code).toBe(0);
    expect(dry.stderr).toMatch(/\$0\.\d+/);
    const doctor = await run('doctor');
    expect(doctor).toMatchObject({ code: 0, stdout: expect.stringContaining('123456789012') as string });
    expect(await run('start --N 8 --T 200 --D 2 --max-cost 0.001')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/cost/) as string,
    });
    expect(place.instances()).toEqual([]);
    expect(place.calls('sqs', 'CreateQueue')).toEqual([]);
    expect(await place.orphans()).toEqual([]);
  });

  test('without credentials --help works, and the others say what is missing', async () => {
    const { run } = on.place();
    const none = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
    expect((await run('--help', none)).code).toBe(0);
    expect((await run('start --help', none)).stdout).toMatch(/--max-cost/);
    const dry = await run('start --N 2 --T 200 --D 2 --dry-run', none);
    expect(dry).toMatchObject({ code: 2, stderr: expect.stringMatching(/credentials/i) as string });
    const doctor = await run('doctor', none);
    expect(doctor).toMatchObject({ code: 1, stdout: expect.stringMatching(/credentials/i) as string });
    expect(on.stage.calls().filter(({ accessKey }) => accessKey === '')).toEqual([]);
  });
});
