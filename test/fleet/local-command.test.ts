import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Instance } from '../../src/instance.ts';
import { hostRecord } from '../../src/fleet/local/record.ts';
import { findTagged, isAlive, killProcess } from '../../src/state/process.ts';
import { eventually, hasAutogroups } from '../helper/process.ts';
import { Lab, machinery } from './lab.ts';
import type { Login } from './login.ts';

// One run for all: what is tested is what a command sees, and nothing here ends an instance.
const lab = new Lab();
const fleet = lab.fleet({}, { ...lab.env, CND_KERNEL: '/a/kernel', SECRET: 'of the launcher' });
let run: string;
let instance: Instance;
let shell: Login;

beforeAll(async () => {
  const launched = await lab.launch(fleet, { count: 1, minimum: 1 });
  run = launched.run;
  const [first] = launched.instances;
  if (!first) throw new Error('no instance');
  instance = first;
  shell = await lab.login(instance);
});

afterAll(async () => {
  await fleet.terminate(run);
  await lab.close();
});

function home(): string {
  return join(lab.directory(run), instance.id);
}

test('it runs in the directory of the instance, which is private, with a minimal environment', async () => {
  const { stdout } = await shell.run('pwd; umask 077; env; stat -c %a . tmp syslog ../host.json ..');
  expect(stdout).toContain(`${home()}\n`);
  expect(stdout).toMatch(/\n700\n700\n600\n600\n700\n$/);
  const names = [...stdout.matchAll(/^(\w+)=/gm)].map(([, name]) => name);
  expect(new Set(names)).toEqual(
    new Set(
      [
        'PATH',
        'HOME',
        'USER',
        'LANG',
        'TMPDIR',
        'PWD',
        'CND_RUN',
        'CND_INSTANCE',
        'CND_SYSLOG',
        'CND_KERNEL',
      ].concat(
        names.includes('_') ? ['_'] : [],
        names.includes('OLDPWD') ? ['OLDPWD'] : [],
        names.includes('SHLVL') ? ['SHLVL'] : [],
      ),
    ),
  );
});

test('its output, error output, exit code and signal are reported', async () => {
  expect(await shell.run('echo out; echo err >&2; exit 3')).toEqual({
    code: 3,
    signal: undefined,
    stdout: 'out\n',
    stderr: 'err\n',
  });
  expect(await shell.run('kill -TERM $$')).toMatchObject({ code: null, signal: 'SIGTERM' });
  expect(await shell.run('no-such-program')).toMatchObject({ code: 127 });
  expect(await shell.run('exec true', 'input that nobody reads')).toMatchObject({ code: 0 });
});

test('many run at once on one connection', async () => {
  const all = await Promise.all(Array.from({ length: 30 }, async (_, index) => shell.run(`echo ${index}`)));
  expect(all.map(({ stdout }) => Number(stdout))).toEqual(Array.from({ length: 30 }, (_, index) => index));
});

test('a lot of data goes through unharmed, and a reader who stops holds the writer up', async () => {
  const data = Buffer.alloc(6_000_000, 'Cloud Nonce Discovery ');
  const { stdout } = await shell.run('sha256sum', data);
  expect(stdout).toContain(createHash('sha256').update(data).digest('hex'));

  const channel = await shell.start('exec head -c 64000000 /dev/zero');
  const [writer] = await eventually('the writer', () => {
    const found = findTagged(run).filter((it) => it.instance === instance.id);
    return found.length === 1 && found;
  });
  const written = (): number =>
    Number(/wchar: (\d+)/.exec(readFileSync(`/proc/${writer?.pid}/io`, 'utf8'))?.[1] ?? 0);
  await eventually('a writer that is held up', async () => {
    const before = written();
    await sleep(100);
    return before > 0 && written() === before;
  });
  expect(written()).toBeLessThan(16_000_000);
  let bytes = 0;
  channel.on('data', (part: Buffer) => (bytes += part.length));
  await once(channel, 'close');
  expect(bytes).toBe(64_000_000);
});

test('a signal request reaches the whole process group', async () => {
  const channel = await shell.start('sleep 1000 & echo $!; wait');
  const child = Number(String(await once(channel, 'data')));
  const exit = once(channel, 'exit');
  channel.resume().signal('KILL');
  expect((await exit).slice(0, 2)).toEqual([null, 'SIGKILL']);
  await eventually('the child dead', () => !findTagged(run).some(({ pid }) => pid === child));
});

test('a lost connection ends its stdin and its output, and kills nothing by itself', async () => {
  const login = await lab.login(instance);
  const command = 'trap "" PIPE; cat >/dev/null; echo no-one-listens || echo lost >lost; exec sleep 1000';
  const channel = await login.start(command);
  channel.write('x');
  login.client.destroy();
  await eventually(
    'the end of stdin',
    () => existsSync(join(home(), 'lost')) && statSync(join(home(), 'lost')).size,
  );
  const sleeper = await eventually('it still lives', () =>
    findTagged(run).find(({ pid }) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('sleep')),
  );
  expect(killProcess(sleeper, 'SIGKILL')).toBe(true);
});

test('its end is told although a child in the background was left behind', async () => {
  const { code } = await shell.run('sleep 1000 >/dev/null 2>&1 </dev/null & echo $! >pid');
  expect(code).toBe(0);
  process.kill(Number(readFileSync(join(home(), 'pid'), 'utf8')), 'SIGKILL');
});

test('what cannot be started is refused, and harms nothing', async () => {
  await expect(shell.start('echo \0')).rejects.toThrow(/Unable to exec/);
  await expect(
    new Promise((resolve, reject) => {
      shell.client.shell((error) => (error ? reject(error) : resolve(undefined)));
    }),
  ).rejects.toThrow(/Unable to request/);
  await expect(
    new Promise((resolve, reject) => {
      shell.client.forwardOut('127.0.0.1', 1, '127.0.0.1', 22, (error) =>
        error ? reject(error) : resolve(undefined),
      );
    }),
  ).rejects.toThrow(/Channel open failure/);
  expect((await shell.run('echo fine')).stdout).toBe('fine\n');
});

test('clients that misbehave do not harm the host', async () => {
  const { host, port } = lab.accessOf(instance);
  const record = hostRecord.parse(JSON.parse(readFileSync(join(lab.directory(run), 'host.json'), 'utf8')));
  for (const text of [
    '',
    'GET / HTTP/1.1\r\n\r\n',
    'SSH-2.0-x\r\n',
    `SSH-2.0-x\r\n${'\0'.repeat(5000)}`,
    '{"token":7}\n',
  ]) {
    for (const target of [port, record.port]) {
      const socket = connect({ host, port: target }).on('error', () => undefined);
      await once(socket, 'connect');
      socket.write(text);
      await sleep(2);
      socket.resetAndDestroy();
    }
  }
  // Resets in the middle of handshakes, logins and commands.
  for (let delay = 0; delay < 40; delay += 5) {
    const login = lab.login(instance).then(
      async (it) => it.start('yes'),
      () => undefined,
    );
    await sleep(delay);
    await login.then((channel) => channel?.resume());
  }
  const started = machinery(run, 'local-host');
  expect((await shell.run('echo fine')).stdout).toBe('fine\n');
  expect(isAlive(started)).toBe(true);
  expect(readFileSync(join(lab.directory(run), 'host.log'), 'utf8')).toBe('');
});

test('a control question without the token is not answered', async () => {
  const text = readFileSync(join(lab.directory(run), 'host.json'), 'utf8');
  const { port, token } = hostRecord.parse(JSON.parse(text));
  for (const wrong of [undefined, '', token.slice(1), `${token.slice(0, -1)}x`]) {
    const socket = connect({ host: '127.0.0.1', port });
    let answer = '';
    socket.on('error', () => undefined).on('data', (data) => (answer += data.toString()));
    socket.write(`${JSON.stringify({ ask: 'terminate', token: wrong })}\n`);
    await once(socket, 'close');
    expect(answer).toBe('');
  }
  expect((await fleet.describe(run)).map(({ state }) => state)).toEqual(['running']);
});

test('no secret is in a command line or an environment', () => {
  for (const { pid } of findTagged(run)) {
    const seen = ['cmdline', 'environ']
      .map((name) => readFileSync(`/proc/${pid}/${name}`, 'utf8'))
      .join('\n');
    expect(seen).not.toMatch(/PRIVATE KEY|of the launcher/);
  }
  const { pid } = machinery(run, 'local-host');
  expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()).toBe(
    `cnd-local-host ${run}`,
  );
  const { privateKey = '' } = lab.accessOf(instance);
  const files = readdirSync(lab.directory(run), { recursive: true, withFileTypes: true }).filter((it) =>
    it.isFile(),
  );
  for (const { parentPath, name } of files) {
    expect(readFileSync(join(parentPath, name), 'utf8')).not.toContain(privateKey.split('\n')[2]);
  }
});

test('a client that asks whether the server is there is answered', async () => {
  const client = new ssh2.Client();
  let error: unknown;
  client.on('error', (it) => (error = it));
  const { host, port, user, privateKey = '' } = lab.accessOf(instance);
  client.connect({ host, port, username: user, privateKey, keepaliveInterval: 100, keepaliveCountMax: 3 });
  await once(client, 'ready');
  await sleep(800);
  expect(error).toBeUndefined();
  client.end();
});

test.runIf(hasAutogroups())('it gets its share of the processor: only kernels give way', async () => {
  const read = 'sleep 0.3; cat /proc/self/autogroup';
  expect((await shell.run(read)).stdout).toMatch(/^\/autogroup-\d+ nice 0\n$/);
});
