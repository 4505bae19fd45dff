import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import { connect } from '../../src/session/ssh/connect.ts';
import { makeBundle, upload, uploadCommand } from '../../src/session/upload.ts';
import { TestSshServer } from '../helper/ssh-server.ts';

const files = [
  { name: 'agent.py', content: 'print("agent")\n', mode: 0o755 },
  { name: 'kernel/pow.c', content: Buffer.from('int main;\n'), mode: 0o644 },
];

let base: string;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'cnd-upload-'));
});

afterEach(() => rm(base, { recursive: true }));

/** Runs the command as a login shell would, in `base`. */
function run(command: string, input: Buffer, env: NodeJS.ProcessEnv = process.env) {
  const { status, stderr } = spawnSync('/bin/sh', ['-c', command], { cwd: base, input, env });
  return { status, stderr: stderr.toString() };
}

async function open() {
  const server = await TestSshServer.start();
  onTestFinished(() => server.stop());
  const connection = await connect(server.access);
  onTestFinished(() => connection.close());
  return connection;
}

describe('makeBundle', () => {
  it('makes the same bytes of the same files', async () => {
    const [one, two] = await Promise.all([makeBundle(files), makeBundle(files)]);
    expect(one.digest).toBe(two.digest);
    expect(one.data.equals(two.data)).toBe(true);
    const changed = await makeBundle([...files, { name: 'more', content: '', mode: 0o600 }]);
    expect(changed.digest).not.toBe(one.digest);
  });

  it('takes content from a path', async () => {
    const path = join(base, 'file');
    await writeFile(path, 'print("agent")\n');
    const [first, second] = files;
    expect(await makeBundle([{ name: 'agent.py', path, mode: 0o755 }, ...(second ? [second] : [])])).toEqual(
      await makeBundle(first && second ? [first, second] : []),
    );
  });

  it('makes an archive that tar reads', async () => {
    const { data } = await makeBundle(files);
    const listing = execFileSync('tar', ['-tzf', '-'], { input: data, encoding: 'utf8' });
    expect(listing).toBe('agent.py\nkernel/pow.c\n');
  });
});

describe('uploadCommand', () => {
  it('is one line without a backslash, for login shells with other rules', () => {
    expect(uploadCommand('0123abcd', '.cnd/run')).toMatch(/^exec \/bin\/sh -c '[^\n\\]*'/);
    expect(uploadCommand('0123abcd', '.cnd/run')).toContain('d=./.cnd/run; ');
    expect(uploadCommand('0123abcd', '/opt/cnd')).toContain('d=/opt/cnd; ');
  });

  it.each(['plain', '.cnd/deep/er', "it's $HOME; `x` *", '-n', '- -'])(
    'unpacks into %j, for this user only, and leaves no archive',
    async (directory) => {
      const { data, digest } = await makeBundle(files);
      expect(run(uploadCommand(digest, directory), data)).toEqual({ status: 0, stderr: '' });
      const place = join(base, directory);
      expect(await readFile(join(place, 'agent.py'), 'utf8')).toBe('print("agent")\n');
      expect((await stat(place)).mode & 0o777).toBe(0o700);
      expect((await stat(join(place, 'agent.py'))).mode & 0o700).toBe(0o700);
      expect((await stat(join(place, 'kernel/pow.c'))).mode & 0o700).toBe(0o600);
      await expect(stat(join(place, '.cnd-bundle'))).rejects.toThrow('ENOENT');
    },
  );

  it('can be repeated', async () => {
    const { data, digest } = await makeBundle(files);
    const command = uploadCommand(digest, 'again');
    expect([run(command, data).status, run(command, data).status]).toEqual([0, 0]);
  });

  it('tightens a directory of this user', async () => {
    const { data, digest } = await makeBundle(files);
    await mkdir(join(base, 'open'));
    await chmod(join(base, 'open'), 0o777);
    expect(run(uploadCommand(digest, 'open'), data).status).toBe(0);
    expect((await stat(join(base, 'open'))).mode & 0o777).toBe(0o700);
  });

  it('refuses what was changed or cut short, and unpacks nothing', async () => {
    const { data, digest } = await makeBundle(files);
    for (const bad of [data.subarray(0, -1), Buffer.concat([data, Buffer.from('x')]), Buffer.alloc(0)]) {
      const { status, stderr } = run(uploadCommand(digest, 'bad'), bad);
      expect({ status, stderr }).toEqual({
        status: 65,
        stderr: 'the checksum of the upload does not match\n',
      });
    }
    expect(execFileSync('ls', ['-A', join(base, 'bad')], { encoding: 'utf8' })).toBe('');
  });

  it('does not follow a link, nor take a file for a directory', async () => {
    const { data, digest } = await makeBundle(files);
    await mkdir(join(base, 'theirs'));
    await symlink('theirs', join(base, 'link'));
    await symlink('nowhere', join(base, 'dangling'));
    await writeFile(join(base, 'file'), '');
    for (const directory of ['link', 'dangling', 'file']) {
      expect(run(uploadCommand(digest, directory), data).status).toBe(73);
    }
    expect(execFileSync('ls', ['-A', join(base, 'theirs')], { encoding: 'utf8' })).toBe('');
  });

  it.runIf(process.getuid?.() === 0)('refuses a directory of somebody else', async () => {
    const { data, digest } = await makeBundle(files);
    execFileSync('install', ['-d', '-o', 'nobody', join(base, 'nobodys')]);
    expect(run(uploadCommand(digest, 'nobodys'), data).status).toBe(73);
  });

  it('uses shasum where there is no sha256sum, and says when there is neither', async () => {
    const { data, digest } = await makeBundle(files);
    const tools = join(base, 'tools');
    await mkdir(tools);
    for (const tool of ['mkdir', 'dirname', 'chmod', 'rm', 'cat', 'tar', 'gzip']) {
      const path = execFileSync('/bin/sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim();
      await symlink(path, join(tools, tool));
    }
    expect(run(uploadCommand(digest, 'there'), data, { PATH: tools })).toEqual({
      status: 69,
      stderr: 'neither sha256sum nor shasum is installed\n',
    });
    const sha256sum = execFileSync('/bin/sh', ['-c', 'command -v sha256sum'], { encoding: 'utf8' }).trim();
    await writeFile(join(tools, 'shasum'), `#!/bin/sh\n[ "$*" = "-a 256" ] && exec ${sha256sum}\n`, {
      mode: 0o755,
    });
    expect(run(uploadCommand(digest, 'there'), data, { PATH: tools })).toEqual({ status: 0, stderr: '' });
  });
});

describe('upload', () => {
  it('brings 20 MB over', async () => {
    const connection = await open();
    const content = randomBytes(20_000_000);
    const bundle = await makeBundle([{ name: 'big', content, mode: 0o600 }]);
    await upload(connection, bundle, join(base, 'up'));
    expect((await readFile(join(base, 'up', 'big'))).equals(content)).toBe(true);
  });

  it('names what went wrong', async () => {
    const connection = await open();
    const bundle = await makeBundle(files);
    const lie = { ...bundle, digest: '0'.repeat(64) };
    await expect(upload(connection, lie, join(base, 'up'))).rejects.toMatchObject({
      code: 'session-upload-mismatch',
      message: expect.stringContaining('the checksum of the upload does not match'),
    });
    await symlink('elsewhere', join(base, 'link'));
    await expect(upload(connection, bundle, join(base, 'link'))).rejects.toMatchObject({
      code: 'session-upload-directory',
      hint: expect.stringContaining(join(base, 'link')),
    });
    await expect(upload(connection, bundle, '/dev/null/x')).rejects.toMatchObject({ code: 'session-exit' });
  });

  it('stops on its signal', async () => {
    const connection = await open();
    const bundle = await makeBundle(files);
    const signal = AbortSignal.abort();
    await expect(upload(connection, bundle, join(base, 'up'), { signal })).rejects.toMatchObject({
      code: 'session-aborted',
    });
  });
});
