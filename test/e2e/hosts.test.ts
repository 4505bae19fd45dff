import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { isSocket } from '../../src/session/ssh/identity.ts';
import { generateKeyPair } from '../../src/session/ssh/key.ts';
import { findTagged } from '../../src/state/process.ts';
import { TestHosts, type Server, knownLine } from '../fleet/hosts/test-hosts.ts';
import {
  type Cnd,
  type Workspace,
  endlessFlags,
  eventsOf,
  named,
  reaching,
  runEnded,
  workspace,
} from '../helper/cnd.ts';
import { eventually } from '../helper/process.ts';
import { CountingProxy } from '../helper/counting-proxy.ts';
import { freePort } from '../helper/ssh-server.ts';
import { hasSshd } from '../helper/sshd.ts';
import { Wire } from '../helper/wire.ts';

vi.setConfig({ testTimeout: 300_000 });

describe.runIf(hasSshd())('fleet hosts', () => {
  let place: Workspace;
  let around: TestHosts;
  beforeEach(() => {
    place = workspace();
    around = new TestHosts();
    configure();
  });
  afterEach(async () => {
    await around.close();
    place.remove();
  });

  const configure = (hosts: object = {}): void => {
    const { identityFile, knownHosts } = around;
    const config = { hosts: { identityFile, knownHosts, ...hosts } };
    writeFileSync(join(place.directory, 'cnd.config.json'), JSON.stringify(config));
  };
  const three = async (): Promise<Server[]> => [
    await around.sshd(),
    await around.sshd(),
    await around.sshd(),
  ];
  const list = (servers: readonly Server[]): string =>
    servers.map(({ access: { user, host, port } }) => `${user}@${host}:${port}`).join(',');
  const args = (servers: readonly Server[] | string, more: readonly string[], time = '120'): string[] => {
    const hosts = typeof servers === 'string' ? servers : list(servers);
    return ['start', '--hosts', hosts, '--T', time, '--json', ...more];
  };
  const begin = (servers: readonly Server[] | string, more: readonly string[], time?: string): Cnd =>
    place.start(args(servers, more, time));
  const expectClean = async (run: string, seconds = 60): Promise<void> => {
    const left = (): string[] => around.orphans(run);
    await expect.poll(left, { timeout: seconds * 1000 }).toEqual([]);
  };
  const hard = endlessFlags.split(' ');

  test('a half-open connection does not hold up the release of its host', async () => {
    const server = await around.sshd();
    const wire = await Wire.start(server.access.port);
    try {
      const { access } = server;
      writeFileSync(around.knownHosts, knownLine({ ...access, port: wire.port }), { flag: 'a' });
      const cnd = begin(`${access.user}@127.0.0.1:${wire.port}`, [...hard, '--kernel', 'python']);
      await cnd.event('search.all');
      expect(wire.forget()).toBe(true);
      cnd.child.kill('SIGINT');
      const result = await cnd.ended;
      expect(result.code).toBe(130);
      const { left, phases, run } = runEnded(result);
      expect(left).toEqual([]);
      // The connection that does not answer is waited for for 5 s.
      expect(phases.terminate).toBeLessThan(4.5);
      await expectClean(run);
    } finally {
      wire.stop();
    }
  });

  test('a log pull that stalls does not hold up the release of the other hosts', async () => {
    const servers = await three();
    const [first] = servers;
    if (!first) throw new Error('no server');
    const wire = await Wire.start(first.access.port);
    try {
      const { access } = first;
      writeFileSync(around.knownHosts, knownLine({ ...access, port: wire.port }), { flag: 'a' });
      const others = list(servers.slice(1));
      const cnd = begin(`${access.user}@127.0.0.1:${wire.port},${others}`, [...hard, '--kernel', 'python']);
      await cnd.event('search.all');
      expect(wire.forget()).toBe(true);
      cnd.child.kill('SIGINT');
      const result = await cnd.ended;
      const { left, run } = runEnded(result);
      expect({ code: result.code, left }).toEqual({ code: 130, left: [] });
      const told = eventsOf(result).flatMap((event) =>
        event.event === 'logs.missing' || event.event === 'instance.terminated'
          ? [`${event.instance} ${event.event}`]
          : [],
      );
      expect(told.slice(0, 2).toSorted()).toEqual(['1 instance.terminated', '2 instance.terminated']);
      expect(told.slice(2)).toEqual(['0 logs.missing', '0 instance.terminated']);
      await expectClean(run);
    } finally {
      wire.stop();
    }
  });

  test('three hosts find the nonce, N being their number, and nothing is left on them', async () => {
    const servers = await three();
    const result = await begin(servers, ['--D', '4', '--smallest']).ended;
    const ended = runEnded(result);
    expect({ code: result.code, stderr: result.stderr }).toEqual({ code: 0, stderr: '' });
    expect(ended).toMatchObject({ outcome: 'found', left: [] });
    expect(around.orphans(ended.run)).toEqual([]);
    expect(readdirSync(join(place.state, 'cnd'))).toEqual([]);
    const ids = named(eventsOf(result), 'instance.terminated').map(({ id }) => id);
    expect(ids.join(',')).toBe(list(servers));
    // The smallest may be found and proved before the last one has begun.
    const searched = new Set(named(eventsOf(result), 'instance.searching').map(({ instance }) => instance));
    expect(searched.size).toBeGreaterThan(0);
    for (const worker of searched) {
      const file = join(place.directory, 'logs', ended.run, `Instance${worker}.log.gz`);
      const lines = gunzipSync(readFileSync(file)).toString().trimEnd().split('\n');
      // This worker's lines, and nobody else's.
      for (const line of lines) {
        expect(line).toMatch(
          new RegExp(
            `^\\w{3} [ \\d]\\d [\\d:]{8} \\S+ cnd-\\w+\\[\\d+\\]: run=${ended.run} worker=${worker} `,
          ),
        );
      }
      expect(lines.join('\n')).toMatch(/cnd-guard.*armed[^]*cnd-agent.*started[^]*stopped/);
    }
  });

  test('login shells that print change nothing; a host that runs no commands is lost, with its words', async () => {
    const forced = async (command: string) => around.sshd([`ForceCommand ${command}`]);
    const asked = '"$SSH_ORIGINAL_COMMAND"';
    const servers = [
      await forced(`printf "Welcome, no newline"; printf warned >&2; exec tcsh -c ${asked}`),
      await forced(`echo Welcome; bash -c ${asked}; echo Goodbye`),
      await forced('/usr/sbin/nologin'),
      await forced(`exec rbash -c ${asked}`),
    ];
    const cnd = begin(servers, hard);
    const of = (k: number) => (event: object) => 'instance' in event && event.instance === k;
    for (const k of [0, 1]) await cnd.event('instance.searching', of(k));
    for (const k of [2, 3]) await cnd.event('instance.lost', of(k));
    cnd.child.kill('SIGINT');
    const result = await cnd.ended;
    const ended = runEnded(result);
    expect({ code: result.code, left: ended.left }).toEqual({ code: 130, left: [] });
    const events = eventsOf(result);
    const lost = named(events, 'instance.lost');
    expect(new Set(lost.map(({ instance }) => instance))).toEqual(new Set([2, 3]));
    expect(lost.map(({ reason }) => reason).join()).toMatch(
      /not available[^]*restricted|restricted[^]*not available/,
    );
    const searching = named(events, 'instance.searching');
    expect(searching.map(({ instance, kernel }) => `${instance} ${kernel}`).toSorted()).toEqual([
      '0 kernel',
      '1 kernel',
    ]);
    for (const worker of [0, 1]) {
      const file = join(place.directory, 'logs', ended.run, `Instance${worker}.log.gz`);
      for (const line of gunzipSync(readFileSync(file)).toString().trimEnd().split('\n')) {
        expect(line).toMatch(/^\w{3} [ \d]\d [\d:]{8} \S+ cnd-\w+\[\d+\]: run=/);
      }
    }
    expect(around.orphans(ended.run)).toEqual([]);
    expect(readdirSync(join(place.state, 'cnd'))).toEqual([]);
  });

  test('--N takes the first of them', async () => {
    const servers = await three();
    const result = await begin(servers, ['--N', '2', '--D', '2']).ended;
    const ids = named(eventsOf(result), 'instance.launched').map(({ id }) => id);
    expect(ids.join(',')).toBe(list(servers.slice(0, 2)));
    expect(result.code).toBe(0);
  });

  test('Ctrl-C leaves nothing, at any time', async () => {
    const servers = await three();
    for (const event of ['instance.connected', 'instance.uploaded', 'search.all'] as const) {
      const cnd = begin(servers, hard);
      const { run } = await cnd.event(event);
      cnd.child.kill('SIGINT');
      const result = await cnd.ended;
      expect(result.code).toBe(130);
      expect(runEnded(result).left).toEqual([]);
      expect(around.orphans(run)).toEqual([]);
      expect(readdirSync(join(place.state, 'cnd'))).toEqual([]);
    }
  });

  test('kill -9 of the controller leaves nothing on the hosts, at any time, and scram tidies up here', async () => {
    // With how many instances are left for scram to release.
    const runs: { run: string; left: string }[] = [];
    const cleaning: Promise<void>[] = [];
    const servers = await three();
    for (const event of [
      'instance.connected',
      'instance.uploaded',
      'search.all',
      'search.stopped',
    ] as const) {
      // The guards act on time alone.
      const puzzle = event === 'search.stopped' ? ['--D', '2'] : hard;
      const start = (T: number): Cnd => begin(servers, puzzle, `${T}`);
      const { cnd, run, timeLimit } = await reaching(start, event, 14);
      cnd.child.kill('SIGKILL');
      // At the end it may have been quicker: it may have released some of them, or have ended.
      if ((await cnd.ended).code !== 0) runs.push({ run, left: event === 'search.stopped' ? '[0-3]' : '3' });
      // Meanwhile the next one is begun.
      cleaning.push(expectClean(run, timeLimit + 35));
    }
    await Promise.all(cleaning);
    const elsewhere = workspace();
    for (const { run, left } of runs) {
      // One at a time and by name: without --run it would end every local run of this user, whoever began it.
      const { code, stdout } = await elsewhere.run(['scram', '--run', run], { XDG_STATE_HOME: place.state });
      expect(stdout).toMatch(new RegExp(`${run} +hosts +${left} +released`));
      expect(code).toBe(0);
    }
    elsewhere.remove();
    expect(readdirSync(join(place.state, 'cnd'))).toEqual([]);
  });

  test('scram of a run that is under way cleans its hosts; ps shows it', async () => {
    const cnd = begin(await three(), hard);
    const { run } = await cnd.event('search.all');
    const shown = await place.run(['ps']);
    expect(shown.stdout).toMatch(new RegExp(`${run} +hosts +3 running.*alive`));
    const { code, stdout } = await place.run(['scram', '--run', run]);
    expect(stdout).toMatch(new RegExp(`${run} +hosts +3 +released`));
    expect(code).toBe(0);
    expect(around.orphans(run)).toEqual([]);
    expect((await cnd.ended).code).toBe(143);
  });

  test('two runs on one machine, which is named twice by one of them: scram of one leaves the other alone', async () => {
    const server = await around.sshd();
    const { port } = server.access;
    writeFileSync(around.knownHosts, knownLine({ ...server.access, host: 'localhost' }), { flag: 'a' });
    const both = begin(`127.0.0.1:${port},localhost:${port}`, hard);
    const one = begin([server], hard);
    const runs = [(await both.event('search.all')).run, (await one.event('search.all')).run];
    const [first = '', second = ''] = runs;
    const shown = await place.run(['ps']);
    expect(shown.stdout).toMatch(new RegExp(`${first} +hosts +2 running`));
    expect(shown.stdout).toMatch(new RegExp(`${second} +hosts +1 running`));
    expect((await place.run(['scram', '--run', first])).code).toBe(0);
    expect((await both.ended).code).toBe(143);
    expect(around.orphans(first)).toEqual([]);
    const ended = Date.now();
    await one.event('run.progress', ({ time }) => Date.parse(time) > ended);
    one.child.kill('SIGINT');
    expect(runEnded(await one.ended)).toMatchObject({ outcome: 'interrupted', left: [] });
    expect(around.orphans(second)).toEqual([]);
  });

  test('a controller that hangs: nothing is left on the hosts after T and grace', async () => {
    const servers = await three();
    const { cnd, run, timeLimit } = await reaching((T) => begin(servers, hard, `${T}`), 'search.all', 7);
    cnd.child.kill('SIGSTOP');
    await expectClean(run, timeLimit + 15);
    cnd.child.kill('SIGKILL');
    await cnd.ended;
  });

  test('what it launched is cleaned up, although somebody removed the state meanwhile', async () => {
    const servers = await three();
    const cnd = begin(servers, hard);
    const { run } = await cnd.event('search.all');
    rmSync(join(place.state, 'cnd'), { recursive: true });
    cnd.child.kill('SIGINT');
    const result = await cnd.ended;
    expect(runEnded(result)).toMatchObject({ left: [], terminated: 3, released: true });
    expect(around.orphans(run)).toEqual([]);
  });

  test('a connection that breaks is made again: the agent has searched on meanwhile', async () => {
    const cnd = begin(await three(), hard);
    const { run } = await cnd.event('search.all');
    const agentOf = (): number | undefined =>
      findTagged(run).find(
        ({ pid, instance }) =>
          instance === `h0-${run}` && readFileSync(`/proc/${pid}/comm`, 'utf8') === 'cnd-agent\n',
      )?.pid;
    const relay = findTagged(run).find(
      ({ pid, instance }) =>
        instance === `h0-${run}` && pid !== agentOf() && /^\S*python\S* .*attach\.py/s.test(commandOf(pid)),
    );
    const agent = agentOf();
    expect(agent).toBeDefined();
    const session = relay && sessionOf(relay.pid);
    if (session === undefined) throw new Error('nothing attaches to the agent over SSH');
    process.kill(session, 'SIGKILL');
    expect(await cnd.event('instance.disconnected')).toMatchObject({ instance: 0, code: 'session-lost' });
    expect(await cnd.event('instance.reconnected')).toMatchObject({ instance: 0 });
    expect(agentOf()).toBe(agent);
    cnd.child.kill('SIGINT');
    const result = await cnd.ended;
    expect(result.code).toBe(130);
    expect(named(eventsOf(result), 'instance.lost')).toEqual([]);
    expect(around.orphans(run)).toEqual([]);
  });

  test('one connection to a jump host and one to each host behind it do for the whole run, its cleanup too', async () => {
    const gate = await around.sshd(['MaxStartups 1:100:1']);
    // As `ufw limit` has it on all of them: the seventh connection would be dropped.
    const proxies = await Promise.all(
      [gate, ...(await three())].map(({ access }) => CountingProxy.start(access, 6)),
    );
    const [jump, ...behind] = proxies;
    if (!jump) throw new Error('no jump host');
    for (const { access } of proxies) writeFileSync(around.knownHosts, knownLine(access), { flag: 'a' });
    configure({ jump: `${jump.access.user}@127.0.0.1:${jump.access.port}` });
    const cnd = begin(behind.map(({ access }) => `${access.user}@127.0.0.1:${access.port}`).join(','), hard);
    const { run } = await cnd.event('search.all');
    cnd.child.kill('SIGINT');
    const result = await cnd.ended;
    expect({ code: result.code, left: runEnded(result).left }).toEqual({ code: 130, left: [] });
    expect(around.orphans(run)).toEqual([]);
    expect(named(eventsOf(result), 'logs.pulled')).toHaveLength(3);
    expect(proxies.map(({ connections }) => connections)).toEqual([1, 1, 1, 1]);
    await Promise.all(proxies.map((proxy) => proxy.stop()));
  });

  test('a host that cannot be reached does not keep the others from covering everything', async () => {
    const [one, two] = await three();
    const lost = { host: '127.0.0.1', port: await freePort() };
    writeFileSync(
      around.knownHosts,
      knownLine({ ...lost, user: '', hostKeys: [generateKeyPair().publicKey] }),
      { flag: 'a' },
    );
    if (!one || !two) throw new Error('no servers');
    const hosts = `${list([one])},${lost.host}:${lost.port},${list([two])}`;
    const result = await begin(hosts, ['--D', '16', '--limit', '1000000', '--chunk', '50000']).ended;
    expect(runEnded(result)).toMatchObject({
      outcome: 'exhausted',
      left: [],
      coverage: { ranges: [['0', '1000000']] },
    });
    expect(named(eventsOf(result), 'instance.waiting')).toContainEqual(
      expect.objectContaining({ instance: 1, cause: 'refused' }),
    );
    expect(result.code).toBe(3);
  });

  test('a host that does not read its upload is told of and given up; of its endlessFlags log the beginning is kept', async () => {
    const bin = join(place.directory, 'bin');
    mkdirSync(bin);
    // Its python3 never reads an upload, and its cat finds more in a syslog than anybody wants.
    const programs = {
      cat: 'case "$*" in */syslog*) exec cat /dev/urandom;; esac\nexec cat "$@"',
      python3: 'echo platform Linux x86_64\nexec sleep 1000',
    };
    for (const [name, text] of Object.entries(programs))
      writeFileSync(join(bin, name), `#!/bin/sh\nPATH=\${PATH#*:}\n${text}\n`, { mode: 0o755 });
    const settings = `SetEnv HOME=${place.directory} PATH=${bin}:${process.env['PATH']}`;
    const cnd = begin([await around.sshd(), await around.sshd([settings])], hard, '30');
    const isOther = (event: object): boolean => 'instance' in event && event.instance === 1;
    expect(await cnd.event('instance.waiting', isOther)).toMatchObject({
      cause: 'slow',
      message: expect.stringMatching(/^the upload of \d+ bytes has not finished after 3 s$/),
    });
    const lost = await cnd.event('instance.lost', isOther);
    expect(lost).toMatchObject({ code: 'session-timeout', retrying: true });
    cnd.child.kill('SIGINT');
    const result = await cnd.ended;
    const events = eventsOf(result);
    const ended = runEnded(result);
    expect(ended).toMatchObject({ outcome: 'interrupted', left: [] });
    // A third of what is left of T, at most: the others have the rest of it.
    expect(Date.parse(lost.time) - Date.parse(events[0]?.time ?? '')).toBeLessThan(15_000);
    const limit = 16 << 20;
    expect(named(events, 'logs.pulled').find(({ instance }) => instance === 1)).toMatchObject({
      bytes: limit,
      truncated: true,
    });
    expect(statSync(join(place.directory, 'logs', ended.run, 'Instance1.log.gz')).size).toBe(limit);
    expect(named(events, 'warning').map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^#1: its syslog is larger than 16.0 MiB compressed: .* the rest is missing$/),
    );
    await expectClean(ended.run);
  });

  test('a changed host key is refused, and nothing is sent there', async () => {
    const [one, two] = await three();
    if (!one || !two) throw new Error('no servers');
    const changed = knownLine({ ...one.access, hostKeys: [generateKeyPair().publicKey] });
    writeFileSync(around.knownHosts, changed + knownLine(two.access));
    const result = await begin([one, two], ['--D', '4']).ended;
    expect(named(eventsOf(result), 'instance.lost')).toContainEqual(
      expect.objectContaining({ instance: 0, code: 'ssh-host-key', retrying: false }),
    );
    expect(result.code).toBe(0);
    expect(runEnded(result).left).toEqual([]);
  });

  test('a login that is refused is lost at once', async () => {
    const servers = await three();
    writeFileSync(around.identityFile, generateKeyPair().privateKey);
    const result = await begin(servers, ['--D', '4']).ended;
    expect(result.code).toBe(1);
    const ended = runEnded(result);
    expect(ended).toMatchObject({
      left: [],
      reason: expect.stringMatching(/every instance was lost.*refuses the login/),
    });
    // Not only at T.
    expect(ended.elapsed).toBeLessThan(100);
  });

  test('a host that can no longer be asked is not said to be clean, and cleans itself', async () => {
    const servers = await three();
    const { cnd, run } = await reaching((T) => begin(servers, hard, `${T}`), 'search.all', 8);
    const [gone] = around.servers.splice(0, 1);
    await gone?.stop(); // its sessions live on, and would do for the cleanup
    const sessions = findTagged(run).filter(({ instance }) => instance === `h0-${run}`);
    // The agent itself belongs to none any more.
    const serving = new Set(sessions.flatMap(({ pid }) => sessionOf(pid) ?? []));
    expect(serving.size).toBeGreaterThan(0);
    for (const session of serving) process.kill(session, 'SIGKILL');
    const result = await cnd.ended;
    const id = list(servers.slice(0, 1));
    expect(result.code).toBe(4);
    expect(runEnded(result).left).toEqual([id]);
    expect(
      named(eventsOf(result), 'cleanup.failed')
        .map(({ reason }) => reason)
        .join(),
    ).toMatch(new RegExp(`${id.replaceAll('.', '[.]')}: cannot connect .*refuses`));
    await expectClean(run);
  });

  describe('without python3', () => {
    const withoutPython = async (): Promise<Server> => {
      const bin = join(around.directory, 'bin');
      if (!existsSync(bin)) {
        mkdirSync(bin);
        const needed = 'sh env cat sleep mkdir grep cut rm rmdir uname date gzip ls';
        for (const name of needed.split(' ')) symlinkSync(which(name), join(bin, name));
      }
      return around.sshd([`SetEnv PATH=${bin} HOME=${around.directory}`]);
    };

    test('a host is lost, with the words, and the others carry on', async () => {
      const servers = [await withoutPython(), await around.sshd()];
      const result = await begin(servers, ['--D', '4']).ended;
      expect(named(eventsOf(result), 'instance.lost')).toEqual([
        expect.objectContaining({
          instance: 0,
          reason: expect.stringMatching(/^python3 cannot be run on the instance.*python3/),
          retrying: false,
        }),
      ]);
      expect(result.code).toBe(0);
      expect(around.orphans(runEnded(result).run)).toEqual([]);
    });

    test('all lost: exit 1', async () => {
      const servers = [await withoutPython(), await withoutPython()];
      const result = await begin(servers, ['--D', '4']).ended;
      expect(result.code).toBe(1);
      expect(runEnded(result)).toMatchObject({
        outcome: 'failed',
        reason: expect.stringContaining('python3 cannot be run on the instance'),
        left: [],
      });
      expect(around.orphans(runEnded(result).run)).toEqual([]);
    });
  });

  test('the ssh-agent logs in, with a key that needs a passphrase', async () => {
    const servers = await three();
    const socket = join(around.directory, 'agent');
    const agent: ChildProcess = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
    try {
      await eventually('the agent listens', () => isSocket(socket));
      execFileSync('ssh-add', ['-q', around.identityFile], {
        env: { ...process.env, SSH_AUTH_SOCK: socket },
        stdio: 'ignore',
      });
      encrypt(around.identityFile);
      const refused = await place.run(args(servers, ['--D', '2']));
      expect(refused.stderr).toMatch(/hosts\.identityFile is '.*id_ed25519': it is encrypted\n.*ssh-add/);
      expect(refused.code).toBe(2);
      configure({ identityFile: undefined });
      const env = { SSH_AUTH_SOCK: socket, HOME: around.directory };
      const result = await place.run(args(servers, ['--D', '2']), env);
      expect(result.code).toBe(0);
      expect(around.orphans(runEnded(result).run)).toEqual([]);
    } finally {
      agent.kill();
    }
  });

  test('~/.ssh/config names machines, and never weakens what is known of their keys', async () => {
    const [one, gate] = await three();
    if (!one || !gate) throw new Error('no servers');
    const ssh = join(around.directory, '.ssh');
    mkdirSync(ssh, { mode: 0o700 });
    writeFileSync(join(ssh, 'keys'), `one ${one.access.hostKeys[0]}\ngate ${gate.access.hostKeys[0]}\n`);
    const write = (lines: readonly string[]): void =>
      writeFileSync(join(ssh, 'config'), `${lines.join('\n')}\n`, { mode: 0o600 });
    const named = (name: string, { access }: Server): string[] => [
      `Host ${name}`,
      `  HostName ${access.host}`,
      `  Port ${access.port}`,
      `  HostKeyAlias ${name}`,
    ];
    const common = [
      'Host *',
      `  User ${one.access.user}`,
      `  IdentityFile ${around.identityFile}`,
      '  IdentitiesOnly yes',
      '  UserKnownHostsFile ~/.ssh/keys',
      '  StrictHostKeyChecking no',
    ];
    write(['Include jump', ...named('one', one), '  ProxyJump gate', ...common]);
    writeFileSync(join(ssh, 'jump'), `${named('gate', gate).join('\n')}\n`, { mode: 0o600 });
    configure({ identityFile: undefined, knownHosts: undefined });
    const env = { HOME: around.directory, SSH_AUTH_SOCK: '' };
    const result = await place.run(args('one', ['--D', '2']), env);
    expect({ code: result.code, stderr: result.stderr }).toEqual({ code: 0, stderr: '' });
    expect(eventsOf(result)).toContainEqual(
      expect.objectContaining({ event: 'instance.launched', id: list([one]) }),
    );

    const without = await place.run(args('one', ['--D', '2', '--no-ssh-config']), env);
    expect(without.code).toBe(2);
    expect(without.stderr).toMatch(/hosts\.list\.0 is \S+@one:22: its host key is not known/);
    // Another key than the one that is known is not believed, whatever StrictHostKeyChecking says.
    writeFileSync(join(ssh, 'keys'), `one ${generateKeyPair().publicKey}\ngate ${gate.access.hostKeys[0]}\n`);
    const changed = await place.run(args('one', ['--D', '2']), env);
    expect(changed.code).toBe(1);
    expect(changed.stdout).toMatch(/ssh-host-key/);
    expect(changed.stdout).toMatch(/"hint":"Another machine may have this address/);
  });

  describe('bad input contacts nobody and exits 2', () => {
    let server: Server;
    beforeEach(async () => {
      server = await around.sshd();
    });
    const expectRefused = async (given: readonly string[], ...said: RegExp[]): Promise<void> => {
      const { code, stdout, stderr } = await place.run(['start', '--T', '10', '--D', '2', ...given], {
        SSH_AUTH_SOCK: '',
        HOME: around.directory,
      });
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      for (const words of said) expect(stderr).toMatch(words);
      expect(stderr).not.toMatch(/^\s+at /m);
      expect(existsSync(place.state)).toBe(false);
      expect(existsSync(join(place.directory, 'logs'))).toBe(false);
    };

    test('no value', () => expectRefused(['--hosts', ''], /--hosts has an empty value/, /omit --hosts/));
    test.each([
      'a,,b',
      'user@',
      '@a',
      'a:0',
      'a:65536',
      'a:ssh',
      '::1',
      '[::1',
      'a b',
      'me@-oProxyCommand=x',
      'a;b',
    ])('--hosts %j', (hosts) =>
      expectRefused(['--hosts', hosts], /--hosts is '.*': must (be like|have a port)/, /--hosts user@a/),
    );
    test('a timeout out of bounds, wherever it is given', async () => {
      configure({ connectTimeout: 0 });
      await expectRefused(['--hosts', list([server])], /hosts\.connectTimeout .*is 0: .*from 1 to 600/);
      configure();
      const given = ['--hosts', list([server]), '--connect-timeout', '1e3'];
      await expectRefused(given, /--connect-timeout is '1e3': .*from 1 to 600/, /--connect-timeout 20/);
    });
    test('an empty list', async () => {
      configure({ list: [] });
      await expectRefused(['--fleet', 'hosts'], /hosts\.list is empty/, /--hosts/);
    });
    test('no list', async () => {
      await expectRefused(['--fleet', 'hosts', '--N', '2'], /hosts\.list is empty/, /--hosts/);
    });
    test('a host that is named twice', async () => {
      const { user, host, port } = server.access;
      const twice = `${host}:${port},${user}@${host}:${port}`;
      await expectRefused(['--hosts', twice], /hosts\.list\.1 is .*, and so is hosts\.list\.0/, /once/);
    });
    test('more instances than hosts', () =>
      expectRefused(['--hosts', list([server]), '--N', '2'], /--N is 2: there are only 1 hosts/, /--N 1/));
    test('hosts and another fleet', () =>
      expectRefused(
        ['--hosts', list([server]), '--fleet', 'local'],
        /--hosts is given, but --fleet is 'local'/,
      ));
    test('an unknown host, with the command that adds it', () =>
      expectRefused(
        ['--hosts', 'me@unknown.example:2222'],
        /hosts\.list\.0 is me@unknown\.example:2222: its host key is not known/,
        /ssh-keyscan -p 2222 unknown\.example >> \S*known_hosts.*verify its fingerprint/,
      ));
    test('an unknown jump host', async () => {
      configure({ jump: 'bastion.example' });
      await expectRefused(
        ['--hosts', list([server])],
        /hosts\.jump is .*@bastion\.example:22: its host key is not known/,
        /ssh-keyscan -p 22 bastion\.example/,
      );
    });
    test('a revoked host key', async () => {
      writeFileSync(around.knownHosts, `@revoked * ${server.access.hostKeys[0]}\n`, { flag: 'a' });
      await expectRefused(['--hosts', list([server])], /its host key is marked @revoked in \S+known_hosts:2/);
    });
    test.each([
      ['missing', undefined, /does not exist/],
      ['no key', 'hello', /is not a private key/],
      ['a public key', generateKeyPair().publicKey, /is a public key/],
    ])('an identity that is %s', async (_, text, words) => {
      const identityFile = join(around.directory, 'other');
      if (text !== undefined) writeFileSync(identityFile, text);
      configure({ identityFile });
      await expectRefused(
        ['--hosts', list([server])],
        /hosts\.identityFile is '.*other': it /,
        words,
        /private key/,
      );
    });
    test('a pipe or a device as identity or known_hosts, which would be waited for, or read for ever', async () => {
      const pipe = join(around.directory, 'pipe');
      execFileSync('mkfifo', [pipe]);
      for (const path of [pipe, '/dev/zero']) {
        const words = (setting: string): RegExp =>
          new RegExp(`${setting} is '${path}': it cannot be read: it is not a regular file`);
        configure({ identityFile: path });
        await expectRefused(['--hosts', list([server])], words('hosts\\.identityFile'), /private key/);
        configure({ knownHosts: path });
        await expectRefused(['--hosts', list([server])], words('hosts\\.knownHosts'));
      }
    });
    test('no identity at all', async () => {
      configure({ identityFile: undefined });
      await expectRefused(['--hosts', list([server])], /no ssh-agent runs/, /ssh-add/);
    });
    test('an agent that is not there', async () => {
      configure({ agent: true });
      await expectRefused(['--hosts', list([server])], /hosts\.agent is true: SSH_AUTH_SOCK is not set/);
    });
    test('known_hosts that is not there', async () => {
      configure({ knownHosts: 'nowhere' });
      await expectRefused(['--hosts', list([server])], /hosts\.knownHosts is '.*nowhere': it cannot be read/);
    });
    test('a wrong key in a host', async () => {
      configure({ list: [{ host: 'a', prt: 22 }] });
      await expectRefused(
        [],
        /hosts\.list\.0\.prt in cnd\.config\.json is not a setting/,
        /did you mean hosts\.list\.0\.port\?/,
      );
    });
    test('--dry-run judges the list too', () =>
      expectRefused(['--hosts', 'unknown.example', '--dry-run'], /its host key is not known/));
  });
});

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
}

/** The process of sshd that serves the connection which a process was started over, if it still belongs to one. */
function sessionOf(pid: number): number | undefined {
  for (let at = pid; at > 1;) {
    const [, name = '', parent] = /\((.*)\) \S+ (\d+)/.exec(readFileSync(`/proc/${at}/stat`, 'utf8')) ?? [];
    if (name.startsWith('sshd')) return at;
    at = Number(parent);
  }
  return undefined;
}

function which(program: string): string {
  const directories = (process.env['PATH'] ?? '').split(delimiter);
  const path = directories.map((directory) => join(directory, program)).find((path) => existsSync(path));
  if (path === undefined) throw new Error(`there is no ${program} here`);
  return path;
}

function encrypt(identityFile: string): void {
  execFileSync('ssh-keygen', ['-q', '-p', '-N', 'a passphrase', '-f', identityFile], { stdio: 'ignore' });
}
