/** A verified golden nonce, as it is announced. Every message carries its run: old ones of other runs are ignored. */
export interface Announcement {
  readonly run: string;
  readonly nonce: bigint;
  /** Hex, raw byte order. */
  readonly digest: string;
  /** Index of the instance that found it; undefined where the engine has no instances. */
  readonly instance?: number | undefined;
}

/** What agents need to poll and send by themselves: the `broadcast` of their job (docs/agent.md). No secrets. */
export interface AgentBroadcast {
  readonly kind: 'sqs';
  readonly queueUrl: string;
  readonly region: string;
  readonly endpoint: string;
  /** Where the instance's role has its credentials, as a URL without a path. */
  readonly imds: string;
}

/** The channel a hit is announced on. Every implementation passes `test/contract/broadcast.ts`. */
export interface Broadcast {
  readonly name: string;
  /** Set while the channel is open, if agents can take part by themselves; else they are told by the controller. */
  readonly forAgents?: AgentBroadcast | undefined;
  /** How many messages were ignored: of other runs, or not understood. */
  readonly ignored?: number;
  /**
   * Creates what the channel of this run needs.
   * @throws CndError when it can never work (no rights, bad credentials). What may pass is no error here: `listen`
   *   says so, and goes on trying.
   */
  open(run: string, signal: AbortSignal): Promise<void>;
  /**
   * Before `open`: another process, which was killed, may have opened this run's channel, or be about to. What it created is used,
   * and deleted by `close` in any case. Absent: a channel ends with its process.
   */
  recover?(run: string): void;
  /** Announces a hit to everybody else who listens; idempotent. Tries again for a while before it rejects. */
  announce(announcement: Announcement): Promise<void>;
  /**
   * Calls `listener` with every announcement that others make on this run's channel, also those made before: what was
   * announced here is known here. A listener must be idempotent and verify what it is told. It is never called from within `listen`. Returns the function that stops listening.
   * @param onError Told in words when the channel fails, once until it works again.
   */
  listen(listener: (announcement: Announcement) => void, onError?: (message: string) => void): () => void;
  /**
   * Resolves once those who listen have been told of everything that was announced until now. Absent: they always have been.
   * Rejects when the channel cannot be read, or the signal aborts.
   */
  catchUp?(signal: AbortSignal): Promise<void>;
  /** Deletes what `open` created; idempotent, also after a failed `open`. */
  close(): Promise<void>;
}
