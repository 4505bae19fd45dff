import { once } from 'node:events';
import { createServer, connect, type Socket } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { JsonView } from '../../src/view/json.ts';
import { Output } from '../../src/view/output.ts';
import { PlainView } from '../../src/view/plain.ts';
import { summary } from '../../src/view/summary.ts';
import { eachEvent, endedWith, fieldsOfEach, stamped } from './example.ts';

/** What was written, once the view is closed. */
async function written(stream: PassThrough): Promise<string> {
  stream.end();
  return text(stream);
}

describe('Output', () => {
  test('leaves one listener on a stream, however many runs write to it, and each is told that it is closed', async () => {
    const stream = new PassThrough();
    let closed = 0;
    for (let runs = 0; runs < 20; runs += 1) await new Output(stream, () => (closed += 1)).drain();
    expect(stream.listenerCount('error')).toBe(1);
    stream.emit('error', new Error('EPIPE'));
    expect(closed).toBe(20);
  });
});

describe('JsonView', () => {
  test('is one event a line, as it was emitted', async () => {
    const stdout = new PassThrough();
    const view = new JsonView({ stdout: new Output(stdout), stderr: new Output(new PassThrough()) });
    const events = eachEvent('two\nlines');
    for (const event of events) view.show(event);
    await view.finish();
    const lines = (await written(stdout)).trimEnd().split('\n');
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual(events);
  });

  test('tells on stderr what is left, and how to terminate it', async () => {
    const said = async (ended: object): Promise<string> => {
      const [stdout, stderr] = [new PassThrough(), new PassThrough()];
      const view = new JsonView({ stdout: new Output(stdout), stderr: new Output(stderr) });
      view.show(stamped('run.ended', { ...fieldsOfEach('')['run.ended'], ...ended }));
      expect(await view.finish()).toBe(true);
      return written(stderr);
    };
    expect(await said({ exitCode: 3, left: [] })).toBe('');
    expect(await said({ exitCode: 4, left: [] })).toMatch(/NOT CONFIRMED.*: cnd scram --run \S+\n$/);
    expect(await said({ exitCode: 4, left: ['i-1'] })).toMatch(/: i-1\n.*: cnd scram --run \S+\n$/);
  });
});

describe('PlainView', () => {
  const view = (detail: 'quiet' | 'normal' | 'verbose' = 'normal') => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const plain = new PlainView({ stdout: new Output(stdout), stderr: new Output(stderr) }, detail);
    const finish = async () => {
      await plain.finish();
      return { stdout: await written(stdout), stderr: await written(stderr) };
    };
    return { plain, finish };
  };
  const progress = (elapsed: number) =>
    stamped('run.progress', { ...fieldsOfEach('')['run.progress'], elapsed }, elapsed);

  test('writes progress to stderr with the time, and the summary to stdout', async () => {
    const { plain, finish } = view();
    plain.show(stamped('launch.started', { instances: 2 }));
    plain.show(stamped('search.all', { instances: 2, elapsed: 1.5 }, 1.5));
    const end = endedWith({});
    plain.show(end);
    expect(await finish()).toEqual({
      stdout: summary(end),
      stderr: `[   0.00] launching 2 instances; should cnd be killed: cnd resume ${end.run}\n[   1.50] all searching (2 instances) after 1.50 s\n`,
    });
  });

  test('thins progress: every 5 s in the first minute, every 30 s later', async () => {
    const { plain, finish } = view();
    plain.show(stamped('launch.started', { instances: 2 }));
    for (let elapsed = 1; elapsed <= 180; elapsed++) plain.show(progress(elapsed));
    const { stderr, stdout } = await finish();
    const times = [...stderr.matchAll(/\[ *(\d+)\.00\] [^l]/g)].map(([, time]) => Number(time));
    expect(times).toEqual([5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 85, 115, 145, 175]);
    expect(stdout).toBe('');
  });

  test('says more only when asked to', async () => {
    const [quiet, verbose] = [view(), view('verbose')];
    for (const { plain } of [quiet, verbose]) plain.show(stamped('instance.connected', { instance: 1 }));
    expect((await quiet.finish()).stderr).toBe('');
    expect((await verbose.finish()).stderr).toBe('[   0.00] #1 answers SSH\n');
  });
});

describe('a reader that goes away', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cnd-pipe-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A real pipe whose reading end has been closed. */
  async function brokenPipe(): Promise<Socket> {
    const path = join(folder, 'pipe');
    const server = createServer().listen(path);
    await once(server, 'listening');
    const writer = connect(path);
    const [[reader]] = await Promise.all([once(server, 'connection'), once(writer, 'connect')]);
    writer.on('end', () => {});
    (reader as Socket).destroy();
    await once(reader as Socket, 'close');
    server.close();
    return writer;
  }

  test('is noticed once, and neither stops nor throws anything', async () => {
    const pipe = await brokenPipe();
    let told = 0;
    const gone = new Promise<void>((resolve) => {
      const output = new Output(pipe, () => {
        told += 1;
        resolve();
      });
      for (let line = 0; line < 100; line++) output.write(`line ${line}\n`);
      void output.drain();
    });
    await gone;
    const afterwards = new Output(pipe);
    afterwards.write('to nobody\n');
    await afterwards.drain();
    expect(told).toBe(1);
  });

  test('is noticed once also on a stream that fails again and again, as process.stdout does', () => {
    const stream = new PassThrough();
    let told = 0;
    const output = new Output(stream, () => (told += 1));
    for (const code of ['EPIPE', 'EPIPE']) stream.emit('error', new Error(code));
    output.write('to nobody\n');
    expect(told).toBe(1);
    expect(stream.read()).toBeNull();
  });

  test('does not keep a view from closing', async () => {
    const pipe = await brokenPipe();
    let told = 0;
    const view = new JsonView({
      stdout: new Output(pipe, () => (told += 1)),
      stderr: new Output(new PassThrough()),
    });
    for (const event of eachEvent()) view.show(event);
    await view.finish();
    for (const event of eachEvent()) view.show(event);
    await view.finish();
    expect(told).toBe(1);
  });
});
