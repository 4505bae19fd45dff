import type { Model, Shape } from './model.ts';
import type { Violation } from './violation.ts';

/**
 * What AWS's model says against a value: members that are required, lengths, ranges, patterns, enums.
 * https://smithy.io/2.0/spec/constraint-traits.html
 */
export function constraintsBroken(model: Model, name: string, value: unknown, path = ''): Violation[] {
  const shape = model.shapes[name];
  if (!shape || value === undefined) return [];
  const of = (inner: string | undefined, part: unknown, at: string): Violation[] =>
    constraintsBroken(model, inner ?? '', part, at);
  if (shape.type === 'structure') {
    const content = value as Readonly<Record<string, unknown>>;
    const missing = (shape.required ?? []).filter((key) => content[key] === undefined);
    return [
      ...missing.map((key) => violation('required', dotted(path, key), 'it is required')),
      ...Object.entries(content).flatMap(([key, part]) =>
        of(shape.members?.[key]?.shape, part, dotted(path, key)),
      ),
    ];
  }
  if (shape.type === 'list') {
    const items = value as readonly unknown[];
    return [
      ...bounds('length', shape, items.length, path),
      ...items.flatMap((item, index) => of(shape.member?.shape, item, `${path}[${index}]`)),
    ];
  }
  if (shape.type === 'map') {
    const entries = [...(value as ReadonlyMap<string, unknown>)];
    return [
      ...bounds('length', shape, entries.length, path),
      ...entries.flatMap(([key, part]) => [
        ...of(shape.key?.shape, key, `${path} (key)`),
        ...of(shape.value?.shape, part, dotted(path, key)),
      ]),
    ];
  }
  if (typeof value === 'number') return bounds('range', shape, value, path);
  if (Buffer.isBuffer(value)) return bounds('length', shape, value.length, path);
  return typeof value === 'string' ? textBroken(shape, name, value, path) : [];
}

/** EC2 has new types of instance each week, and says so itself of one that does not exist. */
const growing = new Set(['InstanceType']);

function textBroken(shape: Shape, name: string, text: string, path: string): Violation[] {
  const broken = bounds('length', shape, text.length, path);
  const { enum: values, pattern } = shape;
  if (values && !growing.has(name) && !values.includes(text))
    broken.push(violation('enum', path, `${text} is none of ${values.slice(0, 12).join(', ')}`));
  if (pattern !== undefined && !matches(pattern, text))
    broken.push(violation('pattern', path, `${text} does not match ${pattern}`));
  return broken;
}

/** AWS matches the whole of a text, by Java's regular expressions. */
function matches(pattern: string, text: string): boolean {
  const whole = `^(?:${pattern})$`;
  try {
    return new RegExp(whole, 'su').test(text);
  } catch {
    // Some escape what Unicode mode wants unescaped.
    return new RegExp(whole, 's').test(text);
  }
}

function bounds(kind: 'length' | 'range', { min, max }: Shape, size: number, path: string): Violation[] {
  if (size >= (min ?? -Infinity) && size <= (max ?? Infinity)) return [];
  return [violation(kind, path, `${size} is not within ${min ?? '…'} and ${max ?? '…'}`)];
}

function violation(kind: Violation['kind'], member: string, what: string): Violation {
  return { kind, member, message: `${member}: ${what}` };
}

function dotted(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
