import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';

/** What cloud-init would make of user data: the parts of a cloud-config that a machine of the stage obeys. */
export interface CloudConfig {
  readonly bootcmd?: readonly (string | readonly string[])[];
  readonly runcmd?: readonly (string | readonly string[])[];
  readonly write_files?: readonly {
    readonly path: string;
    readonly content?: string;
    readonly encoding?: string;
    readonly permissions?: string;
  }[];
  readonly ssh_keys?: { readonly ed25519_private?: string; readonly ed25519_public?: string };
  readonly ssh_authorized_keys?: readonly string[];
}

const known = new Map<string, CloudConfig>();

/**
 * Reads a cloud-config as cloud-init does: also compressed, and nothing without its first line.
 *
 * @param python One that has PyYAML: JSON is YAML, and read here; other YAML is left to it.
 */
export function readUserData(userData: Buffer, python: string): CloudConfig {
  const text = (userData[0] === 0x1f && userData[1] === 0x8b ? gunzipSync(userData) : userData).toString();
  if (!/^#cloud-config\s*\n/.test(text)) return {};
  const digest = createHash('sha256').update(text).digest('hex');
  const config = known.get(digest) ?? parse(text, python);
  known.set(digest, config);
  return config;
}

function parse(text: string, python: string): CloudConfig {
  try {
    return JSON.parse(text.slice(text.indexOf('\n'))) as CloudConfig;
  } catch {
    const program = 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin.buffer), sys.stdout)';
    const read = execFileSync(python, ['-c', program], { input: text, encoding: 'utf8' });
    return (JSON.parse(read) ?? {}) as CloudConfig;
  }
}
