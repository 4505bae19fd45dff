import { existsSync } from 'node:fs';
import { packagePath } from '../package.ts';

/** A system and its processor, as the kernels' binaries are named: `linux-x64`, `linux-arm64`, `darwin-arm64`. */
export type Platform = string;

const build = packagePath('remote/kernel/build/');

/** This machine. */
export const thisPlatform: Platform = `${process.platform}-${process.arch}`;

/** What pow.py is behind the native kernel, roughly, on a processor that has AVX-512 or the SHA instructions. */
export const scriptFactor = 30;

/** The platform that `uname -sm` tells of; undefined when its words are not known. Pure. */
export function platformOf(uname: string): Platform | undefined {
  const [system = '', machine = ''] = uname.trim().toLowerCase().split(/\s+/);
  const processors: Readonly<Record<string, string>> = {
    x86_64: 'x64',
    amd64: 'x64',
    aarch64: 'arm64',
    arm64: 'arm64',
  };
  const processor = processors[machine];
  return system === '' || processor === undefined ? undefined : `${system}-${processor}`;
}

/**
 * The native kernel's binary for a platform, or undefined when it was not built here (`npm run build:kernel`). What was
 * built for this very machine serves wherever there is no portable binary for it, on macOS say.
 */
export function nativeKernel(platform: Platform): string | undefined {
  const names = [`kernel-${platform}`, ...(platform === thisPlatform ? ['kernel-host'] : [])];
  return names.map((name) => `${build}${name}`).find((path) => existsSync(path));
}
