import type { Emit } from '../../event/event.ts';

/** Milliseconds between two reports of what was left out. */
const interval = 10_000;

/** Counts what nobody took, and tells of it as an event: at once, then now and then while it goes on. */
export class DropReport {
  #emit: Emit | undefined;
  #frames = 0;
  #progress = 0;
  #told = 0;
  #toldAt = -Infinity;

  attach(emit: Emit): void {
    this.#emit = emit;
  }

  add(frames: number, progress: number): void {
    this.#frames += frames;
    this.#progress += progress;
    if (performance.now() - this.#toldAt >= interval) this.report();
  }

  /** Tells of all so far, unless that was told. */
  report(): void {
    const total = this.#frames + this.#progress;
    if (total === this.#told || !this.#emit) return;
    this.#told = total;
    this.#toldAt = performance.now();
    this.#emit('output.dropped', { frames: this.#frames, progress: this.#progress });
  }
}
