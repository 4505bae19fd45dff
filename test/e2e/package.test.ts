import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { version } from '../../src/package.ts';
import { linksOf } from '../helper/link.ts';
import { nodeRelease } from '../helper/node-release.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 300_000 });

const root = join(import.meta.dirname, '../..');
const kernels = ['remote/kernel/build/kernel-linux-x64', 'remote/kernel/build/kernel-linux-arm64'];

/** Whether both kernels can be packed here. In CI they must. */
const canPack = kernels.every((name) => existsSync(join(root, name)));
if (!canPack) {
  const missing = 'both native kernels are needed to make a package (npm run build:kernel)';
  if (process.env['CI'] !== undefined) throw new Error(missing);
  process.stderr.write(`skipped: ${missing}\n`);
}

let place: string;
/** The checkout as a clone of it has it, built: packing one builds it anew under the feet of other tests. */
let copy: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'cnd-package-'));
  copy = join(place, 'checkout');
  const tracked = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  for (const name of [...tracked.split('\0').filter(Boolean), 'remote/kernel/build', 'dist'])
    if (existsSync(join(root, name)))
      cpSync(join(root, name), join(copy, name), { recursive: true, preserveTimestamps: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

/** A program in the copy, with these variables besides; it never fails by itself. */
function inCopy(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return spawnSync(program, args, { cwd: copy, env: { ...process.env, ...env }, encoding: 'utf8' });
}

describe.runIf(canPack)('the package', () => {
  let files: Set<string>;
  let installed: string;
  beforeAll(() => {
    const { stdout, stderr } = inCopy('npm', ['pack', '--json', '--pack-destination', place]);
    // What `prepare` prints comes first.
    const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as {
      filename: string;
      files: { path: string }[];
    }[];
    if (!packed) throw new Error(`nothing was packed: ${stderr}`);
    files = new Set(packed.files.map(({ path }) => path));
    installed = join(place, 'installed');
    mkdirSync(installed);
    // Else npm installs into the nearest directory above that has one, or node_modules.
    writeFileSync(join(installed, 'package.json'), '{}');
    // Its dependencies are in npm's cache since `npm ci`.
    const args = [
      'install',
      '--prefer-offline',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      join(place, packed.filename),
    ];
    const done = spawnSync('npm', args, { cwd: installed, encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`npm install failed: ${done.stderr}`);
  });

  test('has its kernels, its documentation and its schemas', () => {
    for (const name of [
      ...kernels,
      'README.md',
      'SECURITY.md',
      'docs/aws.md',
      'docs/session.svg',
      'cnd.schema.json',
      'cnd.event.schema.json',
      'cnd.record.schema.json',
      'remote/agent.py',
      'dist/cli.cjs',
      'dist/THIRD-PARTY-NOTICES.txt',
    ])
      expect.soft([...files]).toContain(name);
    expect([...files].filter((name) => /^(?:test|src|logs|node_modules|\.)/.test(name))).toEqual([]);
  });

  test('has the licence of every package that is bundled', () => {
    const notices = readFileSync(join(copy, 'dist/THIRD-PARTY-NOTICES.txt'), 'utf8');
    for (const license of ['zod 4', 'tar-stream 3', 'streamx 2', 'jsonc-parser 3'])
      expect.soft(notices).toMatch(new RegExp(`^-{80}\\n\\n${license}.*\\n\\n.*licen[cs]e`, 'im'));
    expect(notices).toMatch(/^-{80}\n\nssh2 1.*\n\nCopyright Brian White/m);
  });

  test('every link of its README and its documentation leads to a file of it', () => {
    const documents = [...files].filter((name) => name.endsWith('.md'));
    const missing = documents.flatMap((name) =>
      linksOf(readFileSync(join(copy, name), 'utf8'))
        .map(({ path }) => normalize(join(dirname(name), path)))
        .filter(
          (target) =>
            !files.has(target) &&
            ![...files].some((file) => file.startsWith(`${target.replace(/\/$/, '')}/`)),
        )
        .map((target) => `${name}: ${target}`),
    );
    expect(missing).toEqual([]);
  });

  test("npx gives it its flags, and not npx's own help", () => {
    const npx = (...words: string[]) =>
      spawnSync('npx', ['--no', '--', 'cnd', ...words], { cwd: installed, encoding: 'utf8' });
    expect(npx('--help')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^cnd <command>/) });
    expect(npx('--version').stdout.trim()).toBe(version);
  });

  test.each(['20.19.0', '22.12.0', '24.11.1'])('does the main job with Node.js %s', async (version) => {
    const node = await nodeRelease(version);
    if (node === undefined) return;
    const bin = join(installed, 'node_modules/.bin/cnd');
    const args = ['start', '--N', '4', '--T', '60', '--D', '5', '--smallest'];
    const { status, stdout, stderr } = spawnSync(node, [bin, ...args], {
      cwd: installed,
      env: { ...process.env, XDG_STATE_HOME: join(place, 'state') },
      encoding: 'utf8',
    });
    expect({ status, stdout, stderr }).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^nonce +46697$/m),
      // The native kernel came along.
      stderr: expect.not.stringMatching(/no native kernel|Warning/),
    });
  });

  test.each(['12.17.0', '14.21.3', '18.20.8', '22.11.0'])('refuses Node.js %s in words', async (version) => {
    const node = await nodeRelease(version);
    if (node === undefined) return;
    const { engines } = JSON.parse(readFileSync(join(copy, 'package.json'), 'utf8')) as {
      engines: { node: string };
    };
    for (const args of [['--help'], ['doctor'], ['start', '--N', '1', '--T', '20', '--D', '1']]) {
      const { status, stdout, stderr } = spawnSync(
        node,
        ['--no-warnings', join(installed, 'node_modules/.bin/cnd'), ...args],
        {
          encoding: 'utf8',
        },
      );
      expect({ status, stdout, stderr }).toEqual({
        status: 2,
        stdout: '',
        stderr: `cnd: Node.js ${version} is not supported: cnd needs ${engines.node}\n     install a version of Node.js that is in that range, and run cnd with it\n`,
      });
    }
  });
});

describe('without a compiler', () => {
  test.each([
    ['linux-arm64', 'ARM_CC='],
    ['linux-x64', 'MUSL_CC='],
    ['host', 'CC='],
    ['host', 'CC= ', 'FAST_CC='],
  ])('make %s %s fails, and says which kernel', (target, ...variables) => {
    const kernel = join(place, `kernel-${target}-${variables.length}`);
    cpSync(join(copy, 'remote/kernel'), kernel, {
      recursive: true,
      filter: (name) => !name.endsWith('/build'),
    });
    const { status, stderr } = spawnSync('make', ['-s', '-C', kernel, target, ...variables], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringMatching(
        new RegExp(`kernel-${target} needs a compiler that is not here.*make list-tools`),
      ),
    });
    expect(existsSync(join(kernel, 'build', `kernel-${target}`))).toBe(false);
  });

  test.each([
    ['no compiler', ''],
    // It succeeds, and makes nothing.
    ['one that does nothing', 'true'],
  ])('for arm64, but %s, no package is made', (_, compiler) => {
    rmSync(join(copy, 'remote/kernel/build/linux-arm64'), { recursive: true, force: true });
    rmSync(join(copy, 'remote/kernel/build/kernel-linux-arm64'), { force: true });
    const target = mkdtempSync(join(place, 'none-'));
    const { status, stderr, stdout } = inCopy('npm', ['pack', '--pack-destination', target], {
      ARM_CC: compiler,
      FAST_CC: compiler,
    });
    expect(status).not.toBe(0);
    expect(stdout + stderr).toMatch(/arm64/);
    expect(spawnSync('ls', [target], { encoding: 'utf8' }).stdout).toBe('');
  });

  /** The start of a program for arm64, and what compilers leave in it. */
  const arm64 = (words: string) => `\u007FELF${'\0'.repeat(14)}\u00B7\0${words}`;

  test.each([
    ['is none', '#!/bin/sh\n', 'is not a program for it'],
    ['gcc alone made', arm64('GCC: (GNU) 12.2.0'), 'was not built with clang'],
    ['has the large C library', arm64('clang version 14 glibc.malloc.check'), 'was not linked with musl'],
  ])('a kernel that %s is not packed', (_, program, words) => {
    const kernel = join(copy, 'remote/kernel/build/kernel-linux-arm64');
    mkdirSync(dirname(kernel), { recursive: true });
    writeFileSync(kernel, program, 'latin1');
    const { status, stderr } = inCopy(process.execPath, ['script/packed-kernel.mjs']);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining(
        `cnd: no package is made: the native kernel for linux-arm64 ${words}`,
      ) as string,
    });
  });

  test('npm ci builds the rest, and says it in one line', () => {
    rmSync(join(copy, 'remote/kernel/build'), { recursive: true, force: true });
    // What npm ci runs once the packages are there; with the compilers given and empty, as where none is found.
    const { status, stdout, stderr } = inCopy('npm', ['run', '-s', 'prepare'], {
      CC: '',
      MUSL_CC: '',
      FAST_CC: '',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(
      /^cnd: no native kernel was built here, pow\.py will search; npm run build:kernel says .*\n$/,
    );
    expect(existsSync(join(copy, 'dist/cli.cjs'))).toBe(true);
  });
});
