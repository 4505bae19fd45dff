import { assert, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { causeLines, causesOf, CndError } from '../src/error.ts';
import { redact } from '../src/redact.ts';

const secretKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const token = `IQoJb3JpZ2luX2Vj${'Ab3/'.repeat(40)}==`;

test.each([
  ['JSON', (s: string) => `{"AccessKeyId":"AKIA1","SecretAccessKey":"${s}","SessionToken": "${s}"}`],
  ['escaped JSON', (s: string) => `said "{\\"SecretAccessKey\\":\\"${s}\\"}"`],
  ['INI', (s: string) => `aws_secret_access_key = ${s}`],
  ['a header', (s: string) => `X-Amz-Security-Token: ${s}`],
  ['an XML answer', (s: string) => `<SecretAccessKey>${s}</SecretAccessKey>`],
  [
    'a signed request',
    (s: string) =>
      `The Canonical String for this request should have been 'POST\n/\nx-amz-security-token:${s}'`,
  ],
  ['an Authorization header', (s: string) => `AWS4-HMAC-SHA256 Credential=AKIA1/20261120/x, Signature=${s}`],
  [
    'a pre-signed URL',
    (s: string) => `GET https://b.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Signature=${s} failed`,
  ],
  ['a proxy URL', (s: string) => `connect http://joe:${s.replaceAll('/', '%2F')}@proxy:3128`],
  ['a command', (s: string) => `Command failed: vault read --token ${s}\nbad token ${s}\n`],
  ['a command that is a secret', (s: string) => `Command failed: TOKEN=${s} vault`],
  ['what could not be parsed', (s: string) => `Unexpected token 'g', "garbage "${s}"... is not valid JSON`],
  ['a bearer token', (s: string) => `Bearer ${s}`],
  ['a web token', (s: string) => `eyJhbGciOiJIUzI1NiJ9.${s.replace(/\W/g, '')}.abc`],
])('in %s nothing secret is left', (_, text) => {
  for (const secret of [secretKey, token, 'hunter2hunter2'])
    expect(redact(text(secret))).not.toContain(secret.replace(/\W/g, '').slice(0, 14));
});

test('bare keys and tokens are hidden, and what the environment says is secret', () => {
  expect(redact(`see ${secretKey} there`)).toBe('see [redacted] there');
  expect(redact(`see ${token}`)).toBe('see [redacted]');
  expect(redact('see my-own-secret here', { AWS_SECRET_ACCESS_KEY: 'my-own-secret' })).toBe(
    'see [redacted] here',
  );
});

test.each([
  'The security token included in the request is expired',
  'Signature expired: 20261120T081103Z is now earlier than 20261120T081603Z',
  'arn:aws:iam::123456789012:user/alice is not authorized to perform: ec2:RunInstances on resource: arn:aws:ec2:eu-west-1:123456789012:instance/* with an explicit deny in a service control policy',
  `You are not authorized. Encoded authorization failure message: ${'Ab3-_'.repeat(150)}`,
  '00a722b0e1eab12e68928824ce82e5bc7cec6740e6cd0d3ffbe63260badc53fa',
  '28a350c4711e0f2d3c4b5a69788796a5b4c3d2e1',
  'host key SHA256:uNiVztksCsDhcc0u9e8BrPjxmQYMYHO3xjWDCjrEcZY is unknown',
  "ENOENT: no such file or directory, open '/home/alice/.aws/config'",
])('%s is left as it is', (text) => expect(redact(text)).toBe(text));

test('never fails, and hides nothing twice', () => {
  assert(
    property(string({ maxLength: 300 }), (text) => {
      const once = redact(text, {});
      expect(redact(once, {})).toBe(once);
    }),
  );
});

test('the whole chain of causes is told, without secrets, and what is encoded whole with the command that reads it', () => {
  const encoded = 'Ab3-_'.repeat(200);
  const denied = Object.assign(new Error(`Denied. Encoded authorization failure message: ${encoded}`), {
    name: 'UnauthorizedOperation',
    $metadata: { httpStatusCode: 403, requestId: 'r-1' },
  });
  const network = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  const several = new AggregateError(
    [network, new Error(`{"SecretAccessKey":"${secretKey}"}`)],
    'all failed',
    { cause: denied },
  );
  const lines = causeLines(
    new CndError('x', 'it failed', { cause: new CndError('y', 'inner', { cause: several }) }),
  );
  expect(lines).toMatch(
    /^caused by: CndError: inner\ncaused by: AggregateError: all failed\ncaused by: Error: connect \(ECONNREFUSED\)\n/,
  );
  expect(lines).toContain('UnauthorizedOperation: Denied.');
  expect(lines).toContain('(HTTP 403, request r-1)');
  expect(lines).toContain(
    `aws sts decode-authorization-message --query DecodedMessage --output text --encoded-message ${encoded}\n`,
  );
  expect(lines).not.toContain(secretKey);
  const loop = new Error('a');
  loop.cause = new Error('b', { cause: loop });
  expect(causesOf(loop)).toHaveLength(2);
});
