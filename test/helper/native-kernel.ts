import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { remote } from './kernel.ts';
import { isAvailable } from './available.ts';

/** Says what is skipped for what; under CI nothing may be. */
function missing(what: string): undefined {
  isAvailable(what);
  return undefined;
}

/** A binary of the native kernel, if it was built: `linux-x64`, `linux-arm64`, `host` or `sanitize`. */
export function builtKernel(name: string): string | undefined {
  const path = join(remote, 'kernel', 'build', `kernel-${name}`);
  if (existsSync(path)) return path;
  return name === 'host' ? undefined : missing(`${path} is not built (make -C remote/kernel ${name})`);
}

/** The emulator for arm64 binaries, as the start of a command. */
export function qemuArm64(): readonly string[] | undefined {
  const directories = (process.env['PATH'] ?? '').split(delimiter);
  const found = directories
    .map((directory) => join(directory, 'qemu-aarch64-static'))
    .find((path) => existsSync(path));
  return found
    ? [found, '-cpu', 'max']
    : missing('qemu-aarch64-static is missing (Debian package qemu-user-static)');
}
