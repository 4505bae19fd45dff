import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSharedConfigFiles } from '@smithy/core/config';
import { array, assert, asyncProperty, constantFrom, oneof, stringMatching, tuple } from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { s3Client } from '../../src/archive/s3/client.ts';
import { awsClientConfig, customEndpoint } from '../../src/aws/client.ts';
import type { AwsService } from '../../src/aws/endpoint.ts';
import { parseIni, readSharedFiles } from '../../src/aws/credential/profile.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'cnd-endpoint-'));
});
afterAll(() => rm(directory, { recursive: true }));

describe('endpoint_url in a profile', () => {
  const all: AwsService[] = ['EC2', 'SQS', 'S3', 'STS', 'Pricing', 'Service Quotas', 'Scheduler'];
  const config = `[default]
endpoint_url = http://default.example
[profile "my lab"]
endpoint_url = http://all.example
services = lab
[services lab]
s3 =
  endpoint_url = http://s3.example   # a comment
service_quotas =
  endpoint_url = http://quotas.example
[profile other]
region = eu-west-1
[profile deaf]
ignore_configured_endpoint_urls = true
endpoint_url = http://all.example
`;
  let env: NodeJS.ProcessEnv;
  beforeAll(() => {
    const path = join(directory, 'config');
    writeFileSync(path, config);
    env = { AWS_CONFIG_FILE: path, AWS_SHARED_CREDENTIALS_FILE: '/dev/null' };
  });
  const of = (profile: string | undefined, more: NodeJS.ProcessEnv = {}) =>
    Object.fromEntries(
      all.map((service) => [service, customEndpoint(service, { profile }, { ...env, ...more })]),
    );

  test('counts for every service, as the variable does', () => {
    const lab = { S3: 'http://s3.example', 'Service Quotas': 'http://quotas.example' };
    for (const told of [of('my lab'), of(undefined, { AWS_PROFILE: 'my lab' })])
      for (const service of all)
        expect(told[service]).toBe(lab[service as keyof typeof lab] ?? 'http://all.example');
    expect(of(undefined).EC2).toBe('http://default.example');
    expect(Object.values(of('other'))).toEqual(all.map(() => undefined));
    expect(Object.values(of('deaf', { AWS_ENDPOINT_URL: 'http://x' }))).toEqual(all.map(() => undefined));
    expect(of('my lab', { AWS_ENDPOINT_URL_S3: 'http://env.example' }).S3).toBe('http://env.example');
    expect(of('my lab', { AWS_ENDPOINT_URL: 'http://env.example' }).S3).toBe('http://env.example');
  });

  test('is what clients are made with, and S3 then has no host names for buckets', async () => {
    const { endpoint } = awsClientConfig('SQS', { profile: 'my lab' }, env);
    expect(endpoint).toBe('http://all.example');
    const client = s3Client({ settings: { profile: 'my lab', region: 'eu-west-1' }, env });
    expect((await client.config.endpoint?.())?.hostname).toBe('s3.example');
    expect(client.config.forcePathStyle).toBe(true);
  });
});

test('shared files are read as the SDK reads them', async () => {
  const word = stringMatching(/^[a-z][a-z0-9_-]{0,6}$/);
  const value = stringMatching(/^[a-zA-Z0-9:/.=-]{1,12}$/);
  const line = oneof(
    tuple(word, value).map(([key, text]) => `${key} = ${text}`),
    tuple(word, value).map(([key, text]) => `${key}=${text} # ${text}`),
    word.map((key) => `${key} =`),
    tuple(word, value).map(([key, text]) => `  ${key} = ${text}`),
    constantFrom(
      '',
      '# comment',
      '; comment',
      '[default]',
      '[profile one]',
      '[profile "two"]',
      '[services lab]',
    ),
  );
  const lines = array(line, { maxLength: 20 }).map((list) => list.join('\n'));
  let count = 0;
  await assert(
    asyncProperty(lines, async (text) => {
      // The SDK remembers a file by its path.
      const path = join(directory, `config-${count++}`);
      writeFileSync(path, `[default]\n${text}`);
      const { configFile } = await loadSharedConfigFiles({ configFilepath: path, filepath: '/dev/null' });
      const { profiles } = readSharedFiles({
        AWS_CONFIG_FILE: path,
        AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      });
      for (const name of ['default', 'one', 'two'])
        expect(profiles.get(name) ?? {}).toEqual(configFile[name] ?? {});
    }),
    { numRuns: 200 },
  );
  expect(parseIni('x = 1\n[a]\nb = c').get('a')).toEqual({ b: 'c' });
});
