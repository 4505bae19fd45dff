import { stripVTControlCharacters } from 'node:util';
import { displayWidth } from '../../text.ts';

/** What a terminal measures. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

const escape = '\u001B[';
const eraseLine = `${escape}K`;
const eraseBelow = `${escape}J`;
/** The terminal shows all between these at once, where it knows how (mode 2026); the others ignore it. */
const together = { begin: `${escape}?2026h`, end: `${escape}?2026l` };
/** While lines of the live area are written none wraps, even if the terminal has just become narrower. */
const wrapping = { off: `${escape}?7l`, on: `${escape}?7h` };
/** Permanent lines that are remembered: as many as a large terminal shows. */
const remembered = 100;

/**
 * Lines at the bottom of what a terminal shows that are redrawn in place. It makes what is to be written and remembers
 * what is on the screen; it writes nothing itself.
 *
 * The cursor stays on the line below and is never hidden: whatever ends this process, also a SIGKILL, leaves a terminal
 * that can be used, with its prompt below the last frame.
 */
export class LiveArea {
  /** Whether this terminal breaks long lines anew when it becomes narrower (most do). */
  readonly #reflows: boolean;
  #lines: readonly string[] = [];
  #recent: readonly string[] = [];
  #size: Size = { columns: 0, rows: 0 };
  /** The terminal was smaller once: pieces of a frame may be above its top, and come back when it grows. */
  #shrunk = false;

  constructor(reflows: boolean) {
    this.#reflows = reflows;
  }

  /** What to write to have these permanent lines and this frame instead of the last one; empty when nothing changes. */
  redraw(permanent: readonly string[], lines: readonly string[], size: Size): string {
    const before = this.#lines;
    const resized = before.length > 0 && !isSame(size, this.#size);
    if (permanent.length === 0 && !resized && sameLines(lines, before)) return '';
    const fresh = permanent.length > 0 || lines.length === 0 || resized;
    const whole = resized && this.#hasReturned(size);
    let start = toTop(before.length);
    if (whole) start = blankScreen(size);
    else if (fresh) start = blank(this.#height(size), size);
    this.#recent = [...this.#recent, ...permanent].slice(-remembered);
    const above = whole ? fitting(this.#recent, size.rows - 1 - lines.length, size.columns) : permanent;
    this.#lines = lines;
    this.#size = size;
    const scrolled = above.map((line) => `${line}\r\n`).join('');
    // Erased first: what is erased behind a shorter text tmux still counts as part of the line when it breaks it anew.
    const drawn = lines.map((line, row) => (!fresh && line === before[row] ? '' : `${eraseLine}${line}`));
    const body = drawn.map((line) => `${line}\r\n`).join('');
    const end = lines.length > 0 ? eraseBelow : '';
    return `${together.begin}${start}${scrolled}${wrapping.off}${body}${end}${wrapping.on}${together.end}`;
  }

  /** What to write to have nothing of it on the screen; the cursor is where its first line was. */
  erase(size: Size): string {
    return this.redraw([], [], size);
  }

  /** Somebody else has written since (the shell, after a stop): what is on the screen is left where it is. */
  forget(): void {
    this.#lines = [];
    this.#recent = [];
    this.#shrunk = false;
  }

  /** Whether the terminal may show pieces of old frames, now that it has grown again. */
  #hasReturned({ columns, rows }: Size): boolean {
    const { columns: oldColumns, rows: oldRows } = this.#size;
    const returned = this.#shrunk && (columns > oldColumns || rows > oldRows);
    this.#shrunk ||= columns < oldColumns || rows < oldRows;
    return returned;
  }

  /** How many lines of the terminal, as it is now, the last frame takes above the cursor. */
  #height({ columns }: Size): number {
    return this.#reflows && columns < this.#size.columns ? height(this.#lines, columns) : this.#lines.length;
  }
}

function toTop(lines: number): string {
  return lines > 0 ? `\r${escape}${lines}A` : '\r';
}

/** Empties so many lines above the cursor, and the cursor's own, and goes to the first of them. */
function blank(lines: number, { rows }: Size): string {
  const most = Math.min(lines, rows - 1);
  // Not by erasing all below: at the top of the screen tmux takes that for a wish to keep it all in its history.
  return `${toTop(most)}${`${eraseLine}${escape}B`.repeat(most)}${eraseLine}${toTop(most)}`;
}

function blankScreen({ rows }: Size): string {
  return `${escape}H${`${eraseLine}${escape}B`.repeat(rows - 1)}${eraseLine}${escape}H`;
}

/** The last of the lines, as many as fit into so many lines of a terminal. */
function fitting(lines: readonly string[], room: number, columns: number): readonly string[] {
  let kept = lines;
  while (kept.length > 0 && height(kept, columns) > room) kept = kept.slice(1);
  return kept;
}

/** Lines that lines take in a terminal of so many columns that breaks them. */
function height(lines: readonly string[], columns: number): number {
  const broken = (line: string): number =>
    Math.max(1, Math.ceil(displayWidth(stripVTControlCharacters(line)) / columns));
  return lines.reduce((sum, line) => sum + broken(line), 0);
}

function isSame(one: Size, other: Size): boolean {
  return one.columns === other.columns && one.rows === other.rows;
}

function sameLines(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((line, row) => line === others[row]);
}
