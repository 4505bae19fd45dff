import { describe, expect, test } from 'vitest';
import { awsClientConfig, customEndpoint } from '../../src/aws/client.ts';

/** Nothing of the person who runs the tests. */
const nobody = { AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' };

describe('where AWS is called', () => {
  test.each([
    [{ AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'us-east-2' }, undefined, 'eu-west-1'],
    [{ AWS_DEFAULT_REGION: 'us-east-2' }, undefined, 'us-east-2'],
    [{ AWS_REGION: '', AWS_DEFAULT_REGION: 'us-east-2' }, undefined, 'us-east-2'],
    [{ AWS_REGION: 'eu-west-1' }, 'ap-south-1', 'ap-south-1'],
    [{}, undefined, undefined],
  ])('%o and %s in the settings: %s', (env, region, expected) => {
    expect(awsClientConfig('EC2', { region }, { ...nobody, ...env }).region).toBe(expected);
  });

  test('endpoints that the environment names, for one service or for all', () => {
    const env = { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:2' };
    expect(awsClientConfig('SQS', {}, { ...nobody, ...env }).endpoint).toBe('http://127.0.0.1:2');
    expect(customEndpoint('S3', {}, { ...nobody, ...env })).toBe('http://127.0.0.1:1');
    expect(customEndpoint('S3', {}, nobody)).toBeUndefined();
    expect(customEndpoint('S3', { endpoint: 'http://127.0.0.1:3' }, env)).toBe('http://127.0.0.1:3');
  });
});

test('an attempt that hangs is ended', () => {
  expect(awsClientConfig('EC2', {}, nobody, 7000).requestHandler).toEqual({
    connectionTimeout: 5000,
    requestTimeout: 7000,
    throwOnRequestTimeout: true,
  });
});
