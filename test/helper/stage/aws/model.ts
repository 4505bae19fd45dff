import { readdirSync, readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { motoProgram, motoPython } from './moto.ts';

/** A shape of AWS's own API models, as botocore ships them ("Smithy" calls them so). */
export interface Shape {
  readonly type: string;
  readonly members?: Readonly<Record<string, Member>>;
  readonly required?: readonly string[];
  readonly member?: Member;
  readonly key?: Member;
  readonly value?: Member;
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly payload?: string;
  readonly flattened?: boolean;
}

/** Where and under which name something is in a request. */
export interface Member {
  readonly shape: string;
  readonly locationName?: string;
  readonly queryName?: string;
  readonly documentation?: string;
  readonly location?: 'uri' | 'querystring' | 'header' | 'headers' | 'statusCode';
  readonly flattened?: boolean;
}

export interface Operation {
  readonly name: string;
  readonly http: { readonly method: string; readonly requestUri: string };
  readonly input?: { readonly shape: string };
  readonly output?: { readonly shape: string };
}

/** How an operation gives its list page by page: names of members of its input and output. */
export interface Pagination {
  readonly input_token: string | readonly string[];
  readonly output_token: string | readonly string[];
  readonly limit_key?: string;
  readonly result_key: string | readonly string[];
  readonly more_results?: string;
}

/** The model of one service. */
export interface Model {
  readonly metadata: { readonly protocol: string; readonly xmlNamespace?: string };
  readonly operations: Readonly<Record<string, Operation>>;
  readonly shapes: Readonly<Record<string, Shape>>;
  readonly pagination: Readonly<Record<string, Pagination>>;
}

/** By the name in the credential scope, where botocore's folder is called otherwise. */
const folders: Readonly<Record<string, string>> = { servicequotas: 'service-quotas' };

const models = new Map<string, Model>();
let data: string | undefined;

/** The newest model of a service, by its name in the credential scope; it is read once in a process. */
export function modelOf(service: string): Model {
  const known = models.get(service);
  if (known) return known;
  data ??= dataFolder();
  const folder = join(data, folders[service] ?? service);
  const newest = join(folder, readdirSync(folder).toSorted().at(-1) ?? '');
  const read = (name: string): unknown => JSON.parse(contentOf(newest, name));
  const { pagination } = read('paginators-1.json') as Pick<Model, 'pagination'>;
  const model = { ...(read('service-2.json') as Omit<Model, 'pagination'>), pagination };
  models.set(service, model);
  return model;
}

/** Each may be compressed. */
function contentOf(folder: string, name: string): string {
  const file = readdirSync(folder).find((one) => one === name || one === `${name}.gz`);
  if (file === undefined) return '{"pagination":{}}';
  const content = readFileSync(join(folder, file));
  return (file.endsWith('.gz') ? gunzipSync(content) : content).toString();
}

/** moto brings botocore with it, and that the models. */
function dataFolder(): string {
  const program = motoProgram();
  if (program === undefined) throw new Error('no moto_server');
  const where = 'import importlib.util as u; print(u.find_spec("botocore").origin)';
  const { stdout, stderr } = spawnSync(motoPython(program), ['-c', where], { encoding: 'utf8' });
  if (stdout.trim() === '') throw new Error(`botocore is missing beside ${program}: ${stderr}`);
  return join(dirname(stdout.trim()), 'data');
}

/** The name that a member has in the query protocol of EC2. */
export function ec2Name(name: string, { queryName, locationName }: Member): string {
  if (queryName !== undefined) return queryName;
  return locationName === undefined ? name : `${locationName[0]?.toUpperCase()}${locationName.slice(1)}`;
}

/** The names of the filters that a call knows: only their documentation tells. */
export function filterNames(service: string, action: string): ReadonlySet<string> {
  const { shapes, operations } = modelOf(service);
  const input = shapes[operations[action]?.input?.shape ?? ''];
  const text = input?.members?.['Filters']?.documentation ?? '';
  return new Set([
    'tag-key',
    ...[...text.matchAll(/<code>([a-z0-9.-]+)<\/code> -/g)].map(([, name = '']) => name),
  ]);
}
