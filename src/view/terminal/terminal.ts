import { styleText } from 'node:util';
import type { WriteStream } from 'node:tty';
import type { RunEvent } from '../../event/event.ts';
import type { Output } from '../output.ts';
import { summary } from '../summary.ts';
import type { View } from '../../event/view.ts';
import { reflows } from './capability.ts';
import { frame } from './frame.ts';
import { LiveArea, type Size } from './live-area.ts';
import { permanentLine } from './permanent.ts';
import { reduce } from './reduce.ts';
import type { Paint } from './span.ts';
import { type RunState, initialState } from './state.ts';

/** Milliseconds between two frames: at most, for the countdown; usually; and at least, for what is news. */
const pause = { longest: 1000, usual: 250, shortest: 100 };

/** What a terminal that does not know its size is taken for. */
const usualSize: Size = { columns: 80, rows: 24 };

/** What the live view of a run draws on. */
export interface TerminalOptions {
  readonly stdout: Output;
  readonly stderr: Output;
  /** The terminal behind `stderr`. */
  readonly terminal: WriteStream;
  readonly env: NodeJS.ProcessEnv;
  readonly verbose: boolean;
  /** The moment T counts from, in milliseconds since the epoch. */
  readonly start: number;
}

/**
 * The live view of a run: what goes on is redrawn in place on stderr, what matters later scrolls above it, and in the
 * end only that is left, with the summary on stdout.
 */
export class TerminalView implements View {
  readonly #options: TerminalOptions;
  readonly #area: LiveArea;
  readonly #paint: Paint;
  #state: RunState;
  #news: string[] = [];
  #timer: { readonly handle: NodeJS.Timeout; readonly due: number } | undefined;
  #drawn = -Infinity;
  #closed = false;

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.#area = new LiveArea(reflows(options.env));
    this.#paint = (style, text) => styleText(style, text, { stream: options.terminal });
    this.#state = initialState(options.start);
    options.terminal.on('resize', this.#onResize);
    process.on('SIGCONT', this.#onContinue);
    process.on('exit', this.#onExit);
  }

  show(event: RunEvent): void {
    if (this.#closed) return;
    const { phase } = this.#state;
    this.#state = reduce(this.#state, event);
    const news = permanentLine(event, this.#options.verbose);
    if (news) this.#news.push(news.style === 'plain' ? news.text : this.#paint(news.style, news.text));
    if (event.event === 'run.ended') {
      this.#draw();
      this.#options.stdout.write(summary(event));
    } else {
      this.#schedule(news || phase !== this.#state.phase ? pause.shortest : pause.usual);
    }
  }

  async close(): Promise<void> {
    this.#end();
    process.off('exit', this.#onExit);
    await this.#options.stderr.drain();
    await this.#options.stdout.drain();
  }

  /** Sees to it that a frame is drawn at the latest so many milliseconds after the last one. */
  #schedule(milliseconds: number): void {
    if (this.#closed) return;
    const now = performance.now();
    const due = Math.max(now, this.#drawn + milliseconds);
    if (this.#timer) {
      if (this.#timer.due <= due) return;
      clearTimeout(this.#timer.handle);
    }
    // Not at once when its time has come: whether cnd was stopped and goes on (SIGCONT) is told after timers. And the view
    // must never be what keeps the process alive.
    const draw = (): void => void setImmediate(this.#draw).unref();
    this.#timer = { handle: setTimeout(draw, due - now).unref(), due };
  }

  readonly #draw = (): void => {
    if (this.#closed) return;
    clearTimeout(this.#timer?.handle);
    this.#timer = undefined;
    this.#drawn = performance.now();
    const size = this.#size();
    // A column less than there is keeps the cursor off the edge. The last row is the cursor's, and some are left to what
    // has scrolled by: with a hundred instances nobody would see a warning otherwise.
    const rows = size.rows - 1 - Math.floor(size.rows / 8);
    const lines = frame(this.#state, Date.now(), size.columns - 1, rows, this.#paint);
    const news = this.#news;
    this.#news = [];
    this.#write(this.#area.redraw(news, lines, size));
    if (this.#state.phase !== 'ended') this.#schedule(pause.longest);
  };

  #write(text: string): void {
    if (text !== '') this.#options.stderr.write(text);
  }

  #size(): Size {
    const { columns, rows } = this.#options.terminal;
    return { columns: columns || usualSize.columns, rows: rows || usualSize.rows };
  }

  readonly #onResize = (): void => this.#schedule(pause.shortest);

  /** The shell has written while cnd was stopped (Ctrl-Z): the next frame goes below. */
  readonly #onContinue = (): void => {
    this.#area.forget();
    // Whoever is stopped is not told that the terminal was resized meanwhile.
    process.kill(process.pid, 'SIGWINCH');
    this.#schedule(pause.shortest);
  };

  /** Something ended the process before the run ended: nothing half-drawn is left behind. */
  readonly #onExit = (): void => this.#end();

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer?.handle);
    const news = this.#news.map((text) => `${text}\r\n`).join('');
    this.#write(`${this.#area.erase(this.#size())}${news}`);
    this.#options.terminal.off('resize', this.#onResize);
    process.off('SIGCONT', this.#onContinue);
  }
}
