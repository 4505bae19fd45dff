import type { EventFields, RunEvent } from '../../event/event.ts';
import type { UnreadLines } from '../../event/journal-reader.ts';
import type { ResidueReport, ShareReport } from '../../search/search.ts';

/** What an instance was at, as the timeline shows it. */
export const stages = [
  'launch',
  'boot',
  'SSH',
  'upload',
  'search',
  'disconnected',
  'idle',
  'stop',
  'lost',
  'logs',
  'terminate',
] as const;
export type Stage = (typeof stages)[number];

/** A stage of an instance, in seconds since the start of the run. */
export interface StageSpan {
  readonly stage: Stage;
  readonly from: number;
  readonly to: number;
}

/** Moments of an instance, in seconds since the start of the run; what did not happen is absent. */
export interface Moments {
  launched?: number;
  running?: number;
  connected?: number;
  uploaded?: number;
  searching?: number;
  stopped?: number;
  logs?: number;
  terminated?: number;
}

/** One instance as the journal knows it. Texts are as they came: whoever shows them escapes them. */
export interface ReportedInstance {
  readonly index: number;
  readonly moments: Moments;
  readonly spans: StageSpan[];
  /** What it is at since when; undefined once it is terminated. */
  current: { readonly stage: Stage; readonly since: number } | undefined;
  id?: string;
  type?: string;
  zone?: string;
  address?: string;
  engine?: Pick<EventFields['instance.searching'], 'kernel' | 'isa' | 'threads' | 'cores' | 'python'>;
  /** Nonces that its agents reported as tested; the first number is what agents before the present one did. */
  hashes: { readonly earlier: number; readonly present: number };
  found: boolean;
  logMissing?: string;
}

/** How the search was at a moment, seconds since the start of the run. */
export interface Sample {
  readonly at: number;
  readonly rate: number;
  readonly tested: string;
  readonly probability: number;
  readonly searching: number;
}

/** What was reported of a residue, or of its nonces `from` … `until` − 1. */
export type ReportedShare = ResidueReport & {
  readonly [Bound in 'from' | 'until']: ShareReport[Bound] | undefined;
};

/** A verified golden nonce, and when it came. */
export interface ReportedHit {
  readonly at: number;
  readonly nonce: string;
  readonly instance: number | undefined;
}

/** Something that did not go as planned, with all instances that say the same of themselves. */
export interface Fault {
  /** Seconds since the start of the run. */
  readonly first: number;
  last: number;
  count: number;
  readonly event: RunEvent;
  readonly instances: Set<number>;
}

/** A run as its journal tells it: what a report shows. */
export interface RunReport {
  run: string;
  /** The moment that T counts from, in milliseconds since the epoch, and the time of the newest event. */
  start: number;
  last: number;
  planned?: EventFields['run.planned'];
  preflight?: EventFields['run.preflight'];
  ended?: EventFields['run.ended'];
  readonly instances: Map<number, ReportedInstance>;
  samples: Sample[];
  readonly hits: ReportedHit[];
  readonly faults: Map<string, Fault>;
  /** Seconds since the start: when the launch began, all were searching, the search ended and the release began. */
  launchedAt?: number;
  allSearching?: number;
  searchEnded?: number;
  stopLatency?: number;
  releasedAt?: number;
  /** What was last reported of each share of a residue, by residue and first nonce. */
  readonly residues: Map<string, ReportedShare>;
  /** While the run had no controller, in seconds since the start: one was gone, and another one has resumed the run. */
  readonly away: { readonly from: number; readonly to: number }[];
  broadcastOn?: string;
  archivedTo?: string;
  readonly unread: UnreadLines;
  /** The run goes on: what the journal does not tell yet is still to come. */
  readonly isLive?: boolean;
}
