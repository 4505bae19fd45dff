import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { CndError } from '../../error.ts';

import { type Bounds, bounded } from './bounded.ts';
import type { Channel, Exit } from './channel.ts';
import type { Connection } from './connection.ts';
import { target } from './failure.ts';

/** What a command is given, and how long it may take. */
export interface RunOptions extends Bounds {
  /** Without it the command reads an end of input at once. */
  readonly stdin?: Readable | Buffer | string;
  /** What the command is called in errors, by default its first word. */
  readonly name?: string;
}

const maxStderr = 64 << 10;

/** How a command ended. */
export interface End {
  readonly exit: Exit;
  readonly stderr: string;
  readonly bytes: number;
}

/** Runs a command to its end, its stdout going to `sink`; what `exec` and `save` have in common. */
export function run(
  connection: Connection,
  command: string,
  sink: Writable,
  options: RunOptions,
): Promise<End> {
  const about = target(connection.access);
  const what = `running ${nameOf(command, options)} on ${about}`;
  const late = () => new CndError('ssh-timeout', `${what} took longer than ${options.timeout} ms`, { about });
  return bounded(options, what, late, (resolve, reject) => {
    const stop = new AbortController();
    // It may fail before there is a channel that it could be piped to.
    if (options.stdin instanceof Readable) options.stdin.on('error', reject);
    attend(connection, command, sink, options.stdin, what, stop.signal).then(resolve, (error: unknown) => {
      sink.destroy();
      reject(error instanceof Error ? error : new Error(String(error)));
    });
    return () => stop.abort();
  });
}

async function attend(
  connection: Connection,
  command: string,
  sink: Writable,
  stdin: RunOptions['stdin'],
  what: string,
  signal: AbortSignal,
): Promise<End> {
  const channel = await connection.stream(command, { signal });
  const giveUp = () => {
    channel.kill('KILL');
    channel.close();
  };
  signal.addEventListener('abort', giveUp);
  // Before `pipeline` hears of it and closes the channel, after which no signal gets through.
  sink.on('error', giveUp);
  feed(channel, stdin);
  let bytes = 0;
  channel.stdout.on('data', (chunk: Buffer) => (bytes += chunk.length));
  const [exit, stderr] = await Promise.all([
    channel.exit.then((exit) => {
      if (exit === 'lost') throw connection.lostWhile(what);
      return exit;
    }),
    tail(channel.stderr),
    pipeline(channel.stdout, sink, { signal }),
  ]);
  return { exit, stderr, bytes };
}

/** A command may end without having read its input: that shows in its exit code, and is no error of ours. */
function feed({ stdin }: Channel, input: RunOptions['stdin']): void {
  if (input instanceof Readable) {
    input.pipe(stdin);
    stdin.on('close', () => input.destroy());
  } else {
    stdin.end(input ?? '');
  }
}

async function tail(stderr: Readable): Promise<string> {
  let kept = Buffer.alloc(0);
  for await (const chunk of stderr as AsyncIterable<Buffer>) {
    kept = Buffer.concat([kept, chunk]).subarray(-maxStderr);
  }
  return kept.toString();
}

/** What a command is called in errors. */
export function nameOf(command: string, { name }: Pick<RunOptions, 'name'>): string {
  return name ?? command.trim().split(/\s/, 1)[0] ?? '';
}
