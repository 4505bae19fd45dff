import { CndError, UsageError } from '../error.ts';

/** What is going to be launched, if everything is well. */
export interface PreflightRequest {
  readonly count: number;
  readonly minimum: number;
  /** T, in seconds. */
  readonly timeLimit: number;
}

/** One thing that was looked at. */
export interface Check {
  readonly name: string;
  readonly outcome: 'ok' | 'warning' | 'failed';
  readonly message: string;
  readonly hint?: string;
  readonly cause?: unknown;
}

/** What a fleet says of a launch before anything costs money. */
export interface Preflight {
  readonly checks: readonly Check[];
  /** What will be launched, where and how, for people: `['image', 'ubuntu-24.04 (ami-…)']`. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** Whose the run will be, as its tags will say, where several users share the fleet. */
  readonly owner?: string;
  /** Cores of all its instances together. */
  readonly cores?: number;
  /** What its instances are, as the kernels' binaries are named: `linux-arm64`. */
  readonly platform?: string;
  /** US dollars that the run costs at most; absent when no price is known. */
  readonly cost?: number;
  /** How the cost comes about. */
  readonly costBasis?: string;
}

/** Something that would keep the launch from working; nothing has been launched. */
export class PreflightFailed extends UsageError {}

/**
 * Refuses what cannot work or costs more than the user allows.
 * @param maxCost US dollars; undefined: no bound.
 * @throws PreflightFailed naming the first thing that is wrong.
 */
export function judgePreflight({ checks, cost }: Preflight, maxCost: number | undefined): void {
  const failed = checks.find(({ outcome }) => outcome === 'failed');
  if (failed) {
    const { message, hint, cause } = failed;
    const code = cause instanceof CndError ? cause.code : 'preflight-failed';
    throw new PreflightFailed(code, message, { about: failed.name, ...(hint && { hint }), cause });
  }
  if (maxCost === undefined) return;
  if (cost === undefined) {
    throw new PreflightFailed(
      'cost-unknown',
      `no price is known, so that --max-cost ${maxCost} cannot be kept`,
      {
        about: 'maxCost',
        hint: 'give another --type, or no --max-cost',
      },
    );
  }
  if (cost <= maxCost) return;
  throw new PreflightFailed(
    'cost-too-high',
    `the run may cost $${dollars(cost)}, more than the $${dollars(maxCost)} of --max-cost`,
    {
      about: 'maxCost',
      hint: 'a smaller --N, a shorter --T or a cheaper --type costs less; or raise --max-cost',
    },
  );
}

/** An amount in US dollars, rounded up to what is still worth telling: `1.24`, `0.0042`. */
export function dollars(amount: number): string {
  const digits = amount >= 1 ? 2 : amount >= 0.01 ? 3 : 4;
  const scale = 10 ** digits;
  // Not 0.1 + 0.2 up to 0.31: what is only off by a rounding error stays.
  return (Math.ceil(Number((amount * scale).toPrecision(12))) / scale).toFixed(digits);
}
