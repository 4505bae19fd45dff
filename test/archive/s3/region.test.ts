import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { S3Archive, type S3Options } from '../../../src/archive/s3/s3.ts';
import { createBucket } from '../../../src/archive/s3/bucket.ts';
import { collect } from '../../helper/collect.ts';

const run = '20261120-081103-x7k2';
const home = 'eu-central-1';

let server: Server;
let folder: string;
let asked: string[];
let stored: Map<string, number>;
/** Before HEAD is answered; a request of another kind has come. */
let listingCame: Promise<void> | undefined;
let tellListing: () => void;
/** What a request to the wrong region is answered with. */
let refusal: number;

/** Like S3: a bucket of one region, and who asks another one is told which, before the body has come. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url = '', headers } = request;
  const region = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(headers.authorization ?? '')?.[1];
  asked.push(`${method} ${region}`);
  if (region !== home) {
    response.writeHead(refusal, { 'x-amz-bucket-region': home, 'content-type': 'application/xml' });
    const body = '<Error><Code>PermanentRedirect</Code><Message>use the other endpoint</Message></Error>';
    response.end(method === 'HEAD' ? undefined : body);
    return;
  }
  if (method === 'HEAD') await listingCame;
  if (method === 'GET') {
    tellListing();
    const prefixes = `<CommonPrefixes><Prefix>${run}/</Prefix></CommonPrefixes>`;
    response.writeHead(200, { 'content-type': 'application/xml' });
    return void response.end(
      `<ListBucketResult>${prefixes}<IsTruncated>false</IsTruncated></ListBucketResult>`,
    );
  }
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    if (method === 'PUT') stored.set(url.replace(/\?.*/, ''), Buffer.concat(chunks).length);
    response.writeHead(200, { 'x-amz-bucket-region': home, etag: '"x"' }).end();
  });
}

beforeEach(async () => {
  process.env['AWS_ACCESS_KEY_ID'] = 'AKIAUSERUSERUSERUSER';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'user-secret';
  process.env['AWS_CONFIG_FILE'] = process.env['AWS_SHARED_CREDENTIALS_FILE'] = '/dev/null';
  folder = mkdtempSync(join(tmpdir(), 'cnd-region-'));
  asked = [];
  stored = new Map();
  refusal = 301;
  listingCame = undefined;
  tellListing = () => {};
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const access = (region: string) => {
  const { port } = server.address() as AddressInfo;
  return { bucket: 'b', settings: { region, endpoint: `http://127.0.0.1:${port}` }, env: {} };
};
const make = (region: string, more: Partial<S3Options> = {}) =>
  new S3Archive({ ...access(region), timeout: 0, ...more });
const file = (bytes: number): string => {
  const path = join(folder, 'file');
  writeFileSync(path, Buffer.alloc(bytes, 'a'));
  return path;
};

test.each([
  ['small', 3000],
  ['large', 3_000_000],
])('a %s file gets into a bucket of another region than the one AWS is called in', async (_, bytes) => {
  const archive = make('us-west-2');
  await archive.probe();
  await archive.store(run, 'Instance0.log.gz', file(bytes));
  expect(stored.get(`/b/${run}/Instance0.log.gz`)).toBeGreaterThanOrEqual(bytes);
});

test('the region is asked for once, and the other one nothing else', async () => {
  const archive = make('us-west-2');
  const names = ['Instance0.log.gz', 'Instance1.log.gz', 'Instance2.log.gz'];
  const path = file(10);
  await Promise.all(names.map((name) => archive.store(run, name, path)));
  expect(stored.size).toBe(3);
  expect(asked.filter((call) => call.endsWith('us-west-2'))).toEqual(['HEAD us-west-2']);
  expect(asked.filter((call) => call.startsWith('HEAD'))).toHaveLength(2);
});

test('a refusal tells the region as well', async () => {
  refusal = 403;
  const archive = make('us-west-2');
  await archive.store(run, 'run.json', file(10));
  expect(stored.size).toBe(1);
});

test('a region that is known is right at once', async () => {
  await make(home).store(run, 'events.ndjson', file(10));
  expect(asked).toEqual([`HEAD ${home}`, `PUT ${home}`]);
});

const runsOf = (region: string) => collect(make(region).runs());

test('a listing does not wait until the bucket is found where the settings say', async () => {
  listingCame = new Promise((resolve) => (tellListing = resolve));
  expect(await runsOf(home)).toEqual([run]);
});

test.each([301, 400, 403])(
  'nor is it lost where the bucket is elsewhere, and S3 says so with %d',
  async (status) => {
    refusal = status;
    expect(await runsOf('us-west-2')).toEqual([run]);
    expect(asked.filter((call) => call === `GET ${home}`)).toHaveLength(1);
  },
);

test('a bucket that is there, in whatever region, is not created', async () => {
  expect(await createBucket(access('us-west-2'))).toEqual({ created: false, region: home });
  expect(asked.filter((call) => !call.startsWith('HEAD'))).toEqual([]);
});
