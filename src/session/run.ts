import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { CndError } from '../error.ts';
import { duration } from '../quantity.ts';
import { bounded } from './bounded.ts';
import { lostWhile } from './lost.ts';
import type { Channel, Exit, RunOptions, Session } from './session.ts';

/** As much of a session as running a command on it takes. */
export type Streams = Pick<Session, 'address' | 'stream'>;

const maxStderr = 64 << 10;

/** How a command ended. */
export interface End {
  readonly exit: Exit;
  readonly stderr: string;
  readonly bytes: number;
}

/** Runs a command to its end, its stdout going to `sink`; what `exec` and `save` have in common. */
export function run(session: Streams, command: string, sink: Writable, options: RunOptions): Promise<End> {
  const about = session.address;
  const what = `running ${nameOf(command, options)} on ${about}`;
  const late = (seconds: number) =>
    new CndError('session-timeout', `${what} took longer than ${duration(seconds)}`, {
      about,
    });
  return bounded(options, what, late, (resolve, reject) => {
    const stop = new AbortController();
    // It may fail before there is a channel that it could be piped to.
    if (options.stdin instanceof Readable) options.stdin.on('error', reject);
    attend(session, command, sink, options.stdin, what, stop.signal).then(resolve, (error: unknown) => {
      sink.destroy();
      reject(error instanceof Error ? error : new Error(String(error)));
    });
    return () => stop.abort();
  });
}

async function attend(
  session: Streams,
  command: string,
  sink: Writable,
  stdin: RunOptions['stdin'],
  what: string,
  signal: AbortSignal,
): Promise<End> {
  const channel = await session.stream(command, { signal });
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
      if (exit === 'lost') throw lostWhile(session.address, what);
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
