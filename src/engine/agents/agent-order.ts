import type { AgentBroadcast } from '../../broadcast/broadcast.ts';
import type { Puzzle } from '../../puzzle/puzzle.ts';
import { jobPuzzle } from '../../puzzle/job.ts';
import type { Assignment, Space } from '../../search/search.ts';

/** What an agent is told when it starts (docs/agent.md). */
export interface Job {
  readonly run: string;
  readonly worker: number;
  readonly puzzle: Puzzle;
  readonly space: Space;
  readonly stride: number;
  readonly residues: readonly Assignment[];
  /** Kernels to run; undefined: one per core. */
  readonly threads: number | undefined;
  /** Until the agent's own deadline. */
  readonly seconds: number;
  /** Seconds for which it goes on searching without a controller. */
  readonly linger: number;
  readonly smallest: boolean;
  readonly kernel: 'auto' | 'python';
  /** The native kernel's fastest instruction set, when it is known: else each agent finds out for itself. */
  readonly instructionSet?: string;
  /** Zero bits of a near-hit; absent: none is told. */
  readonly near?: number;
  /** Where it looks for its interruption notice: the URL of the metadata service; absent: there is none. */
  readonly imds?: string;
  /** With it the agent polls and announces by itself. */
  readonly broadcast: AgentBroadcast | undefined;
}

/** What a running agent is told. */
export type AgentOrder =
  | { readonly order: 'stop' }
  /** `seen`: the number of the last message that has arrived. */
  | { readonly order: 'ping'; readonly seen: number }
  | ({ readonly order: 'adopt' } & Assignment)
  /** With `from` what has not been begun of it at or above that nonce, else all of it. */
  | { readonly order: 'release'; readonly residue: number; readonly from?: bigint }
  | { readonly order: 'bound'; readonly nonce: bigint }
  /** Search [from, to) again, which another worker claims to have searched, and tell its near-hits. */
  | { readonly order: 'redo'; readonly from: bigint; readonly to: bigint };

/** The line that starts an agent. Pure. */
export function jobLine(job: Job): string {
  return line({
    run: job.run,
    worker: job.worker,
    puzzle: jobPuzzle(job.puzzle),
    from: job.space.from,
    limit: job.space.limit,
    chunk: job.space.chunk,
    stride: job.stride,
    residues: job.residues,
    threads: job.threads ?? null,
    seconds: job.seconds,
    linger: Math.ceil(job.linger),
    smallest: job.smallest,
    kernel: job.kernel,
    ...(job.instructionSet !== undefined && { isa: job.instructionSet }),
    near: job.near,
    ...(job.imds !== undefined && { imds: job.imds }),
    broadcast: job.broadcast ?? null,
  });
}

/** How a controller introduces itself to an agent, whose first controller's key is the key of all that follow. */
export interface Attach {
  /** One run's secret. */
  readonly key: string;
  /** Raised by each process that takes the run up: of two the one with the higher epoch is obeyed. */
  readonly epoch: number;
  /** The number of the last message that it has. */
  readonly seen: number;
}

/** The first line on a connection to an agent. Pure. */
export function attachLine(attach: Attach): string {
  return line({ attach });
}

/** The line of one order. Pure. */
export function orderLine(order: AgentOrder): string {
  return line(order);
}

/** JSON with bigints as decimal strings: JSON numbers lose digits above 2^53. */
function line(value: object): string {
  const json = JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'bigint' ? item.toString() : item,
  );
  return `${json}\n`;
}
