import { z } from 'zod';
import type { FleetKind } from '../fleet/kind.ts';
import { fleetKinds } from '../fleet/registry.ts';
import { defaultsOf, settingsSchema } from './schema.ts';
import { settingNames } from './setting.ts';

/** As much of JSON Schema as the settings need. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly [keyword: string]: unknown;
}

/** The JSON Schema of cnd.config.json, for editors; made of the schema that judges it. Pure. */
export function configJsonSchema(kinds: readonly FleetKind[] = fleetKinds): JsonSchema {
  const names = settingNames(kinds);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- zod's own type also allows schemas of `true`
  const { $schema, ...schema } = z.toJSONSchema(settingsSchema(kinds), {
    io: 'input',
    override: tidy,
  }) as JsonSchema;
  return {
    $schema,
    title: 'Configuration of cnd (cnd.config.json)',
    // What VS Code's JSON language service asks of a schema; cnd takes both.
    allowComments: true,
    allowTrailingCommas: true,
    ...told(schema, defaultsOf(kinds), (key) => names.find((name) => name.key === key)?.describe),
  };
}

/** A number says its types by itself (`numeric` of schema.ts): the union that it is made of adds nothing. */
function tidy({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (Array.isArray(jsonSchema.type)) delete jsonSchema.anyOf;
}

/** A group with nothing required in it, since every layer may leave out anything, and with its defaults. */
function told(
  group: JsonSchema,
  values: Readonly<Record<string, unknown>>,
  describe: (key: string) => string | undefined = () => undefined,
): JsonSchema {
  const { required: _, properties = {}, ...rest } = group;
  const known = Object.entries(properties).map(([key, property]): [string, JsonSchema] => {
    const description = property.description ?? describe(key)?.replace(/ \[default: .*\]$/, '');
    const value = values[key];
    if (isSettingGroup(property)) return [key, told(property, isRecord(value) ? value : {})];
    return [
      key,
      { ...(description && { description }), ...property, ...(value !== undefined && { default: value }) },
    ];
  });
  return { ...rest, properties: Object.fromEntries(known) };
}

/** Whether a setting is a group of settings. */
export function isSettingGroup({ type, properties }: JsonSchema): boolean {
  return type === 'object' && properties !== undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
