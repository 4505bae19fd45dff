import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../../src/config/config.ts';

const resolve = (flags: object, content?: Record<string, unknown>, env: NodeJS.ProcessEnv = {}) =>
  resolveConfig({
    flags: { T: '60', D: '2', ...flags },
    env: { HOME: '/home/me', ...env },
    file: content && { path: 'cnd.config.json', directory: '/etc/cnd', content },
  });

describe('the list of hosts', () => {
  it('chooses the fleet, and N, wherever it is given', () => {
    const flag = resolve({ hosts: 'a,me@b:2222,[::1]:22' });
    expect([flag.fleet, flag.instances]).toEqual(['hosts', 3]);
    expect(flag.fleetConfig).toMatchObject({
      list: [{ host: 'a' }, { user: 'me', host: 'b', port: 2222 }, { host: '::1', port: 22 }],
    });
    // A person writes lists with spaces.
    expect(resolve({ hosts: 'a, b ,c' }).fleetConfig).toMatchObject({
      list: [{ host: 'a' }, { host: 'b' }, { host: 'c' }],
    });
    expect(() => resolve({ hosts: 'a, ,b' })).toThrow(/--hosts is ''/);
    expect(resolve({}, undefined, { CND_HOSTS: 'a,b' })).toMatchObject({ fleet: 'hosts', instances: 2 });
    expect(resolve({}, { hosts: { list: ['a'] } })).toMatchObject({ fleet: 'hosts', instances: 1 });
  });

  it('gives way to a fleet that is named as strongly, or more', () => {
    const content = { N: 2, hosts: { list: ['a', 'b', 'c'] } };
    expect(resolve({ fleet: 'local' }, content)).toMatchObject({ fleet: 'local', instances: 2 });
    expect(resolve({}, { ...content, fleet: 'local' })).toMatchObject({ fleet: 'local', instances: 2 });
    expect(resolve({ hosts: 'a,b' }, { fleet: 'local' })).toMatchObject({ fleet: 'hosts', instances: 2 });
    expect(resolve({ fleet: 'hosts' }, content)).toMatchObject({ fleet: 'hosts', instances: 2 });
    expect(() => resolve({ hosts: 'a', fleet: 'local' })).toThrow(/--hosts is given, but --fleet is 'local'/);
  });

  it('is not chosen by an empty one, as a fresh cnd.config.json has it', () => {
    expect(resolve({ N: '2' }, { hosts: { list: [] } })).toMatchObject({ fleet: 'local', instances: 2 });
  });

  it('of a flag keeps what else the file says, and bounds N', () => {
    const content = { hosts: { list: ['x', 'y'], identityFile: 'keys/id' } };
    const config = resolve({ hosts: 'a' }, content);
    expect(config.fleetConfig).toEqual({ list: [{ host: 'a' }], identityFile: '/etc/cnd/keys/id' });
    expect(() => resolve({ hosts: 'a', N: '2' }, content)).toThrow(/--N is 2: there are only 1 hosts/);
  });

  it('takes objects, and makes every path absolute', () => {
    const list = [
      { host: 'A', port: '2222', user: 'me', identity: '~/id', jump: { host: 'j', identity: 'id' } },
      'b',
    ];
    const hosts = { list, jump: 'me@gate:22', agent: 'socket', knownHosts: ['~/known', '/etc/known'] };
    expect(resolve({}, { hosts }).fleetConfig).toEqual({
      list: [
        {
          host: 'a',
          written: 'A',
          port: 2222,
          user: 'me',
          identity: '/home/me/id',
          jump: { host: 'j', identity: '/etc/cnd/id' },
        },
        { host: 'b' },
      ],
      jump: { user: 'me', host: 'gate', port: 22 },
      agent: '/etc/cnd/socket',
      knownHosts: ['/home/me/known', '/etc/known'],
    });
  });

  it.each([
    [{ list: 'a' }, /hosts\.list in cnd\.config\.json is 'a': must be a list/],
    [{ list: ['a', 'b:x'] }, /hosts\.list\.1 in cnd\.config\.json is 'b:x': must have a port/],
    [{ list: [7] }, /hosts\.list\.0 in cnd\.config\.json is 7: must be like/],
    [{ list: [{ host: 'a', port: 0 }] }, /hosts\.list\.0 in cnd\.config\.json.*must have a port/],
    [{ list: ['a'], jump: '::' }, /hosts\.jump in cnd\.config\.json is '::'/],
    [{ list: ['a'], agent: 1 }, /hosts\.agent in cnd\.config\.json is 1: must be true, false/],
    [{ list: ['a'], identity: 'x' }, /hosts\.identity in cnd\.config\.json is not a setting/],
  ])('refuses %j', (hosts, words) => {
    expect(() => resolve({}, { hosts })).toThrow(words);
  });
});
