import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attachLine } from '../../src/engine/agents/agent-order.ts';
import { attachAgent } from '../../src/engine/agents/remote-command.ts';
import { WorkerBundles } from '../../src/engine/agents/worker-bundle.ts';
import { workDirectory } from '../../src/session/work-directory.ts';
import { endless } from '../helper/agent.ts';
import { bootBundle, bootInput, receiveCommand } from '../helper/booted-worker.ts';
import { isRunning } from '../helper/kernel.ts';
import { eventually } from '../helper/process.ts';

const files = [
  { name: 'run', content: '#!/bin/sh\n', mode: 0o700 },
  { name: 'data', content: Buffer.from([0, 255, 10]), mode: 0o600 },
];

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'cnd-boot-'));
});
afterEach(() => rmSync(base, { recursive: true }));

/** What the loader does of an input, as a login shell starts it in `base`. */
function boot(script: string, input: Buffer, env: NodeJS.ProcessEnv = process.env) {
  const options = { cwd: base, input, env };
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', receiveCommand(script)], options);
  const [platform, ...said] = stdout.toString().split('\n');
  expect(platform).toMatch(/^platform \S+ \S+$|^$/);
  return { status, said: said.join('\n'), stderr: stderr.toString() };
}

const mode = (path: string): number => statSync(path).mode & 0o777;

describe('a worker', () => {
  it.each(['.cnd/run/3', "it's $HOME; `x` *", '-n', '- -/x'])(
    'is put into %j for this user alone, and goes on there with what follows it',
    async (directory) => {
      const result = boot(`${directory}/attach.py`, bootInput(await bootBundle(files)));
      const place = join(base, directory);
      expect(result).toEqual({ status: 0, said: `unpacked\nattached in ${place}\nhello\n`, stderr: '' });
      expect(mode(place)).toBe(0o700);
      expect([mode(join(place, 'run')), mode(join(place, 'data'))]).toEqual([0o700, 0o600]);
      expect(readFileSync(join(place, 'data'))).toEqual(Buffer.from([0, 255, 10]));
    },
  );

  it('can be put where one is already, whose kernel is running, and tightens a directory of this user', async () => {
    mkdirSync(join(base, 'w'), { mode: 0o777 });
    chmodSync(join(base, 'w'), 0o777);
    const input = bootInput(await bootBundle(files));
    expect(boot('w/attach.py', input).status).toBe(0);
    // As a program that runs, it stays until it is closed.
    const running = openSync(join(base, 'w/run'), 'r');
    const { ino } = fstatSync(running);
    expect(boot('w/attach.py', input).status).toBe(0);
    expect(statSync(join(base, 'w/run')).ino).not.toBe(ino);
    closeSync(running);
    expect(mode(join(base, 'w'))).toBe(0o700);
  });

  it('that was changed on the way or cut short is refused, and nothing is put', async () => {
    const input = bootInput(await bootBundle(files), '');
    const changed = Buffer.from(input);
    changed[100] = (changed[100] ?? 0) ^ 1;
    expect(boot('w/attach.py', changed)).toEqual({
      status: 65,
      said: '',
      stderr: 'the checksum of the upload does not match\n',
    });
    for (const length of [0, 5, 73, 74, input.length - 1]) {
      const { status, stderr } = boot('w/attach.py', input.subarray(0, length));
      expect({ status, stderr }).toEqual({ status: 65, stderr: 'the upload was cut short\n' });
    }
    expect(existsSync(join(base, 'w'))).toBe(false);
  });

  it('is put into no link, no file and nothing of somebody else', async () => {
    mkdirSync(join(base, 'theirs'));
    symlinkSync('theirs', join(base, 'link'));
    symlinkSync('nowhere', join(base, 'dangling'));
    writeFileSync(join(base, 'file'), '');
    const names = ['link', 'dangling', 'file'];
    if (process.getuid?.() === 0) {
      execFileSync('install', ['-d', '-o', 'nobody', join(base, 'nobodys')]);
      names.push('nobodys');
    }
    const input = bootInput(await bootBundle(files));
    for (const name of names) {
      const stderr = 'the directory is a link, or belongs to another user\n';
      expect(boot(`${name}/attach.py`, input)).toEqual({ status: 73, said: '', stderr });
    }
    expect(readdirSync(join(base, 'theirs'))).toEqual([]);
    expect(lstatSync(join(base, 'dangling')).isSymbolicLink()).toBe(true);
  });

  it('that cannot be written says which file and why', async () => {
    const input = bootInput(await bootBundle(files));
    writeFileSync(join(base, 'file'), '');
    expect(boot('file/below/attach.py', input)).toMatchObject({
      status: 74,
      stderr: expect.stringMatching(/^file(\/below)?: (Not a directory|File exists)\n$/),
    });
    mkdirSync(join(base, 'w/data'), { recursive: true });
    expect(boot('w/attach.py', input)).toMatchObject({
      status: 74,
      said: '',
      stderr: expect.stringMatching(/^w\/data: /),
    });
  });

  it('takes no module out of the directory that it is started in, nor variables for Python', async () => {
    for (const name of ['hashlib', 'zlib', 'stat', 'sitecustomize'])
      writeFileSync(join(base, `${name}.py`), 'raise SystemExit("somebody else\'s module")\n');
    const env = { ...process.env, PYTHONPATH: base, PYTHONSTARTUP: join(base, 'stat.py') };
    expect(boot('w/attach.py', bootInput(await bootBundle(files)), env)).toMatchObject({
      status: 0,
      stderr: '',
    });
  });

  it('of any files arrives as it is', async () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,40}$/);
    const file = fc.record({
      name,
      content: fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
    });
    const some = fc.uniqueArray(file, { maxLength: 8, selector: (one) => one.name });
    await fc.assert(
      fc.asyncProperty(some, async (contents) => {
        const others = contents.filter((one) => !['boot.py', 'attach.py'].includes(one.name));
        const bundle = await bootBundle(others.map((one) => ({ ...one, mode: 0o600 })));
        expect(boot('w/attach.py', bootInput(bundle)).status).toBe(0);
        for (const one of others)
          expect(readFileSync(join(base, 'w', one.name)).equals(one.content)).toBe(true);
      }),
      { numRuns: 15 },
    );
  });
});

describe('a process that is left alone', () => {
  it.each([
    ['nothing', 0],
    ['a part', 50],
    ['all but the end', -1],
  ])('ends by itself when of its upload comes %s, and its connection stays', async (_, length) => {
    const command = receiveCommand('w/attach.py').replace('WAIT = 60', 'WAIT = 1');
    const child = spawn('/bin/sh', ['-c', command], { cwd: base });
    child.stdin.write(bootInput(await bootBundle(files), '').subarray(0, length));
    expect(await once(child, 'exit')).toEqual([null, 'SIGALRM']);
    expect(existsSync(join(base, 'w'))).toBe(false);
  });
});

describe('the worker that is uploaded', () => {
  const place = workDirectory(endless.run, 0);
  const attach = (seen: number): string => attachLine({ key: 'k'.repeat(32), epoch: 1, seen });

  /** Runs a command in the home, and says what comes of it. */
  function begin(command: string, input: Buffer | string) {
    const child = spawn('/bin/sh', ['-c', command], { cwd: base });
    child.stdin.write(input);
    const said: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => said.push(line));
    const hear = async (wanted: string): Promise<string> =>
      eventually(wanted, () => said.find((line) => line.includes(wanted)));
    return { child, hear };
  }

  it('is few files, of which an agent searches by the script in the archive, and is attached to again', async () => {
    const bundle = await new WorkerBundles().for(undefined);
    const job = `${JSON.stringify({ ...endless, kernel: 'python' })}\n`;
    const first = begin(receiveCommand(`${place}/attach.py`), bootInput(bundle, attach(0) + job));
    await first.hear('unpacked');
    expect(JSON.parse(await first.hear('"ready"'))).toMatchObject({ kernel: 'pow.py', isa: 'python' });
    await first.hear('"progress"');
    const puts = readdirSync(join(base, place)).filter((name) => !/^(agent|spool)\./.test(name));
    expect(puts.toSorted()).toEqual(['attach.py', 'boot.py', 'worker.zip']);
    const agent = Number(readFileSync(join(base, place, 'agent.pid'), 'utf8'));
    first.child.kill('SIGKILL');

    const second = begin(attachAgent(endless.run, 0, 60), attach(1));
    expect(JSON.parse(await second.hear('"attached"'))).toMatchObject({ job: true, survives: true });
    second.child.stdin.write('{"order":"stop"}\n');
    await second.hear('"stopped"');
    second.child.stdin.write('{"order":"ping","seen":1000}\n');
    await eventually('the end of the agent', () => !isRunning(agent));
  });

  it('has a relay that ends by itself, although its agent hangs', async () => {
    const bundle = await new WorkerBundles().for(undefined);
    const first = begin(receiveCommand(`${place}/attach.py`), bootInput(bundle, attach(0)));
    await first.hear('"attached"');
    const agent = Number(readFileSync(join(base, place, 'agent.pid'), 'utf8'));
    first.child.kill('SIGKILL');
    process.kill(agent, 'SIGSTOP');
    const second = spawn('/bin/sh', ['-c', attachAgent(endless.run, 0, 1)], { cwd: base });
    expect(await once(second, 'exit')).toEqual([null, 'SIGALRM']);
    process.kill(agent, 'SIGKILL');
    await eventually('the end of the agent', () => !isRunning(agent));
  });
});

describe.each([
  ['too old', 'v', /python3 is 3\.\d+, older than 3\.8/],
  ['absent', undefined, /python3/],
])('python3 that is %s', (_, fake, words) => {
  it('ends it with 127 before anything is put', async () => {
    const bin = join(base, 'bin');
    mkdirSync(bin);
    if (fake !== undefined) {
      const real = execFileSync('sh', ['-c', 'python3 -I -S -c "import sys; print(sys.executable)"'], {
        encoding: 'utf8',
      });
      const old = `import sys; sys.version_info = (3, 6, 9); exec(sys.argv[1])`;
      writeFileSync(join(bin, 'python3'), `#!/bin/sh\nexec ${real.trim()} -I -S -c '${old}' "$4"\n`, {
        mode: 0o755,
      });
    }
    const { status, stderr } = boot('w/attach.py', bootInput(await bootBundle(files)), { PATH: bin });
    expect({ status, stderr }).toEqual({ status: 127, stderr: expect.stringMatching(words) });
    expect(existsSync(join(base, 'w'))).toBe(false);
  });
});
