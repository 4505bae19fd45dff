import { join } from 'node:path';
import { readNamedFileSync, homeDirectory } from '../../file.ts';

/** The settings of one section: `region`, `role_arn`; of a nested group `s3.endpoint_url`. */
export type Section = Readonly<Record<string, string>>;

/** What AWS's two shared files say, and where they are. */
export interface SharedFiles {
  readonly config: string;
  readonly credentials: string;
  readonly profiles: ReadonlyMap<string, Section>;
  /** The sections `[services NAME]`: endpoints by service. */
  readonly services: ReadonlyMap<string, Section>;
}

/**
 * Reads the shared config and credentials files, as the SDK finds and parses them (AWS SDKs and Tools Reference Guide,
 * "Location of the shared config and credentials files"). A file that is missing has nothing in it.
 */
export function readSharedFiles(env: NodeJS.ProcessEnv): SharedFiles {
  const home = homeDirectory(env);
  const path = (variable: string, name: string): string =>
    (env[variable] || join(home, '.aws', name)).replace(/^~(?=\/)/, home);
  const config = path('AWS_CONFIG_FILE', 'config');
  const credentials = path('AWS_SHARED_CREDENTIALS_FILE', 'credentials');
  const profiles = new Map<string, Section>();
  const services = new Map<string, Section>();
  for (const [title, section] of parseIni(textOf(config))) {
    const [kind, name] = splitTitle(title);
    if (kind === 'services' && name !== undefined) services.set(name, section);
    else if (kind === 'profile' && name !== undefined) profiles.set(name, section);
    else if (title === 'default' && !profiles.has(title)) profiles.set(title, section);
  }
  for (const [name, section] of parseIni(textOf(credentials)))
    profiles.set(name, { ...profiles.get(name), ...section });
  return { config, credentials, profiles, services };
}

function textOf(path: string): string {
  try {
    return readNamedFileSync(path);
  } catch {
    return '';
  }
}

/** `profile "my name"` as its kind and name. */
function splitTitle(title: string): [kind: string, name?: string] {
  const [, kind = title, , name] = /^([\w-]+)\s+(["'])?(.+?)\2$/.exec(title) ?? [];
  return name === undefined ? [kind] : [kind, name.trim()];
}

/** The sections of an INI file by title, as AWS writes it: a key without a value begins a group of indented ones. Pure. */
export function parseIni(text: string): Map<string, Section> {
  const sections = new Map<string, Record<string, string>>();
  let section: Record<string, string> | undefined;
  let group: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    const content = (line.split(/(?:^|\s)[;#]/, 1)[0] ?? '').trim();
    const title = /^\[(.*)\]$/.exec(content)?.[1]?.trim();
    if (title !== undefined) {
      section = sections.get(title) ?? {};
      sections.set(title, section);
      group = undefined;
      continue;
    }
    const at = content.indexOf('=');
    if (!section || at <= 0) continue;
    const [key, value] = [content.slice(0, at).trim(), content.slice(at + 1).trim()];
    if (value === '') {
      group = key;
      continue;
    }
    if (line.trimStart() === line) group = undefined;
    section[group === undefined ? key : `${group}.${key}`] = value;
  }
  return sections;
}
