import type { WriteStream } from 'node:tty';
import type { RunEvent } from '../../event/event.ts';
import type { PuzzleFields } from '../../puzzle/verify-command.ts';
import { printable } from '../../text.ts';
import type { DisplaySettings } from '../display/message.ts';
import { type DisplayListener, type DisplayView } from '../display/view.ts';
import { DropCount } from '../display/drop-count.ts';
import { writeResult } from '../result.ts';
import { AlikeEvents } from '../alike.ts';
import { endOfInput } from '../line-question.ts';
import type { TextOutput } from '../output.ts';
import { summary } from '../summary.ts';
import { reflows } from './capability.ts';
import { palette } from './colour.ts';
import { frame } from './frame.ts';
import { helpLine, statusLine } from './key.ts';
import { LiveArea, type Size } from './live-area.ts';
import { permanentLine } from './permanent.ts';
import { reduce } from './reduce.ts';
import type { Stylize } from './span.ts';
import { type LiveRun, initialState } from './state.ts';

/** Milliseconds between two frames: at most, for the countdown; usually; and at least, for what is news. */
const pause = { longest: 1000, usual: 250, shortest: 100 };

/** Milliseconds for which a terminal has taken nothing when frames count as dropped. */
const stuck = 500;

/** What a terminal that does not know its size is taken for. */
const usualSize: Size = { columns: 80, rows: 24 };

/** What the live view of a run draws on. */
export interface TerminalOptions {
  readonly stdout: TextOutput;
  readonly stderr: TextOutput;
  /** The terminal behind `stderr`: asked for its size and its colours, never written to. */
  readonly terminal: WriteStream;
  readonly env: NodeJS.ProcessEnv;
  readonly verbose: boolean;
  /** The moment T counts from, in milliseconds since the epoch. */
  readonly start: number;
  readonly plan?: DisplaySettings['plan'];
  readonly listener?: DisplayListener;
  /** Whether keys are read: then the view says so. */
  readonly hasKeys?: boolean;
  /** It only shows: who leaves it ends nothing. */
  readonly isViewer?: boolean;
  /** Whether the terminal is somebody else's at present: in the background only what matters later is written. */
  readonly isBackground?: () => boolean;
  /** What time it is in the run, in milliseconds since the epoch; by default what time it is. */
  readonly now?: () => number;
}

/**
 * The live view of a run: what goes on is redrawn in place on stderr, what matters later scrolls above it, and in the
 * end only that is left, with the summary on stdout. It draws nothing while the terminal has not taken the frame before.
 */
export class TerminalView implements DisplayView {
  readonly drops = new DropCount();
  readonly #options: TerminalOptions;
  readonly #area: LiveArea;
  readonly #stylize: Stylize;
  readonly #now: () => number;
  #state: LiveRun;
  readonly #lines = new AlikeEvents((event, instances) => this.#tell(event, instances));
  #news: string[] = [];
  #timer: { readonly handle: NodeJS.Timeout; readonly due: number } | undefined;
  #drawn = -Infinity;
  #suspended = false;
  #closed = false;
  #result: string | undefined;
  #puzzle: PuzzleFields | undefined;

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#area = new LiveArea(reflows(options.env));
    this.#stylize = palette(options.terminal, options.env);
    this.#state = initialState(options.start, options.plan);
    options.terminal.on('resize', this.#onResize);
    process.on('SIGCONT', this.#onContinue);
    if (options.plan) this.#schedule(pause.shortest);
  }

  show(event: RunEvent): void {
    if (this.#closed) return;
    const { phase } = this.#state;
    if (event.event === 'run.planned') this.#puzzle = event.puzzle;
    this.#state = reduce(this.#state, event);
    this.#lines.add(event);
    if (event.event === 'run.ended') this.#result = summary(event, this.#puzzle);
    this.#schedule(phase !== this.#state.phase ? pause.shortest : pause.usual);
  }

  #tell(event: RunEvent, instances: readonly number[]): void {
    const news = permanentLine(event, this.#options.verbose, instances, this.#puzzle);
    if (!news) return;
    this.#news.push(news.style === 'plain' ? news.text : this.#stylize(news.style, news.text));
    this.#schedule(pause.shortest);
  }

  line(text: string): void {
    this.#news.push(this.#stylize('yellow', printable(text)));
    this.#schedule(pause.shortest);
  }

  ask(question: string | undefined): void {
    const { question: _, ...state } = this.#state;
    this.#state = question === undefined ? state : { ...state, question: printable(question, 1000) };
    // No frame is drawn there, and nobody can answer.
    if (question !== undefined && this.#options.isBackground?.())
      this.line(`${question} [y/N]: bring cnd to the foreground to answer (fg)`);
    this.#schedule(pause.shortest);
  }

  key(key: string): void {
    const { listener } = this.#options;
    if (this.#state.question !== undefined && `yYnN\r\n\u001B${endOfInput}`.includes(key)) {
      this.ask(undefined);
      listener?.answer(/y/i.test(key));
    } else if (key === 'q') listener?.quit();
    else if (key === 's') this.#news.push(statusLine(this.#state, this.#now()));
    else if (key === 'i') this.#state = { ...this.#state, rowsHidden: !this.#state.rowsHidden };
    else if (key === 'h' || key === '?') this.#news.push(helpLine(this.#options.isViewer === true));
    else return;
    this.#schedule(pause.shortest);
  }

  /** Nothing of the frame is left behind: the shell writes there next. */
  suspend(): void {
    this.#write(this.#area.erase(this.#size()));
    this.#suspended = true;
  }

  resume(): void {
    this.#suspended = false;
    this.#onContinue();
  }

  async settle(): Promise<void> {
    await this.#lines.settle();
    if (this.#news.length > 0) this.#draw();
    await this.#options.stderr.drain();
  }

  finish(): Promise<boolean> {
    this.#end();
    return writeResult(this.#options, this.#result);
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
    const { stderr } = this.#options;
    if (this.#suspended || stderr.backlog > 0) {
      if (stderr.stalled > stuck) this.drops.frame();
      return this.#schedule(pause.usual);
    }
    const size = this.#size();
    // A column less than there is keeps the cursor off the edge. The last row is the cursor's, and some are left to what
    // has scrolled by: with a hundred instances nobody would see a warning otherwise.
    const rows = size.rows - 1 - Math.floor(size.rows / 8);
    const { hasKeys, isBackground = () => false } = this.#options;
    const lines = isBackground()
      ? []
      : frame(this.#state, this.#now(), size.columns - 1, rows, this.#stylize, hasKeys);
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

  /** Nothing half-drawn is left behind. */
  #end(): void {
    if (this.#closed) return;
    this.#lines.flush();
    this.#closed = true;
    clearTimeout(this.#timer?.handle);
    const news = this.#news.map((text) => `${text}\r\n`).join('');
    this.#write(`${this.#area.erase(this.#size())}${news}`);
    this.#options.terminal.off('resize', this.#onResize);
    process.off('SIGCONT', this.#onContinue);
  }
}
