import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

import { motoProgram, motoRemedy } from './aws/moto.ts';
import { isAvailable } from '../available.ts';

/** What keeps the stage from working here, with the remedy; undefined when nothing does. */
export function missing(): string | undefined {
  if (process.platform !== 'linux') return 'the stage needs Linux (namespaces)';
  if (motoProgram() === undefined) return `moto_server is missing: ${motoRemedy}`;
  if (!existsSync('/usr/sbin/sshd')) return '/usr/sbin/sshd is missing (Debian package openssh-server)';
  if (!existsSync('/usr/bin/python3') && !existsSync('/usr/local/bin/python3')) {
    return '/usr/bin/python3 is missing (Debian package python3)';
  }
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const probe = [...user, '--mount', '--pid', '--net', '--uts', '--ipc', '--fork', 'true'];
  const { status, stderr, error } = spawnSync('unshare', probe, { encoding: 'utf8' });
  if (status === 0) return undefined;
  return `no namespaces of one's own here (${error?.message ?? stderr.trim()}): run it as root`;
}

/** Whether tests on the stage can run. In CI they must, so that they are never skipped unseen. */
export function hasStage(): boolean {
  return isAvailable(missing());
}
