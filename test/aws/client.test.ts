import { describe, expect, test } from 'vitest';
import { awsClientConfig, customEndpoint } from '../../src/aws/client.ts';

describe('where AWS is called', () => {
  test.each([
    [{ AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'us-east-2' }, undefined, 'eu-west-1'],
    [{ AWS_DEFAULT_REGION: 'us-east-2' }, undefined, 'us-east-2'],
    [{ AWS_REGION: '', AWS_DEFAULT_REGION: 'us-east-2' }, undefined, 'us-east-2'],
    [{ AWS_REGION: 'eu-west-1' }, 'ap-south-1', 'ap-south-1'],
    [{}, undefined, undefined],
  ])('%o and %s in the settings: %s', (env, region, expected) => {
    expect(awsClientConfig({ region }, env).region).toBe(expected);
  });

  test('endpoints that the environment names are left to the SDK', () => {
    const env = { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:2' };
    expect(awsClientConfig({}, env).endpoint).toBeUndefined();
    expect(customEndpoint('SQS', {}, env)).toBe('http://127.0.0.1:2');
    expect(customEndpoint('S3', {}, env)).toBe('http://127.0.0.1:1');
    expect(customEndpoint('S3', {}, {})).toBeUndefined();
    expect(customEndpoint('S3', { endpoint: 'http://127.0.0.1:3' }, env)).toBe('http://127.0.0.1:3');
  });
});

test('an attempt that hangs is ended', () => {
  expect(awsClientConfig({}, {}, 7000).requestHandler).toEqual({
    connectionTimeout: 5000,
    requestTimeout: 7000,
    throwOnRequestTimeout: true,
  });
});
