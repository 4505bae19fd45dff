import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { S3Archive } from '../../../src/archive/s3/s3.ts';
import { s3Client } from '../../../src/archive/s3/client.ts';

const run = '20261120-081103-x7k2';
const MiB = 1024 * 1024;

let folder: string;
let server: Server;
let got: number;
/** Milliseconds that the server rests after each MiB; -1: it never reads. */
let rests: number;

beforeEach(async () => {
  process.env['AWS_ACCESS_KEY_ID'] = 'AKIAUSERUSERUSERUSER';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'user-secret';
  process.env['AWS_CONFIG_FILE'] = process.env['AWS_SHARED_CREDENTIALS_FILE'] = '/dev/null';
  folder = mkdtempSync(join(tmpdir(), 'cnd-upload-'));
  got = 0;
  rests = 0;
  server = createServer((request, response) => {
    void (async () => {
      if (request.method === 'PUT') {
        if (rests < 0) return;
        let due = MiB;
        for await (const chunk of request as AsyncIterable<Buffer>) {
          got += chunk.length;
          if (got < due) continue;
          due += MiB;
          await sleep(rests);
        }
      }
      response.writeHead(200, { etag: '"x"' }).end();
    })().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const settings = () => {
  const { port } = server.address() as AddressInfo;
  return { region: 'eu-west-1', endpoint: `http://127.0.0.1:${port}` };
};
const make = (idle: number) =>
  new S3Archive({ bucket: 'b', settings: settings(), env: {}, timeout: 0, idle });
const file = (bytes: number): string => {
  const path = join(folder, 'file');
  writeFileSync(path, Buffer.alloc(bytes, 'a'));
  return path;
};

test('a slow upload may take longer than a connection may be idle', async () => {
  rests = 150;
  const since = performance.now();
  // More than the kernel takes at once on loopback, and most of it while the server rests.
  await make(1500).store(run, 'Instance0.log.gz', file(24 * MiB));
  expect(got).toBeGreaterThanOrEqual(24 * MiB);
  expect(performance.now() - since).toBeGreaterThan(3000);
});

test('one on which nothing moves any more is given up', async () => {
  rests = -1;
  const storing = make(500).store(run, 'Instance0.log.gz', file(24 * MiB));
  await expect(storing).rejects.toMatchObject({ code: 'aws-unreachable' });
});

test('no request has a limit of its own', async () => {
  const client = s3Client({ settings: settings(), env: {} });
  await client.send(new HeadBucketCommand({ Bucket: 'b' }));
  const handler = client.config.requestHandler as unknown as {
    httpHandlerConfigs(): Record<string, unknown>;
  };
  const { requestTimeout, socketTimeout } = handler.httpHandlerConfigs();
  expect({ requestTimeout, socketTimeout }).toEqual({ requestTimeout: undefined, socketTimeout: 60_000 });
});

test('a file that cannot be read is an error, whenever that shows, and not the end of the process', async () => {
  const archive = make(5000);
  // It can be opened, and not be read.
  const path = join(folder, 'directory');
  mkdirSync(path);
  await expect(archive.store(run, 'run.json', path)).rejects.toMatchObject({
    code: 'archive-unreadable',
    about: path,
  });
  await expect(archive.store(run, 'run.json', join(folder, 'none'))).rejects.toMatchObject({
    code: 'archive-unreadable',
    message: expect.stringContaining('run.json: the local copy cannot be read') as string,
  });
});

test('what is appended while it is uploaded is no part of the object', async () => {
  rests = 300;
  const path = file(2 * MiB);
  const storing = make(5000).store(run, 'events.ndjson', path);
  await sleep(100);
  writeFileSync(path, Buffer.alloc(MiB, 'b'), { flag: 'a' });
  await storing;
  expect(got).toBeLessThan(2.5 * MiB);
});
