import { expect, test } from 'vitest';
import {
  hostEnvironment,
  instanceEnvironment,
  instanceId,
  watchdogEnvironment,
} from '../../../src/fleet/local/environment.ts';

const run = '20261120-081103-x7k2';
const launcher = {
  PATH: '/bin',
  USER: 'me',
  LANG: 'C',
  AWS_SECRET_ACCESS_KEY: 's',
  NODE_OPTIONS: '--x',
  HOME: '/me',
};

test('a host is tagged with all that finding its run takes, and gets nothing else of the launcher', () => {
  const tags = { run, stateRoot: '/state/cnd', count: 8, expiresAt: '2026-11-20T08:12:00.000Z' };
  expect(hostEnvironment(launcher, tags)).toEqual({
    CND_RUN: run,
    CND_ROLE: 'local-host',
    CND_STATE: '/state/cnd',
    CND_INSTANCES: '8',
    CND_EXPIRES: '2026-11-20T08:12:00.000Z',
    PATH: '/bin',
    USER: 'me',
    LANG: 'C',
  });
  expect(watchdogEnvironment({ CND_RUN: run, CND_ROLE: 'local-host' })).toEqual({
    CND_RUN: run,
    CND_ROLE: 'local-watchdog',
  });
});

test('a command on an instance lives in the directory of the instance', () => {
  const instance = { run, id: instanceId(run, 3), directory: '/state/l-x7k2-3' };
  const environment = {
    CND_RUN: run,
    CND_INSTANCE: 'l-x7k2-3',
    CND_SYSLOG: '/state/l-x7k2-3/syslog',
    HOME: '/state/l-x7k2-3',
    TMPDIR: '/state/l-x7k2-3/tmp',
    PATH: '/bin',
    USER: 'me',
    LANG: 'C',
  };
  expect(instanceEnvironment(launcher, instance)).toEqual(environment);
  expect(instanceEnvironment({ ...launcher, CND_KERNEL: '/k' }, instance)).toEqual({
    ...environment,
    CND_KERNEL: '/k',
  });
});

test('there are defaults for a launcher with an empty environment', () => {
  const environment = instanceEnvironment({}, { run, id: 'l-x7k2-0', directory: '/d' });
  expect(environment).toMatchObject({ PATH: '/usr/local/bin:/usr/bin:/bin', USER: 'cnd', LANG: 'C.UTF-8' });
});
