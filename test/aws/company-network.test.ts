import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { s3Client } from '../../src/archive/s3/client.ts';
import { httpsProxy } from '../../src/aws/company-network.ts';
import { awsError, awsErrorKind, wasNeverSent } from '../../src/aws/failure.ts';
import { isExempt } from '../../src/aws/no-proxy.ts';
import { sqsClient } from '../../src/broadcast/sqs-queue.ts';
import { sdkApi } from '../../src/fleet/ec2/api.ts';
import { type Authority, makeAuthority } from '../helper/authority.ts';
import { ConnectProxy } from '../helper/connect-proxy.ts';

// No network: names of AWS are only known to the proxy, which leads all of them to one server, whose certificate only the
// company's authority vouches for.
describe('in the network of a company', () => {
  let directory: string;
  let authority: Authority;
  let proxy: ConnectProxy;
  const requests: string[] = [];
  const server = createServer();

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'cnd-company-'));
    authority = makeAuthority(directory, [
      '*.amazonaws.com',
      '*.us-east-1.amazonaws.com',
      '*.s3.us-east-1.amazonaws.com',
      '*.pricing.us-east-1.amazonaws.com',
      'localhost',
    ]);
    server.setSecureContext({ key: authority.key, cert: authority.cert });
    server.on('request', (request, response) => {
      requests.push(`${request.headers.host}`);
      request.resume();
      response.writeHead(200, { 'content-type': 'text/xml' }).end('<Answer/>');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    proxy = await ConnectProxy.start(port());
  });
  afterEach(() => {
    requests.length = proxy.targets.length = proxy.credentials.length = 0;
    proxy.refusal = undefined;
  });
  afterAll(() => {
    proxy.stop();
    server.close();
    server.closeAllConnections();
    rmSync(directory, { recursive: true });
  });

  const port = (): number => (server.address() as AddressInfo).port;
  const env = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
    AWS_ACCESS_KEY_ID: 'AKIATESTTESTTESTTEST',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_REGION: 'us-east-1',
    HTTPS_PROXY: `http://joe:pass%40word@127.0.0.1:${proxy.port}`,
    AWS_CA_BUNDLE: authority.bundle,
    ...more,
  });
  /** What a call came to: its error, if any. */
  const outcome = (call: Promise<unknown>): Promise<unknown> =>
    call.then(
      () => undefined,
      (error: unknown) => error,
    );

  test('every client goes through the proxy, and trusts the authority', async () => {
    const api = sdkApi({}, env());
    const sqs = sqsClient({}, env(), 1);
    const s3 = s3Client({ settings: {}, env: env() });
    await Promise.all([
      outcome((await api.ec2()).describeRegions({})),
      outcome((await api.ec2Once()).describeRegions({})),
      outcome((await api.sts()).getCallerIdentity({})),
      outcome((await api.pricing()).getProducts({ ServiceCode: 'AmazonEC2' })),
      outcome((await api.quotas()).getServiceQuota({ ServiceCode: 'ec2', QuotaCode: 'L-1216C47A' })),
      outcome(sqs.send(new ListQueuesCommand({}))),
      outcome(s3.send(new HeadBucketCommand({ Bucket: 'some-bucket' }))),
    ]);
    const hosts = ['ec2', 'sts', 'api.pricing', 'servicequotas', 'sqs', 'some-bucket.s3'].map(
      (name) => `${name}.us-east-1.amazonaws.com`,
    );
    expect(new Set(proxy.targets)).toEqual(new Set(hosts.map((host) => `${host}:443`)));
    expect(new Set(requests)).toEqual(new Set(hosts));
    const [credentials = ''] = proxy.credentials;
    expect(Buffer.from(credentials.replace('Basic ', ''), 'base64').toString()).toBe('joe:pass@word');
  });

  test('NO_PROXY exempts a host, which then is asked directly', async () => {
    const endpoint = `https://localhost:${port()}`;
    const api = sdkApi({ endpoint }, env({ NO_PROXY: 'other.example,localhost' }));
    await outcome((await api.sts()).getCallerIdentity({}));
    expect(requests).toEqual([`localhost:${port()}`]);
    expect(proxy.targets).toEqual([]);
  });

  test('a certificate that nobody vouches for is told as that, with the variable that helps', async () => {
    const api = sdkApi({}, env({ AWS_CA_BUNDLE: '' }));
    const error = await outcome((await api.sts()).getCallerIdentity({}));
    expect(awsErrorKind(error)).toBe('untrusted');
    expect(wasNeverSent(error)).toBe(true);
    const told = awsError(error, { what: 'AWS cannot be asked', about: 'x', permissions: '' });
    expect(told.message).toMatch(/certificate .*not trusted/);
    expect(told.hint).toMatch(/AWS_CA_BUNDLE/);
    expect(requests).toEqual([]);
  });

  test('a proxy that refuses is not AWS that denies', async () => {
    proxy.refusal = '403 Forbidden';
    const error = await outcome((await sdkApi({}, env()).sts()).getCallerIdentity({}));
    expect(awsErrorKind(error)).toBe('proxy');
    expect(wasNeverSent(error)).toBe(true);
    const told = awsError(error, { what: 'AWS cannot be asked', about: 'x', permissions: 'sts:Nothing' });
    expect(told.message).toMatch(
      /the proxy 127\.0\.0\.1:\d+ refuses to connect to sts\.us-east-1\.amazonaws\.com: 403/,
    );
    expect(`${told.message}${told.hint}`).not.toMatch(/pass|joe|sts:Nothing/);
  });

  test.each([
    [
      { AWS_CA_BUNDLE: '/nowhere/ca.pem' },
      /AWS_CA_BUNDLE is '\/nowhere\/ca\.pem': it cannot be read: no such file/,
    ],
    [{ HTTPS_PROXY: 'http://joe:word@' }, /HTTPS_PROXY is not the URL of a proxy$/],
    [{ HTTPS_PROXY: 'socks5://127.0.0.1:1080' }, /HTTPS_PROXY is not the URL of a proxy$/],
  ])('%o is refused before anything is asked', (more, words) => {
    expect(() => sdkApi({}, env(more))).toThrow(words);
  });

  test("FIPS and dual-stack endpoints are the SDK's", async () => {
    await outcome((await sdkApi({}, env()).sts()).getCallerIdentity({}));
    process.env['AWS_USE_FIPS_ENDPOINT'] = 'true';
    try {
      await outcome((await sdkApi({}, env()).sts()).getCallerIdentity({}));
    } finally {
      delete process.env['AWS_USE_FIPS_ENDPOINT'];
    }
    process.env['AWS_USE_DUALSTACK_ENDPOINT'] = 'true';
    try {
      await outcome((await sdkApi({}, env()).ec2()).describeRegions({}));
    } finally {
      delete process.env['AWS_USE_DUALSTACK_ENDPOINT'];
    }
    expect(proxy.targets).toEqual([
      'sts.us-east-1.amazonaws.com:443',
      'sts-fips.us-east-1.amazonaws.com:443',
      expect.stringMatching(/^ec2\.us-east-1\.api\.aws:443$/),
    ]);
  });
});

test.each([
  ['*', true],
  ['amazonaws.com', true],
  ['.amazonaws.com', true],
  [' EC2.eu-west-1.amazonaws.com ', true],
  ['ec2.eu-west-1.amazonaws.com:443', true],
  ['ec2.eu-west-1.amazonaws.com:8443', false],
  ['azonaws.com', false],
  ['other.example,.amazonaws.com', true],
  ['', false],
])('NO_PROXY=%s exempts ec2.eu-west-1.amazonaws.com: %s', (noProxy, expected) => {
  expect(isExempt({ host: 'ec2.eu-west-1.amazonaws.com', port: 443 }, noProxy)).toBe(expected);
});

test.each([
  [{ HTTPS_PROXY: 'proxy.example:3128' }, 'http://proxy.example:3128/'],
  [{ HTTPS_PROXY: 'http://one:1', https_proxy: 'http://two:2' }, 'http://two:2/'],
  [{ HTTPS_PROXY: 'http://one:1', https_proxy: '' }, undefined],
  [{}, undefined],
])('%o: %s', (env, expected) => {
  expect(httpsProxy(env)?.href).toBe(expected);
});
