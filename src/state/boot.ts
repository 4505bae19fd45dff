import { readFileSync } from 'node:fs';

/** A moment by the clock that starts with the machine: comparable with others of the same boot alone. */
export interface BootTime {
  /** What tells one boot of this machine from another; absent where the system does not tell. */
  readonly boot?: string | undefined;
  /** Seconds of a clock that never steps, since the boot; it stands still while the machine is suspended. */
  readonly seconds: number;
}

/** Now, by the clock that starts with the machine. */
export function bootTime(): BootTime {
  const boot = bootId();
  return { ...(boot !== undefined && { boot }), seconds: Number(process.hrtime.bigint()) / 1e9 };
}

/** random(4), "/proc interfaces": a new one at each boot. Elsewhere than on Linux there is none. */
function bootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}
