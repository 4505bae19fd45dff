import { type ComparedRun, type ExcludedRun, comparedRun } from '../../src/compare/run.ts';
import { type RunRecord, parseRecord } from '../../src/event/record.ts';
import { noCoverage } from '../../src/search/coverage.ts';

/** What a synthetic run was, and how long its parts took, in seconds. */
export interface SyntheticRun {
  readonly instances: number;
  readonly search: number;
  readonly boot?: number;
  readonly ssh?: number;
  readonly teardown?: number;
  readonly type?: string;
  readonly difficulty?: number;
  readonly kernel?: string;
  readonly threads?: number;
  readonly block?: string;
  readonly nonce?: string;
  readonly outcome?: string;
  readonly launched?: number;
  readonly smallest?: boolean;
  readonly cost?: number;
}

const begin = Date.parse('2026-11-20T08:11:03.000Z');
const at = (seconds: number): string => new Date(begin + seconds * 1000).toISOString();

let made = 0;

/** The record of a run whose plan takes 1 s and whose launch takes 0.5 s. */
export function syntheticRecord(run: SyntheticRun): RunRecord {
  const { instances, search, boot = 3, ssh = 1, teardown = 2, threads = 1, launched = instances } = run;
  const running = 1.5 + boot;
  made += 1;
  const record = parseRecord(
    JSON.stringify({
      schema: 2,
      run: `20261120-081103-${made.toString(36).padStart(4, '0')}`,
      startedAt: at(0),
      config: {
        N: instances,
        T: 200,
        fleet: run.type === undefined ? 'local' : 'ec2',
        puzzle: {
          scheme: 'hex-chain',
          block: run.block ?? 'COMSM0010cloud',
          unit: 'digits',
          difficulty: run.difficulty ?? 7,
        },
        from: '0',
        limit: '4294967296',
        smallest: run.smallest ?? true,
        kernel: run.kernel ?? 'auto',
      },
      instances: Array.from({ length: instances }, (_, index) => ({
        index,
        id: `i-${index}`,
        ...(run.type !== undefined && { type: run.type }),
        threads,
        runningAt: at(running + index),
        searchingAt: at(running + ssh + index),
      })),
      ended: {
        outcome: run.outcome ?? 'found',
        exitCode: 0,
        nonce: run.nonce ?? '3730945',
        digest: '00',
        tested: '3730946',
        probability: 0.5,
        rate: search > 0 ? 3_730_946 / search : 0,
        elapsed: 1.5 + boot + ssh + search + teardown,
        phases: { plan: 1, launch: 0.5, boot: boot + ssh, search, stop: 0.5, terminate: teardown - 0.5 },
        coverage: noCoverage({ from: 0n, limit: 1n, chunk: 1n }),
        smallest: run.smallest ?? true,
        logs: '/logs',
        launched,
        terminated: launched,
        left: [],
        ...(run.cost !== undefined && { cost: run.cost }),
      },
    }),
  );
  if (!record) throw new Error('a synthetic record is none');
  return record;
}

/** As it is compared. */
export function synthetic(run: SyntheticRun): ComparedRun | ExcludedRun {
  return comparedRun(syntheticRecord(run));
}

/** Runs whose search obeys Amdahl's law with 60 s of work, of which `serial` seconds are not shared; two of each. */
export function scalingRuns(serial: number, rest: Partial<SyntheticRun> = {}): (ComparedRun | ExcludedRun)[] {
  return [1, 2, 4, 8].flatMap((instances) =>
    [0.98, 1.02].map((factor) =>
      synthetic({ ...rest, instances, search: factor * (serial + (60 - serial) / instances) }),
    ),
  );
}
