import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { CndError } from '../error.ts';
import { StreamSink, type TextSink } from './text-sink.ts';

/** Long text through a pager: `$PAGER`, else `less -FRX`, else as it is. A reader who quits early is fine. */
export class Pager implements TextSink {
  readonly #command: string;
  readonly #child: ChildProcess;
  readonly #sink: StreamSink;
  readonly #ended: Promise<number | null>;

  private constructor(command: string, child: ChildProcess, sink: StreamSink) {
    this.#command = command;
    this.#child = child;
    this.#sink = sink;
    this.#ended = new Promise((resolve) => child.once('exit', resolve));
    // Ctrl-C is for the pager, which is in the same group: it stops reading and asks what to do.
    process.on('SIGINT', ignore);
  }

  /** A pager if there is one to be had, else stdout itself. */
  static async open(env: NodeJS.ProcessEnv): Promise<TextSink> {
    const chosen = env['PAGER'];
    if (chosen?.trim() === '' || chosen?.trim() === 'cat') return new StreamSink(process.stdout);
    const [file, ...args] = chosen === undefined ? ['less', '-FRX'] : ['sh', '-c', chosen];
    const child = spawn(file ?? '', args, { stdio: ['pipe', 'inherit', 'inherit'], env });
    try {
      await once(child, 'spawn');
    } catch {
      return new StreamSink(process.stdout);
    }
    return child.stdin
      ? new Pager(chosen ?? 'less', child, new StreamSink(child.stdin))
      : new StreamSink(process.stdout);
  }

  write(text: string): Promise<boolean> {
    return this.#sink.write(text);
  }

  async close(): Promise<void> {
    this.#child.stdin?.end();
    const code = await this.#ended;
    process.off('SIGINT', ignore);
    // 126 and 127: the shell could not run it (POSIX).
    if (code !== 126 && code !== 127) return;
    throw new CndError('no-pager', `PAGER is '${this.#command}', which cannot be run`, {
      about: 'PAGER',
      hint: 'set PAGER to an installed program, or to an empty string',
    });
  }
}

function ignore(): void {}
