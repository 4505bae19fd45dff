/**
 * The stream of events that a run is. Views, the journal, `--json` and the report render it; nothing else prints.
 * Nonces, counts of nonces and chunk indices are decimal strings (they go up to 2^64−1), durations are seconds and
 * rates are nonces per second. `instance` is the index of an instance.
 */
export type RunEvent = {
  [Name in keyof EventFields]: { event: Name; time: string; run: string } & EventFields[Name];
}[keyof EventFields];

export type EventName = keyof EventFields;

/** An event before it is stamped with its time and run. */
export type Emit = <Name extends EventName>(event: Name, fields: EventFields[Name]) => void;

export type Outcome = 'found' | 'unproven' | 'exhausted' | 'time-limit' | 'interrupted' | 'failed';

/** A half-open range of nonces, as decimal strings. */
export type TextRange = readonly [lo: string, hi: string];

/** What is known about one residue: chunks of it below `next` are done, and of the others `done`. */
export interface ResidueCoverage {
  readonly residue: number;
  readonly next: string;
  readonly done: readonly TextRange[];
}

/** Which nonces were tested, exactly: `residues` by chunk and stride, `ranges` merged as far as they are listed. */
export interface CoverageReport {
  readonly tested: string;
  readonly from: string;
  readonly chunk: string;
  readonly stride: number;
  readonly residues: readonly ResidueCoverage[];
  readonly ranges: readonly TextRange[];
  /** Whether `ranges` was cut short; `residues` is always whole. */
  readonly rangesCut: boolean;
}

export type PhaseName = 'plan' | 'launch' | 'boot' | 'search' | 'stop' | 'logs' | 'terminate' | 'archive';

export interface EventFields {
  'run.planned': {
    fleet: string;
    instances: number;
    timeLimit: number;
    puzzle: Readonly<Record<string, string | number>>;
    from: string;
    limit: string;
    chunk: string;
    smallest: boolean;
    kernel: string;
    /** Expected number of nonces until a golden one, rounded; and the probability that the space holds one. */
    expectedNonces: string;
    spaceProbability: number;
    logs: string;
  };
  /** What the fleet says before anything costs money; `cost` in US dollars, at most. */
  'run.preflight': {
    facts: readonly (readonly [name: string, value: string])[];
    cost?: number;
    costBasis?: string;
  };
  warning: { message: string; hint?: string };
  'launch.started': { instances: number };
  'instance.launched': { instance: number; id: string };
  'instance.running': { instance: number; id: string; address: string };
  /** What is being waited for, said when it changes. */
  'instance.waiting': { instance: number; cause: string; message: string };
  'instance.connected': { instance: number };
  /** Its dead-man's switch is seen to be armed. */
  'instance.armed': { instance: number };
  'instance.uploaded': { instance: number; bytes: number };
  'instance.searching': {
    instance: number;
    kernel: string;
    isa: string;
    threads: number;
    cores: number;
    python: string;
    note?: string;
  };
  /** Every instance that is not lost is searching, `elapsed` seconds after the start. */
  'search.all': { instances: number; elapsed: number };
  'instance.progress': {
    instance: number;
    hashes: number;
    rate: number;
    residues: readonly ResidueCoverage[];
  };
  'run.progress': {
    searching: number;
    tested: string;
    rate: number;
    /** Probability that a golden nonce is among this many. */
    probability: number;
    elapsed: number;
    remaining: number;
  };
  'instance.idle': { instance: number };
  'instance.adopted': { instance: number; residue: number; next: string };
  'instance.released': { instance: number; residue: number; next: string };
  'instance.error': { instance: number; message: string };
  hit: { instance: number; nonce: string; digest: string; elapsed: number };
  'hit.rejected': { instance: number; nonce: string; digest: string; reason: string };
  broadcast: { channel: string; nonce: string; digest: string };
  /** All kernels of the instance are dead; `latency` since what ended the search (the hit) was known. */
  'instance.stopped': { instance: number; reason: string; latency?: number };
  /** The last peer has stopped; `unconfirmed` are those that did not say so in time. */
  'search.stopped': { reason: string; latency: number; unconfirmed: readonly number[] };
  /** Its search is lost and what it held goes to others; with `retrying` it is being tried again. */
  'instance.lost': { instance: number; code: string; reason: string; retrying: boolean };
  /** Its syslog is in the logs directory. */
  'logs.pulled': { instance: number; name: string; bytes: number };
  'logs.missing': { instance: number; reason: string };
  /** From here on nothing but the end of every instance is waited for. */
  'terminate.started': { instances: number };
  'instance.terminated': { instance: number; id: string };
  /**
   * With a bucket, once everything is terminated: all that is kept of the run is being stored there, the journal too, whose
   * last event is therefore `run.ended`. `logs.archived` says that all of it is there, and nothing left here.
   */
  'archive.started': { location: string; files: number };
  'logs.archived': { location: string; files: number; bytes: number };
  /** Somebody asked for the end, for the first time or again (`count`), in this phase. */
  'run.interrupted': { signal: string; count: number; phase?: PhaseName };
  'cleanup.failed': { what: string; reason: string };
  'run.ended': {
    outcome: Outcome;
    exitCode: number;
    /** The golden nonce, or with `unproven` the candidate. */
    nonce?: string;
    digest?: string;
    instance?: number;
    reason?: string;
    tested: string;
    rate: number;
    elapsed: number;
    phases: Readonly<Partial<Record<PhaseName, number>>>;
    coverage: CoverageReport;
    smallest: boolean;
    logs: string;
    /** Instances that there were, and of how many the fleet has said that they are over. */
    launched: number;
    terminated: number;
    /** Ids of instances whose termination could not be confirmed. */
    left: readonly string[];
  };
}
