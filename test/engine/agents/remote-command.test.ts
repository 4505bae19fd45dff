import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { workDirectory } from '../../../src/session/work-directory.ts';
import {
  attachAgent,
  bootWorker,
  killAgent,
  readSpooledHits,
} from '../../../src/engine/agents/remote-command.ts';

const run = '20261120-081103-x7k2';

test('as strings', () => {
  expect(workDirectory(run, 3)).toBe('.cnd/20261120-081103-x7k2/3');
  expect(attachAgent(run, 3, 59.5)).toBe(
    'cd .cnd/20261120-081103-x7k2/3 && umask 077 && exec python3 -S -E attach.py 60',
  );
  expect(readSpooledHits(run, 3)).toBe(
    `grep -a '^{"event":"hit",' .cnd/20261120-081103-x7k2/3/spool.ndjson 2>/dev/null; true`,
  );
});

test('what is no run id is one quoted word, not a command', () => {
  expect(attachAgent('x; rm -rf ~', 3, 59.5)).toMatch(/^cd '\.cnd\/x; rm -rf ~\/3' && /);
  expect(killAgent('$(reboot)', 3)).toMatch(/^cd '\.cnd\/\$\(reboot\)\/3' /);
  expect(readSpooledHits("it's", 3)).toMatch(/ '\.cnd\/it'\\''s\/3\/spool\.ndjson' 2>/);
});

describe('in a real shell', () => {
  let home: string;
  let work: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'cnd-home-'));
    work = join(home, workDirectory(run, 3));
    mkdirSync(work, { recursive: true });
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const sh = (command: string) => spawnSync('/bin/sh', ['-c', command], { cwd: home, encoding: 'utf8' });

  test('it takes the place of the shell, in its directory, and the pid that is left there can be killed', async () => {
    writeFileSync(
      join(work, 'attach.py'),
      "import os\nopen('agent.pid', 'w').write('%d\\n' % os.getpid())\nprint(os.getpid(), os.getcwd(), flush=True)\ninput()\n",
    );
    const child = spawn('/bin/sh', ['-c', attachAgent(run, 3, 59.5)], {
      cwd: home,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [said] = await once(child.stdout, 'data');
    expect(String(said).trim()).toBe(`${child.pid} ${work}`);
    expect(readFileSync(join(work, 'agent.pid'), 'utf8')).toBe(`${child.pid}\n`);
    expect(statSync(join(work, 'agent.pid')).mode & 0o077).toBe(0);

    expect(sh(killAgent(run, 3))).toMatchObject({ status: 0, stdout: '', stderr: '' });
    const [code, signal] = await once(child, 'exit');
    expect({ code, signal }).toEqual({ code: null, signal: 'SIGKILL' });
    expect(sh(killAgent(run, 3)).status).toBe(0);
  });

  test('a worker is received after the switch and the guard, and where one of them fails nothing more is run', () => {
    const boot = (armedSwitch: string, guard?: string) => {
      const { status, stdout } = sh(
        bootWorker(run, 3, 59.5, 'import sys; print(*sys.argv)', { armedSwitch, guard }),
      );
      return { status, said: stdout.trimEnd().split('\n') };
    };
    const started = `-c ${workDirectory(run, 3)}/attach.py 60`;
    const looks = 'for try in 1 2; do [ $try = 2 ] && exit 0; done; exit 1';
    expect(boot(looks)).toEqual({ status: 0, said: ['switch 0', started] });
    expect(boot(looks, 'cat; echo armed')).toEqual({
      status: 0,
      said: ['switch 0', 'armed', started],
    });
    expect(boot('echo noise; cat; exit 3', 'echo armed')).toEqual({ status: 1, said: ['switch 3'] });
    expect(boot('true', 'exit 73')).toEqual({ status: 73, said: ['switch 0'] });
  });

  test('without a worker nothing is started, and the shell says why', () => {
    rmSync(work, { recursive: true });
    const { status, stderr } = sh(attachAgent(run, 3, 59.5));
    expect(status).not.toBe(0);
    expect(stderr).toContain(workDirectory(run, 3));
    expect(existsSync(join(home, 'agent.pid'))).toBe(false);
  });

  test('without python3 it ends with 127', () => {
    const { status, stderr } = spawnSync('/bin/sh', ['-c', attachAgent(run, 3, 59.5)], {
      cwd: home,
      encoding: 'utf8',
      env: { PATH: join(home, 'nowhere') },
    });
    expect(status).toBe(127);
    expect(stderr).toContain('python3');
  });

  test('killing and reading succeed where there is nothing, and say nothing', () => {
    const silent = { status: 0, stdout: '', stderr: '' };
    expect(sh(killAgent(run, 3))).toMatchObject(silent);
    expect(sh(readSpooledHits(run, 3))).toMatchObject(silent);
    rmSync(work, { recursive: true });
    expect(sh(killAgent(run, 3))).toMatchObject(silent);
    expect(sh(readSpooledHits(run, 3))).toMatchObject(silent);
  });

  test('of the spool only the hits are read, also when a crash has torn it', () => {
    const hits = ['{"event":"hit","nonce":"116","digest":"00"}', '{"event":"hit","nonce":"9'];
    const other = '{"event":"error","message":"it says {\\"event\\":\\"hit\\","}';
    const torn = '{"event":"progr\0\0\xff';
    const text = ['{"event":"idle"}', hits[0], other, torn, hits[1]].join('\n');
    writeFileSync(join(work, 'spool.ndjson'), text, { encoding: 'latin1', mode: 0o600 });
    const { status, stdout, stderr } = sh(readSpooledHits(run, 3));
    expect({ status, stdout: stdout.trimEnd().split('\n'), stderr }).toEqual({
      status: 0,
      stdout: hits,
      stderr: '',
    });
  });
});
