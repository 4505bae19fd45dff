import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { armedCommand, deadManScript, userData } from '../../../../src/fleet/ec2/launch/user-data.ts';
import { generateKeyPair } from '../../../../src/session/ssh/key.ts';

/** Seconds since the epoch. */
function now(): number {
  return Math.floor(Date.now() / 1000);
}

/** Runs the script as a boot would, in a shell that knows systemd-run by name only. */
function boot(
  noted: string | undefined,
  lifetime: number,
  place?: string,
): { armed: string[]; noted: number } {
  const directory = mkdtempSync(join(tmpdir(), 'cnd-boot-'));
  const path = place ?? join(directory, 'until');
  if (noted !== undefined) writeFileSync(path, noted);
  writeFileSync(join(directory, 'systemd-run'), '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o755 });
  const env = { PATH: `${directory}:/usr/bin:/bin` };
  const { stdout } = spawnSync('sh', ['-c', deadManScript(lifetime, path)], { encoding: 'utf8', env });
  const after = Number(spawnSync('cat', [path], { encoding: 'utf8' }).stdout);
  rmSync(directory, { recursive: true });
  return { armed: stdout.trim().split('\n'), noted: after };
}

const run = '20261120-081103-x7k2';
const hostKey = generateKeyPair();
const loginKey = generateKeyPair().publicKey;
const text = userData({ run, lifetime: 259.2, hostKey, loginKey });
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
  expect(content['bootcmd']).toEqual([['sh', '-c', deadManScript(259.2, `/var/lib/cnd-until-${run}`)]]);
  expect(boot(undefined, 259.2).armed).toEqual([
    '--no-block',
    '--unit=cnd-deadman',
    '--on-active=260',
    '--timer-property=AccuracySec=1s',
    '--timer-property=DefaultDependencies=no',
    '--property=DefaultDependencies=no',
    'systemctl',
    'poweroff',
    '--force',
  ]);
  expect(armedCommand()).toContain('systemctl is-active --quiet cnd-deadman.timer');
});

test.each([
  ['after a reboot only what is left', now() + 100, 100],
  ['never more than the lifetime, whatever the clock was', now() + 86_400, 260],
  ['at once when the time is over', now() - 5, 1],
  ['for the whole lifetime when what was noted is torn', '', 260],
  ['and when it is nonsense', '12:30; reboot', 260],
  ['or more than a shell can count', '99999999999999999999', 260],
  ['or octal', '0999', 260],
])('it is armed %s', (_, noted, seconds) => {
  const left = boot(String(noted), 259.2).armed.find((word) => word.startsWith('--on-active='));
  const armed = Number(left?.split('=')[1]);
  expect(armed).toBeLessThanOrEqual(seconds);
  expect(armed).toBeGreaterThan(seconds - 5);
});

test('it is armed where nothing can be noted', () => {
  expect(boot(undefined, 60, '/nonexistent/until').armed).toContain('--on-active=60');
  expect(boot(undefined, 60).noted - now()).toBeGreaterThan(50);
});

test('is within what EC2 takes, and refuses to be more', () => {
  expect(Buffer.byteLength(text)).toBeLessThan(4096);
  expect(() => userData({ run, lifetime: 1, hostKey, loginKey: 'x'.repeat(17_000) })).toThrow(/16384/);
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
