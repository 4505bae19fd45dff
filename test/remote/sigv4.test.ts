import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { python, remote } from '../helper/kernel.ts';

// AWS's own examples: the Signature Version 4 test suite (aws-sig-v4-test-suite), and the key of its documentation.

const stamp = '20150830T123600Z';
const credentials = { key: 'AKIDEXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };

function evaluate(expression: string, values: object): string {
  const program = `import sys, json; sys.path.insert(0, ${JSON.stringify(remote)}); import sigv4; v = json.load(sys.stdin); print(${expression})`;
  return execFileSync(python, ['-S', '-E', '-B', '-c', program], {
    input: JSON.stringify(values),
    encoding: 'utf8',
  }).trim();
}

const sign = (method: string, headers: Record<string, string>, body: string): string =>
  evaluate(
    "sigv4.sign((v['method'], v['headers'], v['body'].encode()), ('us-east-1', 'service'), v['credentials'], v['stamp'])",
    {
      method,
      headers: { 'X-Amz-Date': stamp, Host: 'example.amazonaws.com', ...headers },
      body,
      credentials,
      stamp,
    },
  );

const prefix =
  'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=';

describe('SigV4', () => {
  test.each([
    [
      'get-vanilla',
      'GET',
      {},
      '',
      'host;x-amz-date',
      '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    ],
    [
      'post-vanilla',
      'POST',
      {},
      '',
      'host;x-amz-date',
      '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    ],
    [
      'post-header-key-sort',
      'POST',
      { 'My-Header1': 'value1' },
      '',
      'host;my-header1;x-amz-date',
      'c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c',
    ],
    [
      'post-header-value-case',
      'POST',
      { 'My-Header1': 'VALUE1' },
      '',
      'host;my-header1;x-amz-date',
      'cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d',
    ],
    [
      'post-x-www-form-urlencoded',
      'POST',
      { 'Content-Type': 'application/x-www-form-urlencoded' },
      'Param1=value1',
      'content-type;host;x-amz-date',
      'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    ],
    [
      'get-header-value-trim',
      'GET',
      { 'My-Header1': ' value1', 'My-Header2': ' "a   b   c"' },
      '',
      'host;my-header1;my-header2;x-amz-date',
      'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
    ],
  ])('signs %s as AWS does', (_, method, headers, body, names, signature) => {
    expect(sign(method, headers as Record<string, string>, body)).toBe(
      `${prefix}${names}, Signature=${signature}`,
    );
  });

  test('derives the key of the documentation', () => {
    const values = { secret: credentials.secret };
    expect(evaluate("sigv4.signing_key(v['secret'], '20150830', 'us-east-1', 'iam').hex()", values)).toBe(
      'c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9',
    );
  });
});
