import type { IncomingHttpHeaders } from 'node:http';

/** One request to AWS, as the proxy understood it: what tests assert on and count. */
export interface Call {
  /** As in the credential scope: `ec2`, `sqs`, `s3`, `sts`, `pricing`, `servicequotas`; empty for an unsigned request. */
  readonly service: string;
  readonly action: string;
  readonly region: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Of the query protocol flat strings, of JSON the object, of S3 the bucket, key and query. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly accessKey: string;
  /** It asks for a further page of an earlier answer: where AWS has one page, the stage may have several. */
  continues?: boolean;
  /** Who the access key belongs to; empty when nobody. */
  principal: string;
  /** The HTTP status of the answer; 0 while there is none, and when it was lost. */
  status: number;
  /** The code of the error that it was answered with. */
  error?: string;
}

/** An HTTP request, read to its end. */
export interface RawRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Finds out what a request asks for. */
export function readCall(request: RawRequest): Call {
  const { accessKey, region, service } = credentialScope(request);
  const blank = { service, region, accessKey, principal: '', time: Date.now(), status: 0 };
  const target = request.headers['x-amz-target'];
  const type = request.headers['content-type'] ?? '';
  if (typeof target === 'string') {
    const action = target.split('.').at(-1) ?? target;
    return { ...blank, action, parameters: jsonBody(request.body) };
  }
  if (service !== 's3' && type.startsWith('application/x-www-form-urlencoded')) {
    const parameters = Object.fromEntries(new URLSearchParams(request.body.toString()));
    return { ...blank, action: parameters['Action'] ?? '', parameters };
  }
  if (service === 'scheduler') return { ...blank, ...schedulerCall(request) };
  if (service === 's3') return { ...blank, ...s3Call(request) };
  return { ...blank, action: `${request.method} ${request.target}`, parameters: {} };
}

/** A parameter of the query protocol; undefined when it is absent. */
export function parameter(call: Call, name: string): string | undefined {
  const value = call.parameters[name];
  return typeof value === 'string' ? value : undefined;
}

/** The values of a list in the query protocol: `InstanceId.1`, `InstanceId.2` … in their order. */
export function list(call: Call, prefix: string): string[] {
  return numbered(call, prefix).map((index) => parameter(call, `${prefix}.${index}`) ?? '');
}

/** The numbers that occur after a prefix, ascending. */
export function numbered(call: Call, prefix: string): number[] {
  const numbers = Object.keys(call.parameters)
    .filter((name) => name.startsWith(`${prefix}.`))
    .map((name) => Number.parseInt(name.slice(prefix.length + 1), 10));
  return [...new Set(numbers)].filter(Number.isInteger).toSorted((a, b) => a - b);
}

function credentialScope({ headers, target }: RawRequest) {
  const signed = /Credential=([^,\s]+)/.exec(headers.authorization ?? '')?.[1];
  const presigned = new URL(target, 'http://stage').searchParams.get('X-Amz-Credential');
  const [accessKey = '', , region = '', service = ''] = (signed ?? presigned ?? '').split('/');
  return { accessKey, region, service };
}

function jsonBody(body: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(body.toString() || '{}') as Record<string, unknown>;
  } catch {
    return {};
  }
}

const subresources = [
  'acl',
  'encryption',
  'publicAccessBlock',
  'location',
  'versioning',
  'policy',
  'lifecycle',
  'tagging',
];
const verbs: Record<string, string> = {
  GET: 'Get',
  PUT: 'Put',
  HEAD: 'Head',
  DELETE: 'Delete',
  POST: 'Post',
};

/** REST with JSON: the operation is told by method and path. */
function schedulerCall({ method, target, body }: RawRequest): Pick<Call, 'action' | 'parameters'> {
  const url = new URL(target, 'http://stage');
  // The name of what has tags is its ARN, which has slashes.
  const [kind = '', ...rest] = decodeURIComponent(url.pathname.slice(1)).split('/');
  const name = rest.join('/');
  const things: Record<string, string> = { schedules: 'Schedule', 'schedule-groups': 'ScheduleGroup' };
  const verb = { POST: 'Create', DELETE: 'Delete', PUT: 'Update' }[method] ?? (name === '' ? 'List' : 'Get');
  const thing = things[kind];
  const action =
    thing === undefined
      ? `${method === 'GET' ? 'List' : ''}TagsForResource`
      : verb + thing + (verb === 'List' ? 's' : '');
  return { action, parameters: { ...jsonBody(body), ...Object.fromEntries(url.searchParams), Name: name } };
}

function s3Call({ method, target, headers, body }: RawRequest): {
  action: string;
  parameters: Record<string, unknown>;
} {
  const url = new URL(target, 'http://stage');
  const [bucket = '', ...rest] = decodeURIComponent(url.pathname.slice(1)).split('/');
  const key = rest.join('/');
  const query = Object.fromEntries(url.searchParams);
  const trailer = headers['x-amz-trailer'];
  const tags = key === '' && method === 'PUT' ? tagsIn(body.toString()) : {};
  const parameters = {
    Bucket: bucket,
    ...(key === '' ? {} : { Key: key }),
    ...query,
    ...(trailer === undefined ? {} : { Trailer: trailer }),
    ...(Object.keys(tags).length > 0 && { Tags: tags }),
  };
  const subresource = subresources.find((name) => name in query);
  const verb = verbs[method] ?? method;
  return { action: s3Action(method, verb, bucket, key, query, subresource), parameters };
}

/** The tags that CreateBucket is asked for. */
function tagsIn(body: string): Record<string, string> {
  const pairs = body.matchAll(/<Tag><Key>([^<]*)<\/Key><Value>([^<]*)<\/Value><\/Tag>/g);
  return Object.fromEntries([...pairs].map(([, key = '', value = '']) => [key, value]));
}

function s3Action(
  method: string,
  verb: string,
  bucket: string,
  key: string,
  query: Record<string, string>,
  subresource: string | undefined,
): string {
  if (bucket === '') return 'ListBuckets';
  if (subresource !== undefined) {
    return `${verb}${key === '' ? 'Bucket' : 'Object'}${subresource[0]?.toUpperCase()}${subresource.slice(1)}`;
  }
  if (key !== '') return `${verb}Object`;
  if (method === 'GET') return query['list-type'] === '2' ? 'ListObjectsV2' : 'ListObjects';
  if (method === 'POST') return 'DeleteObjects';
  if (method === 'PUT') return 'CreateBucket';
  return `${verb}Bucket`;
}
