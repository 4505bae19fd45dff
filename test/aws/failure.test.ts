import { describe, expect, test } from 'vitest';
import { awsError, awsErrorKind, wasNeverSent } from '../../src/aws/failure.ts';

const failure = (name: string, message: string, more: object = {}): Error =>
  Object.assign(new Error(message), { name, ...more });
const status = (httpStatusCode: number) => ({ $metadata: { httpStatusCode } });
const call = { what: 'queue cnd-x cannot be created', about: 'cnd-x', permissions: 'sqs:CreateQueue' };

test.each([
  ['no-credentials', failure('CredentialsProviderError', 'Could not load credentials from any providers')],
  [
    'expired',
    failure('CredentialsProviderError', 'The SSO session associated with this profile has expired.'),
  ],
  ['expired', failure('ExpiredTokenException', 'The security token included in the request is expired')],
  ['expired', failure('ExpiredToken', 'The provided token has expired.', status(400))],
  [
    'bad-credentials',
    failure('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist', status(403)),
  ],
  ['denied', failure('AccessDenied', 'not authorized', status(403))],
  ['denied', failure('UnknownError', 'UnknownError', status(403))],
  ['no-region', failure('Error', 'Region is missing')],
  ['throttled', failure('SlowDown', 'Please reduce your request rate.', status(503))],
  ['unavailable', failure('UnknownError', 'UnknownError', status(502))],
  [
    'unreachable',
    failure('AggregateError', '', { errors: [failure('Error', '', { code: 'ECONNREFUSED' })] }),
  ],
  ['unreachable', failure('TimeoutError', 'socket hang up')],
  [undefined, failure('QueueNameExists', 'A queue already exists', status(400))],
])('%s', (errorKind, error) => expect(awsErrorKind(error)).toBe(errorKind));

describe('the error a user sees', () => {
  test('names what, where, why, and the command that helps', () => {
    const expired = failure('ExpiredToken', 'The provided token has expired.');
    expect(awsError(expired, { ...call, region: 'eu-west-1', profile: 'work' })).toMatchObject({
      code: 'aws-expired',
      message: 'queue cnd-x cannot be created in eu-west-1: the AWS credentials have expired',
      hint: 'renew them with: aws sso login --profile work',
      about: 'cnd-x',
    });
    const denied = awsError(failure('AccessDenied', 'User: bob is not authorized', status(403)), call);
    expect(denied).toMatchObject({
      code: 'aws-denied',
      hint: 'the caller needs sqs:CreateQueue: print the policies with: cnd init --policy',
    });
    expect(denied.message).toContain('User: bob is not authorized');
  });

  test('never quotes a signed request, which has the session token in it', () => {
    const words = "The Canonical String should have been 'POST\\nx-amz-security-token:SECRET'";
    const error = awsError(failure('SignatureDoesNotMatch', words, status(403)), call);
    expect(`${error.message} ${error.hint}`).not.toContain('SECRET');
  });
});

test('a request that found nobody was never sent, one that was cut off may have been', () => {
  expect(wasNeverSent(failure('Error', 'connect', { code: 'ECONNREFUSED' }))).toBe(true);
  const early =
    '@smithy/node-http-handler - the request socket did not establish a connection with the server within';
  expect(wasNeverSent(failure('TimeoutError', early))).toBe(true);
  expect(wasNeverSent(failure('TimeoutError', 'the request timed out'))).toBe(false);
  expect(wasNeverSent(failure('Error', 'read', { code: 'ECONNRESET' }))).toBe(false);
});
