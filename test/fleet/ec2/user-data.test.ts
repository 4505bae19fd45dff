import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { armedCommand, userData } from '../../../src/fleet/ec2/user-data.ts';
import { generateKeyPair } from '../../../src/ssh/key.ts';

const hostKey = generateKeyPair();
const loginKey = generateKeyPair().publicKey;
const text = userData({ lifetime: 259.2, hostKey, loginKey });
const content = JSON.parse(text.slice(text.indexOf('\n'))) as Record<string, unknown>;

test('is a cloud-config that pins the host key and lets in one key', () => {
  expect(text.startsWith('#cloud-config\n')).toBe(true);
  expect(content['ssh_keys']).toEqual({
    ed25519_private: hostKey.privateKey,
    ed25519_public: hostKey.publicKey,
  });
  expect(content['ssh_authorized_keys']).toEqual([loginKey]);
  expect(content['ssh_pwauth']).toBe(false);
});

test("arms the dead-man's switch at every boot, without waiting for what waits for it, and in time", () => {
  expect(content['bootcmd']).toEqual([
    [
      'systemd-run',
      '--no-block',
      '--unit=cnd-deadman',
      '--on-active=260',
      '--timer-property=AccuracySec=1s',
      '--timer-property=DefaultDependencies=no',
      '--property=DefaultDependencies=no',
      'systemctl',
      'poweroff',
      '--force',
    ],
  ]);
  expect(armedCommand()).toContain('systemctl is-active --quiet cnd-deadman.timer');
});

test('is within what EC2 takes, and refuses to be more', () => {
  expect(Buffer.byteLength(text)).toBeLessThan(4096);
  expect(() => userData({ lifetime: 1, hostKey, loginKey: 'x'.repeat(17_000) })).toThrow(/16384/);
});

const cloudInit = spawnSync('cloud-init', ['--version'], { encoding: 'utf8' });
// In CI it must be there, so that this is never skipped unseen.
test.skipIf(cloudInit.error !== undefined && process.env['CI'] === undefined)(
  'is valid by the schema of cloud-init (Debian package cloud-init)',
  () => {
    const directory = mkdtempSync(join(tmpdir(), 'cnd-user-data-'));
    const file = join(directory, 'user-data');
    writeFileSync(file, text);
    const { status, stdout, stderr } = spawnSync('cloud-init', ['schema', '--config-file', file], {
      encoding: 'utf8',
    });
    rmSync(directory, { recursive: true });
    expect(stdout + stderr).toMatch(/valid (cloud-config|schema)/i);
    expect(status).toBe(0);
  },
);
