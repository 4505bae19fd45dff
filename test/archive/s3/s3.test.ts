import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import {
  GetObjectAclCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutBucketEncryptionCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DirectoryArchive } from '../../../src/archive/directory.ts';
import { pushRun } from '../../../src/archive/push.ts';
import { makeArchive } from '../../../src/archive/registry.ts';
import { idBeginning } from '../../../src/run-id.ts';
import { createBucket } from '../../../src/archive/s3/bucket.ts';
import { s3Client } from '../../../src/archive/s3/client.ts';
import { eventually } from '../../helper/process.ts';
import { S3Archive, type S3Options } from '../../../src/archive/s3/s3.ts';
import type { RunFilter } from '../../../src/archive/archive.ts';
import { TestAws, awsMissing } from '../../helper/aws.ts';
import { collect } from '../../helper/collect.ts';

const run = '20261120-081103-x7k2';
const bucket = 'cnd-test-logs';

describe.skipIf(awsMissing)('the archive on S3', () => {
  let aws: TestAws;
  let client: S3Client;
  let folder: string;

  beforeAll(async () => {
    aws = await TestAws.start();
    client = s3Client(aws);
  });
  afterAll(() => aws?.stop());
  beforeEach(async () => {
    await aws.reset();
    folder = mkdtempSync(join(tmpdir(), 'cnd-s3-'));
    await createBucket(access());
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const access = () => ({ bucket, settings: aws.settings, env: aws.env });
  const make = (more: Partial<S3Options> = {}) => new S3Archive({ ...access(), prefix: 'logs', ...more });
  const file = (name: string, content: string | Buffer): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const put = (Key: string) => client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'x' }));
  const listed = (archive: S3Archive, filter?: RunFilter) => collect(archive.runs(filter));
  const refuse = (name: string): never => {
    throw new Error(`${name} is told as foreign`);
  };
  const head = (Key: string) =>
    client.send(new HeadObjectCommand({ Bucket: bucket, Key, ChecksumMode: 'ENABLED' }));

  describe('an entry', () => {
    test.each([
      ['events.ndjson', 'application/x-ndjson'],
      ['run.json', 'application/json'],
      ['Instance0.log.gz', 'application/gzip'],
    ])('%s is a checked, private object of type %s', async (name, type) => {
      await make().store(run, name, file(name, 'content\n'));
      const object = await head(`logs/${run}/${name}`);
      expect(object).toMatchObject({ ContentType: type, ContentLength: 8 });
      expect(object.ContentEncoding ?? '').toBe('');
      expect(object.ChecksumCRC32).toMatch(/^[A-Za-z0-9+/]{6}==$/);
      const { Grants } = await client.send(
        new GetObjectAclCommand({ Bucket: bucket, Key: `logs/${run}/${name}` }),
      );
      expect(Grants).toHaveLength(1);
    });

    test('is encrypted as the bucket says, unless a setting says otherwise', async () => {
      const path = file('run.json', '{}');
      const kms = { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: 'alias/team' } as const;
      const Rules = [{ ApplyServerSideEncryptionByDefault: kms }];
      const ServerSideEncryptionConfiguration = { Rules };
      await client.send(
        new PutBucketEncryptionCommand({ Bucket: bucket, ServerSideEncryptionConfiguration }),
      );
      await make().store(run, 'run.json', path);
      expect((await head(`logs/${run}/run.json`)).ServerSideEncryption).toBe('aws:kms');
      const logs = { directory: folder, bucket, prefix: 'logs', encryption: 'AES256' as const };
      await (await makeArchive(logs, aws.settings, aws.env)).store(run, 'run.json', path);
      expect((await head(`logs/${run}/run.json`)).ServerSideEncryption).toBe('AES256');
    });

    test('may be empty, or larger than a buffer', async () => {
      const archive = make();
      const large = Buffer.alloc(5_000_000, 'syslog line\n');
      await archive.store(run, 'events.ndjson', file('empty', ''));
      await archive.store(run, 'Instance0.log.gz', file('large', large));
      expect(await text(await archive.open(run, 'events.ndjson'))).toBe('');
      expect((await buffer(await archive.open(run, 'Instance0.log.gz'))).equals(large)).toBe(true);
    });

    test('is stored whole when the connection broke on the way', async () => {
      aws.faults.add({ service: 's3', action: 'PutObject', lost: 'before', times: 1 });
      aws.faults.add({ service: 's3', action: 'PutObject', error: 'Throttled', status: 503, times: 2 });
      const large = Buffer.alloc(1_000_000, 'syslog line\n');
      await make().store(run, 'Instance0.log.gz', file('large', large));
      expect((await buffer(await make().open(run, 'Instance0.log.gz'))).equals(large)).toBe(true);
    });

    test('is sent again when S3 has waited too long for it', async () => {
      aws.faults.add({ service: 's3', action: 'PutObject', error: 'RequestTimeout', status: 400, times: 1 });
      await make().store(run, 'run.json', file('run.json', '{}'));
      expect(aws.of('PutObject')).toHaveLength(2);
    });

    test.each([
      ['ExpiredToken', 'Expired', /the AWS credentials have expired/, 'aws-expired'],
      ['AccessDenied', 'Denied', /AccessDenied/, 'aws-denied'],
    ])('that cannot be stored (%s): what, where and why', async (_, error, why, code) => {
      aws.faults.add({ service: 's3', action: 'PutObject', error });
      const storing = make().store(run, 'run.json', file('run.json', '{}'));
      await expect(storing).rejects.toMatchObject({ code });
      const message = await storing.catch((error: Error) => error.message);
      expect(message).toMatch(why);
      expect(message).toContain(`run.json cannot be stored in bucket ${bucket} in eu-west-1`);
    });

    test('is given up at once when the time for it is over', async () => {
      aws.faults.add({ service: 's3', action: 'PutObject', hang: true });
      const since = performance.now();
      const signal = AbortSignal.timeout(200);
      const storing = make().store(run, 'run.json', file('run.json', '{}'), { signal });
      await expect(storing).rejects.toThrow(/cannot be stored/);
      expect(performance.now() - since).toBeLessThan(3000);
    });
  });

  test('an entry that nobody reads to its end gives its connection back', async () => {
    const large = file('large', Buffer.alloc(3_000_000, 'x'));
    const archive = make();
    await archive.store(run, 'events.ndjson', large);
    // The SDK has fifty connections.
    for (let reader = 0; reader < 60; reader++) (await archive.open(run, 'events.ndjson')).destroy();
    expect((await buffer(await archive.open(run, 'events.ndjson'))).length).toBe(3_000_000);
  });

  test('a run, and the archive, is where people are told it is', () => {
    expect(make().location(run)).toBe(`s3://${bucket}/logs/${run}`);
    expect(make().location()).toBe(`s3://${bucket}/logs`);
    expect(make({ prefix: '' }).location()).toBe(`s3://${bucket}`);
  });

  describe('the probe', () => {
    test('writes, and leaves no trace', async () => {
      await make().probe();
      expect(aws.of('PutObject')).toHaveLength(1);
      expect(await listed(make({ prefix: '' }))).toEqual([]);
      await expect(head('logs/.cnd-probe')).rejects.toThrow(expect.objectContaining({ name: 'NotFound' }));
    });

    test('is content without the right to delete, and its trace is not a run', async () => {
      aws.faults.add({ service: 's3', action: 'DeleteObject', error: 'Denied' });
      const archive = make();
      await archive.probe();
      expect(await listed(archive, { foreign: refuse })).toEqual([]);
      expect(await archive.entries(run)).toEqual([]);
    });

    test('is sent as uploads are: a server that takes no checksum after the content is told of before the run', async () => {
      const match = ({ parameters }: { parameters: object }): boolean => 'Trailer' in parameters;
      aws.faults.add({ service: 's3', action: 'PutObject', match, error: 'NotImplemented', status: 501 });
      await expect(make().probe()).rejects.toMatchObject({
        exitCode: 2,
        hint: expect.stringContaining('AWS_REQUEST_CHECKSUM_CALCULATION=when_required') as string,
      });
    });

    test.each([
      ['no such bucket', 'cnd-none', {}, /there is no bucket cnd-none/, /cnd init --bucket cnd-none/],
      [
        'no right to see it',
        bucket,
        { action: 'HeadBucket', error: 'Denied', status: 403 },
        /403|AccessDenied/,
        /s3:ListBucket/,
      ],
      [
        'no right to write',
        bucket,
        { action: 'PutObject', error: 'Denied', status: 403 },
        /AccessDenied/,
        /s3:PutObject/,
      ],
      [
        'expired credentials',
        bucket,
        { action: 'PutObject', error: 'Expired', status: 400 },
        /have expired/,
        /aws sso login/,
      ],
    ])('refuses the run, exit code 2: %s', async (_, name, fault, message, hint) => {
      if ('action' in fault) aws.faults.add({ service: 's3', ...fault });
      const probing = make({ bucket: name }).probe();
      await expect(probing).rejects.toMatchObject({
        exitCode: 2,
        about: 'logs.bucket',
        message: expect.stringMatching(message) as string,
        hint: expect.stringMatching(hint) as string,
      });
    });

    test('looks at the local directory as well, where everything is first', async () => {
      const logs = { directory: file('a-file', ''), bucket, prefix: 'logs' };
      const archive = await makeArchive(logs, aws.settings, aws.env);
      await expect(archive.probe()).rejects.toMatchObject({ about: 'logs.directory' });
    });
  });

  describe('listing', () => {
    test('runs reads no object, asks once for a thousand, and leaves out what is none', async () => {
      for (const key of ['run.json', 'Instance0.log.gz', 'deep/er']) await put(`logs/${run}/${key}`);
      await put('logs/20261119-000000-aaaa/run.json');
      for (const stranger of ['logs/holiday/photo', 'logs/readme', `${run}/run.json`, 'logsx/a']) {
        await put(stranger);
      }
      const before = aws.calls.length;
      const foreign: string[] = [];
      const runs = await listed(make(), { foreign: (name) => foreign.push(name) });
      expect(runs).toEqual([run, '20261119-000000-aaaa']);
      expect(foreign).toEqual(['readme', 'holiday']);
      expect(await make().entries(run)).toEqual([
        { name: 'Instance0.log.gz', bytes: 1 },
        { name: 'deep/', bytes: 0 },
        { name: 'run.json', bytes: 1 },
      ]);
      // However many pages the stage cuts a listing into; the bucket is looked for once by each, at the same time.
      const actions = aws.calls.slice(before).map(({ action }) => action);
      expect(new Set(actions)).toEqual(new Set(['HeadBucket', 'ListObjectsV2']));
      expect(actions.filter((action) => action === 'HeadBucket')).toHaveLength(2);
    });

    test('runs asks S3 for no more than the filter lets through', async () => {
      const others = ['20261118-120000-aaaa', '20261119-120000-aaaa'];
      for (const each of [run, ...others]) await put(`logs/${each}/run.json`);
      await put('logs/2026-holiday/photo');
      const since = new Date('2026-11-19T12:00:00.500Z');
      expect(await listed(make(), { since, foreign: refuse })).toEqual([run, '20261119-120000-aaaa']);
      expect(await listed(make(), { prefix: '202611', foreign: refuse })).toHaveLength(3);
      const until = new Date('2026-11-19T12:00:00Z');
      expect(await listed(make(), { prefix: '2026', since, until })).toEqual(['20261119-120000-aaaa']);
      const before = aws.calls.length;
      for (const prefix of ['../', `${run}/`, '2026\u001B[2J'])
        expect(await listed(make(), { prefix })).toEqual([]);
      expect(aws.calls).toHaveLength(before);
    });

    test('runs of more than a page, newest first', async () => {
      const first = Date.parse('2026-11-20T08:00:00Z');
      const all = Array.from(
        { length: 1003 },
        (_, second) => `${idBeginning(new Date(first + second * 1000))}-aaaa`,
      );
      for (let at = 0; at < all.length; at += 50)
        await Promise.all(all.slice(at, at + 50).map((id) => put(`logs/${id}/run.json`)));
      expect(await listed(make())).toEqual(all.toReversed());
      expect(await listed(make(), { since: new Date('2026-11-20T08:00:01Z') })).toEqual(
        all.slice(1).toReversed(),
      );
    });

    test('more than a page', async () => {
      const names = Array.from({ length: 1003 }, (_, index) => `logs/${run}/Instance${index}.log.gz`);
      for (let at = 0; at < names.length; at += 50) await Promise.all(names.slice(at, at + 50).map(put));
      expect(await make().entries(run)).toHaveLength(1003);
      await make().remove(run);
      expect(await make().entries(run)).toEqual([]);
      expect(aws.of('DeleteObjects')).toHaveLength(2);
    });
  });

  describe('removing', () => {
    const gone = (Key: string) =>
      expect(head(Key)).rejects.toThrow(expect.objectContaining({ name: 'NotFound' }));

    test('takes what cnd stored, the record last, and names the rest', async () => {
      for (const key of ['run.json', 'events.ndjson', 'deep/run.json', 'notes.txt', ''])
        await put(`logs/${run}/${key}`);
      for (const key of [`${run}x/run.json`, 'readme']) await put(`logs/${key}`);
      expect(await make().remove(run)).toEqual(['deep/', 'notes.txt']);
      await gone(`logs/${run}/events.ndjson`);
      await gone(`logs/${run}/run.json`);
      for (const key of [`${run}/deep/run.json`, `${run}/notes.txt`, `${run}x/run.json`, 'readme'])
        await head(`logs/${key}`);
      expect(aws.of('DeleteObjects')).toHaveLength(2);
    });

    test('takes the mark of an empty folder with it', async () => {
      for (const key of ['run.json', '']) await put(`logs/${run}/${key}`);
      expect(await make().remove(run)).toEqual([]);
      expect(await listed(make())).toEqual([]);
    });

    test('that was cut short leaves the record, so that it can be repeated', async () => {
      for (const key of ['run.json', 'Instance0.log.gz']) await put(`logs/${run}/${key}`);
      aws.faults.add({
        service: 's3',
        action: 'DeleteObjects',
        error: 'Denied',
        status: 403,
        after: 1,
        times: 1,
      });
      await expect(make().remove(run)).rejects.toMatchObject({ code: 'aws-denied' });
      expect(await make().entries(run)).toEqual([{ name: 'run.json', bytes: 1 }]);
      expect(await make().remove(run)).toEqual([]);
      expect(await listed(make())).toEqual([]);
    });
  });

  test('what cannot be removed is an error', async () => {
    await put(`logs/${run}/run.json`);
    aws.faults.add({ service: 's3', action: 'DeleteObjects', error: 'Denied', status: 403 });
    await expect(make().remove(run)).rejects.toMatchObject({ code: 'aws-denied' });
  });

  describe('a bucket', () => {
    test('is created in its region, and nothing else is said of it: S3 itself encrypts it and keeps it private', async () => {
      const before = aws.calls.length;
      const fresh = { ...access(), bucket: 'cnd-fresh' };
      expect(await createBucket(fresh)).toEqual({ created: true, region: 'eu-west-1' });
      expect(aws.calls.slice(before).map(({ action }) => action)).toEqual(['HeadBucket', 'CreateBucket']);
      const found = await client.send(new HeadBucketCommand({ Bucket: 'cnd-fresh' }));
      expect(found.BucketRegion).toBe('eu-west-1');
    });

    // In us-east-1 S3 answers CreateBucket of one's own bucket with 200.
    test.each(['eu-west-1', 'us-east-1'])('that is there already is left as it is, in %s', async (region) => {
      const there = { bucket: 'cnd-there', env: aws.env, settings: { ...aws.settings, region } };
      await createBucket(there);
      const before = aws.calls.length;
      expect(await createBucket(there)).toEqual({ created: false, region });
      expect(aws.calls.slice(before).map(({ action }) => action)).toEqual(['HeadBucket']);
    });

    test.each([
      ['when it is looked for', { action: 'HeadBucket', error: 'Denied', status: 403 }],
      ['when it is created', { action: 'CreateBucket', error: 'BucketAlreadyExists', status: 409 }],
    ])('of somebody else is a mistake in the configuration, seen %s', async (_, fault) => {
      aws.faults.add({ service: 's3', ...fault });
      await expect(createBucket({ ...access(), bucket: 'cnd-theirs' })).rejects.toMatchObject({
        code: 'bucket-taken',
        exitCode: 2,
      });
      expect(aws.of('CreateBucket').filter(({ status }) => status === 200)).toHaveLength(1);
    });

    test('in us-east-1 is asked for without a region', async () => {
      const settings = { ...aws.settings, region: 'us-east-1' };
      expect(await createBucket({ ...access(), bucket: 'cnd-virginia', settings })).toMatchObject({
        created: true,
      });
    });
  });

  describe('pushing a run', () => {
    const local = (): DirectoryArchive => {
      mkdirSync(join(folder, run));
      for (const name of ['events.ndjson', 'run.json', 'Instance0.log.gz']) file(`${run}/${name}`, name);
      return new DirectoryArchive(folder);
    };

    test('stores all that the local folder has, and only then removes it', async () => {
      const from = local();
      file(`${run}/notes.txt`, 'mine');
      aws.faults.add({ service: 's3', action: 'PutObject', error: 'Denied', after: 1, times: 1 });
      await expect(pushRun(run, from, make())).rejects.toThrow(
        /^2 of 3 files could not be stored; the first: /,
      );
      expect(await from.entries(run)).toHaveLength(4);
      const pushed = await pushRun(run, from, make());
      expect(await make().entries(run)).toEqual(pushed);
      expect(await text(await make().open(run, 'run.json'))).toBe('run.json');
      expect(readdirSync(join(folder, run))).toEqual(['notes.txt']);
      rmSync(join(folder, run), { recursive: true });
      local();
      await pushRun(run, from, make());
      expect(existsSync(join(folder, run))).toBe(false);
    });

    test('what was written meanwhile is not removed', async () => {
      const from = local();
      const pushing = pushRun(run, from, make(), { onProgress: () => file(`${run}/run.json`, 'longer now') });
      await expect(pushing).rejects.toMatchObject({ code: 'archive-changed' });
      expect(await from.entries(run)).toHaveLength(3);
    });

    test('given up it removes nothing', async () => {
      const from = local();
      aws.faults.add({ service: 's3', action: 'PutObject', hang: true, after: 1 });
      const before = aws.calls.length;
      const giveUp = new AbortController();
      const pushing = pushRun(run, from, make(), { signal: giveUp.signal });
      const puts = () => aws.calls.slice(before).filter(({ action }) => action === 'PutObject');
      void eventually(
        'one stored, one that hangs',
        () => puts().length > 1 && puts().some(({ status }) => status === 200),
      ).then(() => giveUp.abort());
      // The answer for the one that is stored may not have been read yet.
      await expect(pushing).rejects.toThrow(/[23] of 3 files/);
      expect(await from.entries(run)).toHaveLength(3);
    });

    test('that left nothing here is an error', async () => {
      await expect(pushRun(run, new DirectoryArchive(folder), make())).rejects.toMatchObject({
        code: 'archive-no-run',
      });
    });
  });
});
