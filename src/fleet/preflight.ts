import type { InstancePrice } from '../cost.ts';
import { dollars } from '../quantity.ts';
import { CndError, UsageError } from '../error.ts';

/** What is going to be launched, if everything is well. */
export interface PreflightRequest {
  readonly count: number;
  readonly minimum: number;
  /** T, in seconds. */
  readonly timeLimit: number;
  /** Instances that may be launched in place of others, at most; absent: none. */
  readonly replacements?: number;
  /** They are to search without a controller (`Fleet.detaching`). */
  readonly detached?: boolean;
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
  /** Its instances cost nothing: there is no price to be told, and none to be bounded. */
  readonly free?: true;
  /** Nobody can tell what its instances cost, so that it is no reason to ask the user before each launch. */
  readonly unpriced?: true;
  /** US dollars that the run costs at most; absent when no price is known. */
  readonly cost?: number;
  /** How the cost comes about, or why it is not known. */
  readonly costBasis?: string;
  /** What each instance costs at most, and by what price: on demand or spot, its type, its date. */
  readonly price?: InstancePrice & { readonly basis: string };
}

/** Something that would keep the launch from working; nothing has been launched. */
export class PreflightFailed extends UsageError {}

/**
 * Refuses what cannot work.
 * @throws the first check's UsageError, or a PreflightFailed that tells it.
 */
export function requirePassed(checks: readonly Check[]): void {
  const failed = checks.find(({ outcome }) => outcome === 'failed');
  if (!failed) return;
  const { message, hint, cause } = failed;
  if (cause instanceof UsageError) throw cause;
  const code = cause instanceof CndError ? cause.code : 'preflight-failed';
  throw new PreflightFailed(code, message, { about: failed.name, ...(hint && { hint }), cause });
}

/**
 * Whether the run costs no more than the user allows.
 * @param maxCost US dollars; undefined: no bound, and nothing to check.
 */
export function costCheck({ cost }: Pick<Preflight, 'cost'>, maxCost: number | undefined): Check | undefined {
  if (maxCost === undefined) return undefined;
  if (cost === undefined) {
    return failedCost('cost-unknown', `the price is unknown, so --max-cost ${maxCost} cannot be enforced`, {
      hint: 'use another --type, or omit --max-cost',
    });
  }
  if (cost <= maxCost) {
    return {
      name: 'maxCost',
      outcome: 'ok',
      message: `at most $${dollars(cost)}, of the $${dollars(maxCost)} of --max-cost`,
    };
  }
  return failedCost(
    'cost-too-high',
    `the run may cost $${dollars(cost)}, more than the $${dollars(maxCost)} of --max-cost`,
    { hint: 'a smaller --N, a shorter --T or a cheaper --type costs less; or raise --max-cost' },
  );
}

function failedCost(code: string, message: string, { hint }: { readonly hint: string }): Check {
  const cause = new PreflightFailed(code, message, { about: 'maxCost', hint });
  return { name: 'maxCost', outcome: 'failed', message, hint, cause };
}
