// How long `cnd logs ls` takes over an archive of thousands of runs: in a directory, and in a bucket of moto's S3.
//
//   npm run modules && node bench/index.mjs [--runs 5000]        (moto_server: .moto/bin, or on PATH)
//
// Every run gets a record and its entry of the index, as `cnd start` leaves them. Each command is a process of its own, timed
// from its start to its end; the median of five, with the CPU time of the client and of the server (Linux only), which other work on
// the machine changes less. Then the index is lost, and made again.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { DirectoryArchive } from '../dist-module/archive/directory.js';
import { createBucket } from '../dist-module/archive/s3/bucket.js';
import { S3Archive } from '../dist-module/archive/s3/s3.js';
import { newRunId } from '../dist-module/run-id.js';
import { readArguments } from '../script/arguments.mjs';

const { values } = readArguments(import.meta.url, {
  options: { runs: { type: 'string', default: '5000', is: 'positive' } },
});
const runs = Number(values.runs);
const cnd = join(import.meta.dirname, '../bin/cnd.js');
const folder = mkdtempSync(join(tmpdir(), 'cnd-bench-'));
const first = Date.parse('2026-01-01T00:00:00Z');
const bucket = 'cnd-bench';

const records = Array.from({ length: runs }, (_, index) => {
  const start = new Date(first + index * 600_000);
  const run = newRunId(start);
  return {
    run,
    startedAt: start.toISOString(),
    endedAt: new Date(start.getTime() + 10_330).toISOString(),
    config: {
      N: 8,
      T: 200,
      fleet: 'ec2',
      puzzle: { scheme: 'hex-chain', block: `block ${index}`, unit: 'digits', difficulty: 7 },
    },
    cost: {
      limit: 0.03,
      basis: 'c7a.medium on demand at $0.052/h and $0.005/h for its address; AWS Price List, 2026-11-29',
    },
    ended: {
      outcome: 'found',
      exitCode: 0,
      elapsed: 10.33,
      nonce: String(index * 7919),
      tested: '0',
      probability: 0.5,
      rate: 1e6,
    },
  };
});

async function fill(archive) {
  const source = join(folder, 'source');
  mkdirSync(source, { recursive: true });
  const limit = pLimit(16);
  await Promise.all(
    records.map((record) =>
      limit(async () => {
        const path = join(source, record.run);
        writeFileSync(path, JSON.stringify(record, undefined, 2));
        await archive.store(record.run, 'run.json', path);
      }),
    ),
  );
}

/** Seconds of CPU time: of a process with its threads, or of the children of this one that have ended. */
function cpu(pid) {
  const [user, system] = pid === undefined ? [15, 16] : [13, 14];
  const fields = readFileSync(`/proc/${pid ?? 'self'}/stat`, 'utf8')
    .replace(/\(.*\)/, '-')
    .split(' ');
  return (Number(fields[user]) + Number(fields[system])) / 100;
}

function time(args, env, server) {
  const begun = performance.now();
  const [own, served] = [cpu(), server && cpu(server)];
  const { status, stdout, stderr } = spawnSync(process.execPath, [cnd, 'logs', ...args], {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  return {
    seconds: (performance.now() - begun) / 1000,
    client: cpu() - own,
    server: server && cpu(server) - served,
    lines: stdout.split('\n').length - 1,
  };
}

function median(args, env, server) {
  const times = Array.from({ length: 5 }, () => time(args, env, server));
  const of = (name) =>
    times
      .map((one) => one[name])
      .toSorted((a, b) => a - b)[2]
      .toFixed(2);
  const cpus = [`client ${of('client')} s`, ...(server ? [`moto ${of('server')} s`] : [])].join(', ');
  return `${of('seconds')} s (CPU: ${cpus}; ${times[0].lines} lines)`;
}

function measure(name, config, env, server) {
  writeFileSync(join(folder, 'cnd.config.json'), JSON.stringify(config));
  const middle = records[runs >> 1].run;
  console.log(`${name}, ${runs} runs`);
  for (const args of [['ls'], ['ls', '--before', middle], ['ls', '--json'], ['ls', '--limit', 'all']])
    console.log(`  cnd logs ${args.join(' ').replace(middle, 'RUN')}: ${median(args, env, server)}`);
  return () => console.log(`  cnd logs index, all of it lost: ${time(['index'], env).seconds.toFixed(2)} s`);
}

try {
  const directory = join(folder, 'runs');
  await fill(new DirectoryArchive(directory));
  const again = measure('directory', { logs: { directory } }, process.env);
  rmSync(join(directory, '.cnd-index'), { recursive: true });
  again();

  const local = join(import.meta.dirname, '../.moto/bin/moto_server');
  const port = await new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
  const moto = spawn(existsSync(local) ? local : 'moto_server', ['-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
  });
  try {
    const env = {
      ...process.env,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'bench',
      AWS_SECRET_ACCESS_KEY: 'bench',
    };
    Object.assign(process.env, env);
    while (
      !(await fetch(env.AWS_ENDPOINT_URL).then(
        () => true,
        () => new Promise((go) => setTimeout(go, 200, false)),
      ))
    );
    const access = { bucket, settings: {}, env };
    await createBucket(access);
    const archive = new S3Archive(access);
    await fill(archive);
    const rebuild = measure('moto S3', { logs: { directory: join(folder, 'spool'), bucket } }, env, moto.pid);
    const names = [];
    for await (const name of archive.index.names({})) names.push(name);
    await archive.index.drop(names);
    rebuild();
  } finally {
    moto.kill();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
