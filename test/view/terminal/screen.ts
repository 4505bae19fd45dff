/** As much of a terminal as the live area needs: lines, a cursor, and the sequences it writes. */
export class Screen {
  readonly #rows: number;
  #lines: string[] = [''];
  #row = 0;
  #column = 0;
  /** Lines that have scrolled out above the top. */
  #scrolled = 0;

  constructor(rows: number) {
    this.#rows = rows;
  }

  write(text: string): void {
    // oxlint-disable-next-line no-control-regex -- it is a terminal
    for (const [token] of text.matchAll(/\u001B\[[\d;?]*[A-Za-z]|[\r\n]|[^\u001B\r\n]+/g)) this.#take(token);
  }

  /** Everything that was ever shown and is still there, from the first line on. */
  get text(): string[] {
    return this.#lines.map((line) => line.trimEnd());
  }

  /** The cursor's line. */
  get cursor(): number {
    return this.#row;
  }

  #take(token: string): void {
    const moves = /^\u001B\[(\d*)([AB])$/.exec(token); // oxlint-disable-line no-control-regex
    if (moves) return this.#move(Number(moves[1] || 1) * (moves[2] === 'A' ? -1 : 1));
    if (token === '\u001B[H') return this.#move(-this.#row);
    if (token === '\r') this.#column = 0;
    else if (token === '\n') this.#down();
    else if (token.endsWith('[K')) this.#edit((line) => line.slice(0, this.#column));
    else if (token.endsWith('[J')) {
      this.#edit((line) => line.slice(0, this.#column));
      this.#lines.splice(this.#row + 1);
    } else if (!token.startsWith('\u001B')) {
      const column = this.#column;
      this.#edit((line) => line.slice(0, column).padEnd(column) + token + line.slice(column + token.length));
      this.#column += token.length;
    }
  }

  #move(lines: number): void {
    const last = this.#scrolled + this.#rows - 1;
    this.#row = Math.min(last, Math.max(this.#scrolled, this.#row + lines));
    while (this.#lines.length <= this.#row) this.#lines.push('');
  }

  #down(): void {
    this.#row += 1;
    if (this.#row - this.#scrolled >= this.#rows) this.#scrolled += 1;
    while (this.#lines.length <= this.#row) this.#lines.push('');
  }

  #edit(change: (line: string) => string): void {
    this.#lines[this.#row] = change(this.#lines[this.#row] ?? '');
  }
}
