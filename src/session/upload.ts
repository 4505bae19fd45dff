import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

import { pack } from 'tar-stream';

import { CndError } from '../error.ts';

import { succeeded } from './exec.ts';
import { quote } from '../text.ts';
import { shell } from './shell.ts';
import type { Bounds, Session } from './session.ts';

/** One file of a bundle: its content, or the path of a local file to take it from. */
export type BundleFile = {
  /** Relative to the directory of the upload. */
  readonly name: string;
  /** E.g. 0o700. What it grants to others is of no use to them: the directory is closed. */
  readonly mode: number;
} & ({ readonly content: string | Buffer } | { readonly path: string });

/** What is uploaded to every instance of a run; the same files make the same bytes. */
export interface Bundle {
  /** A gzip-compressed tar archive. */
  readonly data: Buffer;
  /** SHA-256 of `data`, in lower-case hex. */
  readonly digest: string;
}

/** How the remote script says what went wrong, so that no text has to be parsed (numbers as in sysexits.h). */
const exitCode = { mismatch: 65, noTool: 69, directory: 73 } as const;

/** Packs files in the order given. */
export async function makeBundle(files: readonly BundleFile[]): Promise<Bundle> {
  const tar = pack();
  const archive = buffer(tar);
  for (const file of files) {
    const content = 'content' in file ? file.content : await readFile(file.path);
    tar.entry({ name: file.name, mode: file.mode, mtime: new Date(0) }, content);
  }
  tar.finalize();
  // zlib writes no time into the header.
  const data = await promisify(gzip)(await archive, { level: 6 });
  return { data, digest: createHash('sha256').update(data).digest('hex') };
}

/**
 * The command that reads a bundle from its stdin and unpacks it into `directory`. Pure.
 *
 * The script has no backslash and no newline, so that login shells with other rules (fish, csh) pass it on unchanged.
 */
export function uploadCommand(digest: string, directory: string): string {
  // A leading - would be taken for an option.
  const path = quote(directory.startsWith('/') ? directory : `./${directory}`);
  const script = [
    'set -eu',
    'umask 077',
    `d=${path}`,
    'f=$d/.cnd-bundle',
    'mkdir -p "$(dirname "$d")"',
    // mkdir never follows a link and never takes over what is there; what is there must be a directory of this user.
    `mkdir "$d" 2>/dev/null || { [ -d "$d" ] && [ ! -L "$d" ] && [ -O "$d" ]; } || ${giveUp(exitCode.directory, 'the directory is a link, or belongs to another user')}`,
    'chmod 700 "$d"',
    `trap 'rm -f "$f"' EXIT`,
    'rm -f "$f"',
    'cat >"$f"',
    `if command -v sha256sum >/dev/null; then s=$(sha256sum <"$f"); elif command -v shasum >/dev/null; then s=$(shasum -a 256 <"$f"); else ${giveUp(exitCode.noTool, 'neither sha256sum nor shasum is installed')}; fi`,
    `[ "\${s%% *}" = ${quote(digest)} ] || ${giveUp(exitCode.mismatch, 'the checksum of the upload does not match')}`,
    // -o: as root, do not give the files to the owner named in the archive.
    'tar -xzof "$f" -C "$d"',
  ].join('; ');
  return shell`exec /bin/sh -c ${script}`;
}

/**
 * Uploads a bundle in one exec and unpacks it, after its digest was checked over there.
 *
 * @param directory Absolute, or relative to where a login starts. Made with mode 0700, which it is given if it exists.
 * @throws CndError `session-upload-mismatch`, `session-upload-tool`, `session-upload-directory`; as `Session.exec` does.
 */
export async function upload(
  session: Session,
  { data, digest }: Bundle,
  directory: string,
  bounds: Bounds = {},
): Promise<void> {
  const name = `the upload to ${directory}`;
  const result = await session.exec(uploadCommand(digest, directory), { ...bounds, stdin: data, name });
  const about = session.address;
  const fail = (code: string, hint: string) => {
    throw new CndError(code, `${name} on ${about} failed: ${result.stderr.trim()}`, { about, hint });
  };
  if (result.code === exitCode.mismatch) {
    fail(
      'session-upload-mismatch',
      'Try again; if it happens again, something on the network path changes the data.',
    );
  } else if (result.code === exitCode.noTool) {
    fail('session-upload-tool', 'Install coreutils (sha256sum) on the machine, or use another image.');
  } else if (result.code === exitCode.directory) {
    fail('session-upload-directory', `Remove ${directory} on ${about}, or choose another directory.`);
  }
  succeeded(session, name, result);
}

function giveUp(code: number, why: string): string {
  return `{ echo ${quote(why)} >&2; exit ${code}; }`;
}

/**
 * Where a worker lives on its instance, relative to the login's home. One for each, since homes may be shared: machines of
 * a lab have theirs on NFS, and one machine may be reached by two names.
 */
export function workDirectory(run: string, worker: number): string {
  return `.cnd/${run}/${worker}`;
}
