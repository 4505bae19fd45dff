/** A verified golden nonce, as it is announced. Every message carries its run: old ones of other runs are ignored. */
export interface Announcement {
  readonly run: string;
  readonly nonce: bigint;
  /** Hex, raw byte order. */
  readonly digest: string;
  /** Index of the instance that found it. */
  readonly instance: number;
}

/** The channel a hit is announced on. Every implementation passes `test/contract/broadcast.ts`. */
export interface Broadcast {
  readonly name: string;
  /** Creates what the channel of this run needs. */
  open(run: string, signal: AbortSignal): Promise<void>;
  /** Announces a hit to everybody who listens; idempotent. */
  announce(announcement: Announcement): Promise<void>;
  /**
   * Calls `listener` with every announcement made on this run's channel, by anybody, also those made before; a
   * listener must be idempotent and verify what it is told. It is never called from within `listen`. Returns the function that stops listening.
   */
  listen(listener: (announcement: Announcement) => void): () => void;
  /** Deletes what `open` created; idempotent, also after a failed `open`. */
  close(): Promise<void>;
}
