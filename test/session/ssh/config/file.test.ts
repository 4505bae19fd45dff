import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readClientConfig } from '../../../../src/session/ssh/config/file.ts';
import { machineOf } from '../../../../src/session/ssh/config/machine.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'cnd-ssh-config-'));
  mkdirSync(join(home, '.ssh'), { mode: 0o700 });
});
afterEach(() => rmSync(home, { recursive: true }));
const write = (text: string, name = 'config'): string => {
  const path = join(home, '.ssh', name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
};
const ask = (host: string) => machineOf({ host }, readClientConfig(home), { KEYS: '/keys' }, home);

describe('a file that is refused', () => {
  it.each([
    ['group', 0o620],
    ['others', 0o602],
  ])('because %s can write it', (_, mode) => {
    const path = write('User me\n');
    chmodSync(path, mode);
    expect(() => readClientConfig(home)).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/\.ssh\/config belongs to somebody else, or others can write it/),
        hint: expect.stringMatching(/chmod go-w .*--no-ssh-config/),
      }),
    );
  });

  it('also where another includes it', () => {
    write('Include more\n');
    chmodSync(write('User me\n', 'more'), 0o666);
    expect(() => readClientConfig(home)).toThrow(/more belongs to somebody else, or others can write it/);
  });

  it.each([
    ['Host "a\n', /config:1: a quote that does not end/],
    ['\nUser\n', /config:2: user has no value/],
    ['Include config\n', /too many files include each other/],
  ])('%j', (text, message) => {
    write(text);
    expect(() => readClientConfig(home)).toThrow(message);
  });

  it('that is a pipe, without waiting for it', () => {
    execFileSync('mkfifo', [join(home, '.ssh', 'config')]);
    expect(() => readClientConfig(home)).toThrow(/is not a file/);
  });
});

describe('what cnd cannot do is refused by name where it applies, and ignored elsewhere', () => {
  it.each([
    ['ProxyCommand nc %h %p', 'ProxyCommand', /use ProxyJump/],
    ['KnownHostsCommand /bin/keys', 'KnownHostsCommand', /known_hosts/],
    ['CertificateFile ~/.ssh/cert', 'CertificateFile', /certificates/],
    ['Match exec "true"\n  Port 7', 'Match exec', /runs no commands/],
  ])('%s', (line, name, hint) => {
    write(
      line.startsWith('Match')
        ? line.replace('Match', 'Match host bad')
        : `Host bad\n  ${line}\nHost other\n`,
    );
    expect(ask('good')).toMatchObject({ host: 'good', port: 22 });
    expect(() => ask('bad')).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(new RegExp(`config:\\d: ${name} applies to bad`)),
        hint: expect.stringMatching(hint),
        exitCode: 2,
      }),
    );
  });

  it('none, and what another word came before', () => {
    write('Host bad\n ProxyJump gate\n ProxyCommand x\n CertificateFile none\n KnownHostsCommand none\n');
    expect(ask('bad').jumps).toEqual([{ host: 'gate' }]);
  });
});

describe('paths', () => {
  it('have tokens, variables and the home', () => {
    write(
      'Host lab\n HostName real\n User me\n Port 2222\n IdentityFile ~/k-%h-%n-%p-%r\n IdentityFile ${KEYS}/%%a\n UserKnownHostsFile %d/known none\n',
    );
    expect(ask('lab')).toMatchObject({
      identityFiles: [`${home}/k-real-lab-2222-me`, '/keys/%a'],
      knownHosts: [`${home}/known`],
    });
  });

  it.each([
    ['IdentityFile %Z', /config:1: %Z is not understood/],
    ['IdentityFile ${NONE}/a', /config:1: \$\{NONE\} is not set/],
    ['Port x', /must have a port/],
    ['HostName a;b', /must be like/],
    ['ProxyJump a:b', /config:1: ProxyJump 'a:b' must have a port/],
  ])('%s names its line', (line, message) => {
    write(`${line}\n`);
    expect(() => ask('lab')).toThrow(message);
  });
});

it('no file says nothing', () => {
  rmSync(join(home, '.ssh'), { recursive: true });
  expect(readClientConfig(home)).toBeUndefined();
  expect(ask('lab')).toMatchObject({ host: 'lab', port: 22, jumps: [], identityFiles: [] });
});
