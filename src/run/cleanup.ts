/** What could not be undone, and why. */
export interface CleanupFailure {
  readonly name: string;
  readonly error: unknown;
}

/**
 * The undo of everything that a run creates. An undo is registered BEFORE the call that creates its resource, so that
 * a creation whose answer was lost is undone as well; every undo runs once, in reverse order, and one that fails
 * neither stops the others nor hides the error that led here.
 */
export class Cleanup {
  #undos: { name: string; undo: () => Promise<void> }[] = [];
  #running: Promise<CleanupFailure[]> | undefined;

  defer(name: string, undo: () => Promise<void>): void {
    if (this.#running) throw new Error(`cleanup has begun: ${name} would never be undone`);
    this.#undos.push({ name, undo });
  }

  /** Undoes everything; further calls get the same answer. Never rejects. */
  run(): Promise<CleanupFailure[]> {
    this.#running ??= this.#undoAll();
    return this.#running;
  }

  async #undoAll(): Promise<CleanupFailure[]> {
    const failures: CleanupFailure[] = [];
    for (const { name, undo } of this.#undos.toReversed()) {
      try {
        await undo();
      } catch (error) {
        failures.push({ name, error });
      }
    }
    return failures;
  }
}
