/** Counts what a view left out because nobody took it. */
export class DropCount {
  #frames = 0;
  #progress = 0;

  frame(): void {
    this.#frames += 1;
  }

  progress(): void {
    this.#progress += 1;
  }

  /** Frames and progress events that were left out since the last time. */
  take(): { readonly frames: number; readonly progress: number } {
    const dropped = { frames: this.#frames, progress: this.#progress };
    this.#frames = 0;
    this.#progress = 0;
    return dropped;
  }
}
