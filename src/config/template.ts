import { defaultBlock } from '../puzzle/block.ts';
import { defaultChunk, defaultLimit } from '../search/space.ts';
import { fleetKinds } from '../fleet/registry.ts';
import { type JsonSchema, configJsonSchema, isSettingGroup } from './json-schema.ts';

/** What stands commented out, by path, for a setting that has no default, or one that depends on others. */
const examples: Readonly<Record<string, unknown>> = {
  N: 4,
  T: 60,
  D: 6,
  block: defaultBlock,
  template: '{nonce}{block}',
  prefix: 'cafe',
  suffix: 'cafe',
  digest: '0'.repeat(64),
  unit: 'digits',
  from: '0',
  limit: `${defaultLimit}`,
  chunk: `${defaultChunk}`,
  'logs.bucket': 'my-cnd-logs',
  'logs.prefix': 'cnd',
  'logs.region': 'eu-west-1',
  'logs.encryption': 'aws:kms',
  'logs.keep': '90d',
  maxCost: 5,
  ...Object.assign({}, ...fleetKinds.map(({ template }) => template)),
};

/** A cnd.config.json with every setting at its default and what it means; `schema` is where editors find theirs. Pure. */
export function configTemplate(schema: string): string {
  const { $schema: _, ...settings } = configJsonSchema().properties ?? {};
  const lines = [
    '{',
    '  // Settings of cnd. Flags and environment variables take precedence. Lines that are commented out have no',
    '  // default, or one that depends on other settings. Comments and trailing commas are allowed here.',
    `  "$schema": ${JSON.stringify(schema)},`,
    ...Object.entries(settings).flatMap(([key, setting]) => ['', ...indent(explained(key, setting))]),
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

function explained(key: string, setting: JsonSchema, group = ''): string[] {
  const about = comment(setting);
  // A group that may be absent as a whole is one example.
  if (isSettingGroup(setting) && examples[group + key] === undefined) {
    const members = Object.entries(setting.properties ?? {}).flatMap(([name, member]) =>
      explained(name, member, `${key}.`),
    );
    return [...about, `${JSON.stringify(key)}: {`, ...indent(members), '},'];
  }
  const isDefault = setting.default !== undefined;
  const value = JSON.stringify(isDefault ? setting.default : (examples[group + key] ?? placeholder(setting)));
  return [...about, `${isDefault ? '' : '// '}${JSON.stringify(key)}: ${value},`];
}

function comment({ description, enum: choices, maximum, minimum }: JsonSchema): string[] {
  const bounds =
    typeof maximum === 'number' && maximum < Number.MAX_SAFE_INTEGER ? `${minimum} to ${maximum}` : '';
  // Some descriptions name the choices themselves.
  const listed = choices?.every((choice) => description?.includes(String(choice))) ? '' : choices?.join(', ');
  const words = [description, listed && `one of ${listed}`, bounds].filter(Boolean).join('; ');
  return words === '' ? [] : [`// ${words}`];
}

/** A value of the right type where nothing better is known. */
function placeholder({ type, enum: choices, minimum }: JsonSchema): unknown {
  if (choices) return choices[0];
  const types = Array.isArray(type) ? type : [type];
  if (types.includes('integer') || types.includes('number')) return minimum ?? 0;
  if (types.includes('boolean')) return false;
  return types.includes('array') ? [] : '';
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
