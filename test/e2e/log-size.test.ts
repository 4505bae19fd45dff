import { spawnSync } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGzip } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Workspace, workspace } from '../helper/cnd.ts';

const bin = fileURLToPath(new URL('../../bin/cnd.js', import.meta.url));
const run = '20261120-081103-x7k2';
let place: Workspace;

/** A syslog of a few kilobytes that decompresses to half a gigabyte of one line. */
beforeAll(async () => {
  place = workspace();
  const folder = join(place.directory, 'logs', run);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'run.json'), '{}');
  const zeros = Buffer.alloc(1 << 20);
  await pipeline(
    Readable.from(Array.from({ length: 512 }, () => zeros)),
    createGzip({ level: 1 }),
    createWriteStream(join(folder, 'Instance0.log.gz')),
  );
}, 60_000);
afterAll(() => place.remove());

describe.runIf(process.platform === 'linux')('a gzip bomb', () => {
  test.concurrent.each([
    ['show', ['logs', 'show', run]],
    ['grep', ['logs', 'grep', 'needle', run]],
  ])('%s streams it in bounded memory', { timeout: 150_000 }, (name, args) => {
    const peak = join(place.directory, `${name}.peak`);
    // Told by the process itself at its end: VmHWM, in kB.
    const hook = `data:text/javascript,import{readFileSync,writeFileSync}from'node:fs';process.on('exit',()=>writeFileSync(${JSON.stringify(peak)},/VmHWM:\\s*(\\d+)/.exec(readFileSync('/proc/self/status','utf8'))[1]))`;
    const { status } = spawnSync(process.execPath, ['--import', hook, bin, ...args], {
      cwd: place.directory,
      env: { ...process.env, XDG_STATE_HOME: place.state },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    expect(status).toBe(name === 'show' ? 0 : 1);
    expect(Number(readFileSync(peak, 'utf8')) / 1024).toBeLessThan(250);
  });
});
