import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { connect } from '../../../src/session/ssh/connect.ts';
import type { Connection } from '../../../src/session/ssh/connection.ts';
import { generateKeyPair } from '../../../src/session/ssh/key.ts';
import { framedCommand, makeFrame } from '../../../src/session/frame.ts';
import { lines } from '../../../src/session/lines.ts';
import { waitUntilReady } from '../../../src/session/ssh/readiness.ts';
import { bootedWorker } from '../../helper/booted-worker.ts';
import { freePort, TestSshServer } from '../../helper/ssh-server.ts';
import { hasSshd, Sshd } from '../../helper/sshd.ts';

const withCode = (code: string) => expect.objectContaining({ code });

/** The process of sshd that serves a connection: the parent of the shell that frames what it runs. */
async function sessionOf(connection: Connection): Promise<number> {
  const parent = String.raw`sed "s/.*) . \([0-9]*\) .*/\1/" /proc/$PPID/stat`;
  return Number((await connection.run(parent)).stdout.toString());
}

describe.runIf(hasSshd())('with OpenSSH', () => {
  let sshd: Sshd;
  let connection: Connection;

  beforeAll(async () => {
    sshd = await Sshd.start();
    connection = await connect(sshd.access);
  });

  afterAll(async () => {
    await connection.close();
    await sshd.stop();
  });

  it('runs commands, with their exit codes and signals', async () => {
    expect(await connection.exec('cat; echo err >&2; exit 3', { stdin: 'in' })).toEqual({
      code: 3,
      signal: null,
      stdout: Buffer.from('in'),
      stderr: 'err\n',
    });
    expect(await connection.exec('kill -TERM $$')).toMatchObject({ code: null, signal: 'SIGTERM' });
  });

  it('has nothing that waits for a delayed acknowledgement', async () => {
    const median = (times: number[]): number =>
      times.toSorted((x, y) => x - y)[times.length >> 1] ?? Infinity;
    const [there, here]: [number[], number[]] = [[], []];
    for (let i = 0; i < 20; i += 1) {
      const start = performance.now();
      await connection.run('true');
      const between = performance.now();
      execFileSync('/bin/bash', ['-c', framedCommand('true', makeFrame())], { stdio: 'ignore' });
      there.push(between - start);
      here.push(performance.now() - between);
    }
    // Without noDelay every one of them takes 40 ms more; what the shells take depends on how busy this machine is.
    expect(median(there) - median(here)).toBeLessThan(30);
  });

  /** A shell with a child, its stdin at its end: the pid of the child, and the channel. */
  const busyShell = async () => {
    const channel = await connection.stream('echo $$; sleep 1000 & echo $!; wait');
    channel.stderr.resume();
    const heard = lines(channel.stdout);
    const shell = Number((await heard.next()).value);
    const child = Number((await heard.next()).value);
    channel.stdin.end();
    return { channel, shell, child };
  };
  const isDead = (pid: number) =>
    readFile(`/proc/${pid}/stat`, 'utf8').then(
      (stat) => stat.includes(') Z '),
      () => true,
    );

  // OpenSSH refuses signals in sessions of root ("session signalling requires privilege separation").
  if (process.getuid?.() === 0) {
    it('does not take a kill that OpenSSH refuses root for a death', async () => {
      const { channel, shell, child } = await busyShell();
      channel.kill('KILL');
      await connection.run('true'); // whatever was sent before this has been read by now
      expect([await isDead(shell), await isDead(child)]).toEqual([false, false]);
      // The shell first, or it ends by itself when its child does.
      await connection.run(`kill -KILL ${shell} ${child}`);
      expect(await channel.exit).toEqual({ code: null, signal: 'SIGKILL' });
    });
  } else {
    it('kills also after stdin has ended, with the whole process group', async () => {
      const { channel, child } = await busyShell();
      channel.kill('KILL');
      expect(await channel.exit).toEqual({ code: null, signal: 'SIGKILL' });
      await expect.poll(() => isDead(child)).toBe(true);
    });
  }

  it('uploads 20 MB and pulls them back', async () => {
    const base = await mkdtemp(join(tmpdir(), 'cnd-sshd-'));
    onTestFinished(() => rm(base, { recursive: true }));
    const content = Buffer.alloc(20_000_000, 'cloud nonce discovery ');
    await bootedWorker(connection, join(base, 'up'), [{ name: 'big', content, mode: 0o600 }]);
    const copy = join(base, 'copy');
    const saved = await connection.save(`cat ${join(base, 'up', 'big')}`, copy);
    expect(saved).toEqual({ bytes: content.length, truncated: false });
    expect((await readFile(copy)).equals(content)).toBe(true);
  });

  it('takes only the pinned key', async () => {
    const access = { ...sshd.access, hostKeys: [generateKeyPair().publicKey] };
    await expect(connect(access)).rejects.toThrow(withCode('ssh-host-key'));
  });

  it('is not refused for a stale key of another type, whose good one the server shows when asked', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'cnd-sshd-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const [mine, theirs] = ['mine', 'theirs'].map((name) => {
      const path = join(directory, name);
      execFileSync('ssh-keygen', ['-q', '-t', 'ecdsa', '-N', '', '-f', path]);
      return path;
    });
    const both = await Sshd.start([`HostKey ${mine}`]);
    onTestFinished(() => both.stop());
    const old = (await readFile(`${theirs}.pub`, 'utf8')).split(' ').slice(0, 2).join(' ');
    const session = await connect({ ...both.access, hostKeys: [old, ...both.access.hostKeys] });
    await session.close();
    await expect(connect({ ...both.access, hostKeys: [old] })).rejects.toThrow(withCode('ssh-host-key'));
    const bad = [old, generateKeyPair().publicKey];
    await expect(connect({ ...both.access, hostKeys: bad })).rejects.toThrow(withCode('ssh-host-key'));
  });

  it('chooses a fixed group before group exchange, whose check of the prime would block this process', async () => {
    const kex = 'diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha256';
    const old = await Sshd.start([`KexAlgorithms ${kex}`]);
    onTestFinished(() => old.stop());
    const session = await connect(old.access);
    const chosen: unknown = Reflect.get(Reflect.get(session.client, '_protocol') as object, '_kex');
    expect(chosen).toMatchObject({ negotiated: { kex: 'diffie-hellman-group14-sha256' } });
    await session.close();
  });

  it.each([
    ['wrong key', { privateKey: generateKeyPair().privateKey }],
    ['wrong user', { user: 'nobody-here' }],
  ])('names a refused login: %s', async (_, change) => {
    await expect(connect({ ...sshd.access, ...change })).rejects.toThrow(withCode('ssh-login'));
  });

  it.each([
    [
      'a second factor',
      ['AuthenticationMethods publickey,password', 'PasswordAuthentication yes'],
      {
        code: 'ssh-second-factor',
        message: /takes the key of \S+ and asks for a second factor \(password\)/,
      },
    ],
    [
      'too many keys',
      ['MaxAuthTries 1', 'AuthorizedKeysFile none'],
      { code: 'ssh-too-many-keys', message: /too many keys/, hint: /hosts\.identityFile/ },
    ],
    [
      'passwords alone',
      ['PubkeyAuthentication no', 'PasswordAuthentication yes'],
      { code: 'ssh-login', message: /takes no key from \S+, only: password/, hint: /PubkeyAuthentication/ },
    ],
    [
      'a cipher of its own',
      ['Ciphers 3des-cbc'],
      { code: 'ssh-no-common-algorithm', message: /no cipher in common/, hint: /Ciphers/ },
    ],
  ] as const)('tells a server that wants %s from others', async (_, config, { code, message, ...more }) => {
    const server = await Sshd.start(config);
    onTestFinished(() => server.stop());
    await expect(connect(server.access)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      ...('hint' in more && { hint: expect.stringMatching(more.hint) }),
    });
  });

  it('names a server that insists on a post-quantum key exchange', async () => {
    const strict = await Sshd.start(['KexAlgorithms sntrup761x25519-sha512@openssh.com']);
    onTestFinished(() => strict.stop());
    await expect(waitUntilReady(strict.access)).rejects.toMatchObject({
      code: 'ssh-no-common-algorithm',
      hint: expect.stringContaining('curve25519-sha256'),
    });
  });

  it('notices by keepalive that the server is stopped', async () => {
    const other = await connect(sshd.access, { keepalive: { interval: 100, count: 2 } });
    const pid = await sessionOf(other);
    const channel = await other.stream('exec cat');
    process.kill(pid, 'SIGSTOP');
    onTestFinished(() => void process.kill(pid, 'SIGKILL'));
    expect(await channel.exit).toBe('lost');
    await expect(other.closed).resolves.toMatchObject({ code: 'session-lost' });
  });

  it('notices that the server is killed', async () => {
    const other = await connect(sshd.access);
    const pid = await sessionOf(other);
    const channel = await other.stream('exec cat');
    process.kill(pid, 'SIGKILL');
    expect(await channel.exit).toBe('lost');
    await expect(other.closed).resolves.toMatchObject({ code: 'session-lost' });
  });

  it('gets 64 connections through an sshd that resets more than 10 at once', async () => {
    const filter = await Sshd.start(['MaxStartups 10:100:10']);
    onTestFinished(() => filter.stop());
    const all = await Promise.all(
      Array.from({ length: 64 }, () => waitUntilReady(filter.access, { timeout: 25_000 })),
    );
    expect(new Set(all).size).toBe(64);
    await Promise.all(all.map((one) => one.close()));
  });

  describe('behind a login shell', () => {
    const forced = (command: string) => [`ForceCommand ${command}`];
    const startedBy = async (lines: readonly string[], files: Readonly<Record<string, string>> = {}) => {
      const home = await mkdtemp(join(tmpdir(), 'cnd-home-'));
      for (const [name, text] of Object.entries(files)) await writeFile(join(home, name), text);
      const server = await Sshd.start([...lines, `SetEnv HOME=${home}`]);
      const session = await connect(server.access);
      onTestFinished(async () => {
        await session.close();
        await server.stop();
        await rm(home, { recursive: true });
      });
      return { session, home };
    };
    const bytes = Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7 + (index >> 8)) % 256));

    it.each([
      ['bash that prints a line', ['bash'], { '.bashrc': 'echo Welcome; echo warned >&2\n' }],
      [
        'bash that prints without a newline',
        ['bash'],
        { '.bashrc': 'printf "Welcome "; printf warned >&2\n' },
      ],
      ['tcsh', ['tcsh'], {}],
      ['tcsh that prints', ['tcsh'], { '.tcshrc': 'echo Welcome\n' }],
      ['fish', ['fish'], {}],
      ['zsh that prints', ['zsh'], { '.zshenv': 'echo Welcome\n' }],
      ['a forced command that runs what was asked and says goodbye', ['sh'], { after: 'echo bye' }],
    ])('%s, nothing changes', async (_, [shell], files) => {
      const goodbye = 'after' in files ? '; echo bye; echo bye >&2' : '';
      const command = `${shell} -c "$SSH_ORIGINAL_COMMAND"${goodbye}`;
      const { session, home } = await startedBy(forced(command), files);
      // bash reads .bashrc for what comes by SSH, when it is the login shell: this user's may be another.
      const rc = '.bashrc' in files ? `. ${home}/.bashrc; ` : '';
      const server = rc === '' ? session : (await startedBy(forced(`${rc}${command}`))).session;
      expect(await server.exec('cat; echo "it\'s !x" >&2; exit 3', { stdin: bytes })).toEqual({
        code: 3,
        signal: null,
        stdout: bytes,
        stderr: `it's !x\n${goodbye && 'bye\n'}`,
      });
      const copy = join(home, 'copy.gz');
      await server.save('printf "one\\ntwo\\n" 2>/dev/null | gzip -c', copy);
      expect(gunzipSync(await readFile(copy)).toString()).toBe('one\ntwo\n');
      await bootedWorker(server, join(home, 'up'), [{ name: 'a', content: 'b', mode: 0o600 }]);
      expect(await readFile(join(home, 'up', 'a'), 'utf8')).toBe('b');
    });

    it.each([
      ['nologin', '/usr/sbin/nologin', /This account is currently not available/],
      ['rbash', 'rbash -c "$SSH_ORIGINAL_COMMAND"', /restricted/],
      ['a menu', 'printf "Choose: \\n1 mail\\n2 quit\\n"', /Choose:; 1 mail; 2 quit/],
      ['a failing command without a word', 'false', /exit code 1/],
    ])('that runs nothing (%s), says so', async (_, command, words) => {
      const { session } = await startedBy(forced(command));
      const failure = expect.objectContaining({
        code: 'session-shell',
        message: expect.stringMatching(words),
      });
      await expect(session.exec('true')).rejects.toThrow(failure);
      await expect(session.stream('true')).rejects.toThrow(failure);
    });
  });

  describe('as a jump host', () => {
    it('leads to a machine behind it', async () => {
      const target = await Sshd.start();
      onTestFinished(() => target.stop());
      const through = await connect({ ...target.access, jump: sshd.access });
      expect(
        (await through.run('cat', { stdin: Buffer.alloc(5_000_000), maxOutput: 5_000_000 })).stdout.length,
      ).toBe(5_000_000);
      await through.close();
      await expect(through.closed).resolves.toBeUndefined();
    });

    it('names what is refused behind it', async () => {
      const access = { ...sshd.access, port: await freePort(), jump: sshd.access };
      await expect(connect(access)).rejects.toMatchObject({
        code: 'ssh-refused',
        about: `${access.user}@127.0.0.1:${access.port}`,
      });
    });

    it('names itself when it is the one that fails', async () => {
      const jump = { ...sshd.access, user: 'nobody-here' };
      await expect(connect({ ...sshd.access, jump })).rejects.toMatchObject({
        code: 'ssh-login',
        about: `nobody-here@127.0.0.1:${jump.port}`,
      });
    });

    it('fails at once when it forbids forwarding', async () => {
      const strict = await Sshd.start(['AllowTcpForwarding no']);
      onTestFinished(() => strict.stop());
      await expect(waitUntilReady({ ...sshd.access, jump: strict.access })).rejects.toThrow(
        withCode('ssh-forwarding'),
      );
    });

    it('takes the connection with it when it is lost', async () => {
      const target = await TestSshServer.start();
      onTestFinished(() => target.stop());
      const through = await connect({ ...target.access, jump: sshd.access });
      // What was connected to the target is sshd's session process.
      const channel = await through.stream('echo ready; exec cat');
      expect(await lines(channel.stdout).next()).toMatchObject({ value: 'ready' });
      target.reset();
      expect(await channel.exit).toBe('lost');
      await expect(through.closed).resolves.toMatchObject({ code: 'session-lost' });
    });
  });
});
