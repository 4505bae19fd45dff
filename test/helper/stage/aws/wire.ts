import { type Call, type RawRequest } from './call.ts';
import { type Member, type Model, type Operation, ec2Name, type Shape } from './model.ts';
import type { Violation } from './violation.ts';
import { parseXml, type XmlNode } from './xml.ts';

/** What a request says, by the names of the model, and what of it the model does not know. */
export interface Input {
  readonly value: unknown;
  readonly violations: readonly Violation[];
}

/** A request read by the model of its operation, in whatever protocol it came. */
export function readInput(model: Model, operation: Operation, request: RawRequest, call: Call): Input {
  const shape = operation.input?.shape;
  const reader = new Reader(model);
  const value = shape === undefined ? {} : reader.read(shape, operation, request, call);
  return { value, violations: reader.violations };
}

/** Parameters of the query protocols, by the parts of their names: `Filter.1.Value.2`. */
type Tree = Map<string, Tree> & { text?: string };

/** Of every request in the query protocols. */
const frame = new Set(['Action', 'Version']);

/** Query parameters of S3 that are not the operation's: the SDK's own, and those of presigned requests. */
const isFrame = (name: string): boolean => name === 'x-id' || name.toLowerCase().startsWith('x-amz-');

class Reader {
  readonly violations: Violation[] = [];
  readonly #model: Model;

  constructor(model: Model) {
    this.#model = model;
  }

  read(shape: string, operation: Operation, request: RawRequest, call: Call): unknown {
    const { protocol } = this.#model.metadata;
    if (protocol === 'json') return this.#json(shape, parseJson(request.body), '');
    if (protocol === 'rest-json' || protocol === 'rest-xml') return this.#rest(shape, operation, request);
    const parameters = Object.entries(call.parameters).filter(([name]) => !frame.has(name));
    return this.#query(shape, treeOf(parameters), '');
  }

  #shape(name: string): Shape {
    const shape = this.#model.shapes[name];
    if (!shape) throw new Error(`the model has no shape ${name}`);
    return shape;
  }

  #unknown(member: string): undefined {
    this.violations.push({ kind: 'unknown', member, message: `The parameter ${member} is not recognized` });
    return undefined;
  }

  #wrong(member: string, message: string): undefined {
    this.violations.push({ kind: 'type', member, message: `${member}: ${message}` });
    return undefined;
  }

  #query(name: string, tree: Tree, path: string): unknown {
    const shape = this.#shape(name);
    if (shape.type === 'structure') {
      const names = new Map(members(shape).map(([key, member]) => [this.#queryName(key, member), key]));
      return fields([...tree], (wire, part) => {
        const key = names.get(wire);
        const member = key === undefined ? undefined : shape.members?.[key];
        if (key === undefined || !member) return this.#unknown(joined(path, wire));
        return [key, this.#query(member.shape, part, joined(path, key))];
      });
    }
    if (shape.type === 'list') {
      const inner = this.#model.metadata.protocol === 'ec2' || shape.flattened ? tree : tree.get('member');
      const numbers = [...(inner?.keys() ?? [])].map(Number).toSorted((a, b) => a - b);
      if (numbers.some((number, index) => number !== index + 1))
        this.#wrong(path, 'the numbers of a list are 1, 2, 3 …');
      return numbers.map((number, index) =>
        this.#query(shape.member?.shape ?? '', inner?.get(String(number)) ?? new Map(), `${path}[${index}]`),
      );
    }
    if (tree.size > 0) return this.#wrong(path, 'it has no parts');
    return this.#scalar(shape, tree.text ?? '', path);
  }

  #queryName(key: string, member: Member): string {
    if (this.#model.metadata.protocol === 'ec2') return ec2Name(key, member);
    const { flattened } = this.#shape(member.shape);
    return (flattened && this.#shape(member.shape).member?.locationName) || member.locationName || key;
  }

  #json(name: string, content: unknown, path: string): unknown {
    const shape = this.#shape(name);
    if (content === null) return undefined;
    if (shape.type === 'structure') {
      if (!isObject(content)) return this.#wrong(path, 'it is no object');
      const names = new Map(members(shape).map(([key, member]) => [member.locationName ?? key, key]));
      return fields(Object.entries(content), (wire, part) => {
        const key = names.get(wire);
        const member = key === undefined ? undefined : shape.members?.[key];
        if (key === undefined || !member) return this.#unknown(joined(path, wire));
        return [key, this.#json(member.shape, part, joined(path, key))];
      });
    }
    if (shape.type === 'list') {
      if (!Array.isArray(content)) return this.#wrong(path, 'it is no list');
      const inner = shape.member?.shape ?? '';
      return content.map((part, index) => this.#json(inner, part, `${path}[${index}]`));
    }
    if (shape.type === 'map') {
      if (!isObject(content)) return this.#wrong(path, 'it is no map');
      const inner = shape.value?.shape ?? '';
      return new Map(
        Object.entries(content).map(([key, part]) => [key, this.#json(inner, part, joined(path, key))]),
      );
    }
    const numeric = ['integer', 'long', 'double', 'float', 'timestamp'].includes(shape.type);
    const isOf = typeof content === (numeric ? 'number' : shape.type === 'boolean' ? 'boolean' : 'string');
    if (!isOf) return this.#wrong(path, `it is no ${shape.type}`);
    return shape.type === 'blob' ? this.#scalar(shape, content as string, path) : content;
  }

  #rest(name: string, operation: Operation, { target, headers, body }: RawRequest): unknown {
    const shape = this.#shape(name);
    const url = new URL(target, 'http://stage');
    const [pattern = '', fixed = ''] = operation.http.requestUri.split('?');
    const labels = labelsOf(pattern, url.pathname);
    const said = new Map(url.searchParams);
    const expected = new Set(new URLSearchParams(fixed).keys());
    const value: Record<string, unknown> = {};
    for (const [key, member] of members(shape)) {
      const wire = member.locationName ?? key;
      if (member.location === 'uri') value[key] = labels.get(wire);
      else if (member.location === 'querystring') {
        const kind = this.#shape(member.shape);
        expected.add(kind.type === 'map' ? '' : wire);
        const text = said.get(wire);
        if (text !== undefined) value[key] = this.#scalar(kind, text, key);
      } else if (member.location === 'header') {
        const text = headers[wire.toLowerCase()];
        if (text !== undefined) value[key] = this.#scalar(this.#shape(member.shape), String(text), key);
      }
    }
    for (const given of said.keys()) if (!expected.has(given) && !isFrame(given)) this.#unknown(given);
    const rest = {
      ...shape,
      members: Object.fromEntries(members(shape).filter(([, { location }]) => !location)),
    };
    const { payload } = shape;
    if (this.#model.metadata.protocol === 'rest-json') {
      const content = this.#body(rest, parseJson(body));
      return { ...value, ...content };
    }
    const member = payload === undefined ? undefined : shape.members?.[payload];
    if (payload === undefined || !member || body.length === 0) return value;
    if (this.#shape(member.shape).type !== 'structure') return { ...value, [payload]: body };
    return { ...value, [payload]: this.#xml(member.shape, parseXml(body.toString()), payload) };
  }

  /** What of a structure is in a JSON body: the rest of it is in the path and the query. */
  #body(shape: Shape, content: unknown): Record<string, unknown> {
    if (!isObject(content)) return {};
    return fields(Object.entries(content), (wire, part) => {
      const [key, member] =
        members(shape).find(([one, { locationName }]) => (locationName ?? one) === wire) ?? [];
      if (key === undefined || !member) return this.#unknown(wire);
      return [key, this.#json(member.shape, part, key)];
    });
  }

  #xml(name: string, node: XmlNode, path: string): unknown {
    const shape = this.#shape(name);
    if (shape.type !== 'structure') return this.#scalar(shape, node.text, path);
    const names = new Map(members(shape).map(([key, member]) => [member.locationName ?? key, key]));
    const value: Record<string, unknown> = {};
    for (const child of node.children) {
      const key = names.get(child.name);
      const member = key === undefined ? undefined : shape.members?.[key];
      if (key === undefined || !member) {
        this.#unknown(joined(path, child.name));
        continue;
      }
      const list = this.#shape(member.shape);
      if (list.type !== 'list') {
        value[key] = this.#xml(member.shape, child, joined(path, key));
        continue;
      }
      const items = (value[key] ??= []) as unknown[];
      for (const item of list.flattened ? [child] : child.children)
        items.push(this.#xml(list.member?.shape ?? '', item, `${joined(path, key)}[${items.length}]`));
    }
    return value;
  }

  /** A value that came as text. */
  #scalar({ type }: Shape, text: string, path: string): unknown {
    if (type === 'boolean') {
      if (text !== 'true' && text !== 'false') this.#wrong(path, `${text} is neither true nor false`);
      return text === 'true';
    }
    if (type === 'integer' || type === 'long') {
      if (!/^-?\d+$/.test(text)) this.#wrong(path, `${text} is no integer`);
      return Number(text);
    }
    if (type === 'float' || type === 'double') {
      if (text.trim() === '' || Number.isNaN(Number(text))) this.#wrong(path, `${text} is no number`);
      return Number(text);
    }
    if (type === 'timestamp' && Number.isNaN(Date.parse(text))) this.#wrong(path, `${text} is no time`);
    if (type === 'blob') {
      if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) this.#wrong(path, 'it is not Base64');
      return Buffer.from(text, 'base64');
    }
    return text;
  }
}

function members(shape: Shape): [string, Member][] {
  return Object.entries(shape.members ?? {});
}

/** An object of those parts that are something. */
function fields<T>(
  parts: readonly (readonly [string, T])[],
  read: (wire: string, part: T) => readonly [string, unknown] | undefined,
): Record<string, unknown> {
  return Object.fromEntries(
    parts.flatMap(([wire, part]) => {
      const field = read(wire, part);
      return field && field[1] !== undefined ? [field] : [];
    }),
  );
}

function treeOf(parameters: readonly (readonly [string, unknown])[]): Tree {
  const root: Tree = new Map();
  for (const [name, text] of parameters) {
    let at = root;
    for (const part of name.split('.')) {
      const next: Tree = at.get(part) ?? new Map();
      at.set(part, next);
      at = next;
    }
    at.text = String(text);
  }
  return root;
}

/** What stands in a path where the pattern has labels: `/{Bucket}/{Key+}`. */
function labelsOf(pattern: string, path: string): Map<string, string> {
  const names = [...pattern.matchAll(/\{(\w+)\+?\}/g)].map(([, name = '']) => name);
  const source = pattern.replaceAll(/\{(\w+)(\+?)\}/g, (_, __, greedy: string) =>
    greedy ? '(.+)' : '([^/]+)',
  );
  const [, ...found] = new RegExp(`^${source}/?$`).exec(path) ?? [];
  return new Map(found.map((text, index) => [names[index] ?? '', decodeURIComponent(text)]));
}

function parseJson(body: Buffer): unknown {
  return body.length === 0 ? {} : JSON.parse(body.toString());
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function joined(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
