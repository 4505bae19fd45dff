import type { AgentBroadcast, Announcement } from '../broadcast/broadcast.ts';
import type { Clock } from '../clock.ts';
import type { Emit, EventFields } from '../event/event.ts';
import type { Puzzle } from '../puzzle/puzzle.ts';
import type { Coverage } from '../search/coverage.ts';
import type { Range, Space } from '../search/search.ts';
import type { Hit } from './hit.ts';
import type { LaunchedInstances } from './launched-instances.ts';

/** What is searched, and whom a search tells of itself. */
export interface SearchRequest {
  readonly run: string;
  readonly puzzle: Puzzle;
  readonly space: Space;
  /** What earlier runs have tested of it: it counts as tested, and is not searched again. By default nothing. */
  readonly done?: readonly Range[];
  /** What those that search know their controller by: one run's secret, and which of its controllers it is, the highest counts. */
  readonly controller: { readonly key: string; readonly epoch: number };
  /** Goes on with the search of an earlier controller of this run: what `RunningSearch.snapshot` gave there. */
  readonly snapshot?: unknown;
  /** Another controller of this run was killed, which may have set workers to it with no time to note that: also without a snapshot. */
  readonly isContinued?: boolean;
  /**
   * Calls `then` once a snapshot of the search as it is now is kept for another controller; absent: nothing is kept, and
   * nobody goes on. What must not be done twice waits for that.
   */
  readonly keep?: ((then: () => void) => void) | undefined;
  /** Find the smallest golden nonce, and prove it; else the first one ends the search. */
  readonly smallest: boolean;
  readonly kernel: 'auto' | 'python';
  /** The native kernel's fastest instruction set, where that is known. */
  readonly instructionSet: string | undefined;
  /** Nonces per second of one thread, as far as that was measured: none is believed to be much faster than any known. */
  readonly threadRate?: number | undefined;
  /** What of the work is done again by this machine, to see whether it was done; absent: nothing. */
  readonly audit?: { readonly fraction: number; readonly each: boolean } | undefined;
  /** Seconds from now after which whatever searches ends by itself, should nobody tell it to. */
  readonly seconds: () => number;
  /** Seconds for which what searches goes on when its controller cannot be reached, or cannot reach it. */
  readonly linger: number;
  /** With which what searches takes part in the broadcast by itself; else it hears of hits through `announced`. */
  readonly broadcast: AgentBroadcast | undefined;
  readonly clock: Clock;
  /** The events of its instances, where it has any, of hits and of progress. */
  readonly emit: Emit;
  /** Seconds since the run began. */
  readonly elapsed: () => number;
  /** Told once, when the first nonce is about to be tested. */
  readonly onFirstSearching: () => void;
  /** Told of every hit that is better than those before, to announce it. Must not throw. */
  readonly announce: (hit: Hit) => void;
}

/** How a search ends by itself. */
export type SearchEnd =
  | { readonly kind: 'found'; readonly hit: Hit }
  | { readonly kind: 'exhausted' }
  /** Nobody is left to search; the reason is for people. */
  | { readonly kind: 'lost'; readonly reason: string };

/** Everything that another process needs to go on with a search. */
export interface SearchSnapshot {
  /** For `SearchRequest.snapshot`: JSON. */
  readonly value: unknown;
  /** To be called once it is kept. */
  readonly onKept: () => void;
}

/** A search that goes on. */
export interface RunningSearch {
  /** Resolves when a hit ends the search, everything is searched, or nobody is left to search. Never rejects. */
  readonly ended: Promise<SearchEnd>;
  /** The best verified hit so far: with `smallest` a candidate until the search has ended. */
  readonly best: Hit | undefined;
  /** Whether anything has searched. */
  readonly searched: boolean;
  /** How many nonces were tested, those of earlier runs included. */
  readonly tested: bigint;
  /** Whether all is tested that its end rests on: the space, or what is below its best hit. What instances say at their end may take it back. */
  readonly isComplete: boolean;
  /** Which nonces were tested, exactly. */
  coverage(): Coverage;
  /** How it stands, for another controller of the run; absent: nobody can go on with it. */
  snapshot?(): SearchSnapshot;
  /** What the claims of its instances rest on, where it has any. */
  evidence(): EventFields['run.ended']['evidence'];
  /** Something heard on the broadcast: as good as a hit of its own, and verified like one. */
  announced(announcement: Announcement): void;
  /** Says how the whole search stands (`run.progress`), with `remaining` seconds until the time limit. */
  tick(remaining: number): void;
  /**
   * Ends the search, whatever ended it; a hit that comes meanwhile counts. Resolves when nothing searches any more, or when `limit` aborts; what may still be
   * searching then is told in `search.stopped`.
   */
  stop(reason: string, limit: AbortSignal): Promise<void>;
}

/** What searches a space and tells hits, coverage and its end. Every implementation passes `test/contract/engine.ts`. */
export interface Engine {
  search(request: SearchRequest): RunningSearch;
}

/** Gives the engine of a run, once its instances are launched. */
export type OpenEngine = (instances: LaunchedInstances) => Engine;
