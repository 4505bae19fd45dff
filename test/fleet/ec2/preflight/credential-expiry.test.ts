import { expect, test } from 'vitest';
import { sdkApi } from '../../../../src/fleet/ec2/api.ts';
import { checkExpiry } from '../../../../src/fleet/ec2/preflight/credential-expiry.ts';

const now = Date.parse('2026-11-20T12:00:00Z');
const keys = { AWS_ACCESS_KEY_ID: 'ASIA1', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token' };

async function check(env: Record<string, string>, seconds: number) {
  const before = { ...process.env };
  // The SDK reads the process' own environment.
  Object.assign(process.env, env);
  try {
    return await checkExpiry(sdkApi({ region: 'us-east-1' }, env), env, seconds, now);
  } finally {
    for (const name of Object.keys(env)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

test('credentials of the environment that are over before the run are warned of', async () => {
  const env = { ...keys, AWS_CREDENTIAL_EXPIRATION: '2026-11-20T12:30:00Z' };
  expect(await check(env, 1799)).toBeUndefined();
  expect(await check(env, 1801)).toMatchObject({
    outcome: 'warning',
    message: expect.stringMatching(/expire at 12:30:00 UTC/) as string,
  });
});

test('those that say nothing of their end, or last, are not', async () => {
  expect(await check(keys, 86_400)).toBeUndefined();
  const lasting = { AWS_ACCESS_KEY_ID: 'AKIA1', AWS_SECRET_ACCESS_KEY: 'secret' };
  expect(await check(lasting, 86_400)).toBeUndefined();
});
