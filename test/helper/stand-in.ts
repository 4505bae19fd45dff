import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { python, remote } from './kernel.ts';

/** A kernel of a run that records what it does, and that can be held up until something else has happened. */
export interface StandIn {
  /** What `cnd` needs in its environment to use it. */
  readonly env: NodeJS.ProcessEnv;
  /** A file with the ranges that it has searched. */
  readonly record: string;
  /** Lets all that are held go on. */
  readonly release: () => void;
}

/**
 * Installs the stand-in kernel in a directory. With `held` each of its processes searches one range, a few thousand nonces, and
 * then waits for `release`: so that something happens in mid-search on a machine of any speed.
 */
export function standIn(directory: string, { held = false } = {}): StandIn {
  const [kernel, record, hold] = ['kernel', 'record', 'hold'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  const script = fileURLToPath(new URL('kernel-stand-in.py', import.meta.url));
  const settings = `STAND_IN_POW='${remote}' STAND_IN_RECORD='${record}' STAND_IN_HOLD='${hold}'`;
  writeFileSync(record, '');
  if (held) writeFileSync(hold, '');
  writeFileSync(kernel, `#!/bin/sh\n${settings} exec '${python}' -S -E '${script}' "$@"\n`, { mode: 0o755 });
  return { env: { CND_KERNEL: kernel }, record, release: () => rmSync(hold, { force: true }) };
}
