import { CndError, messageOf } from '../error.ts';
import { costWords } from '../cost.ts';
import type { Inventory, RunningRun } from '../scram/inventory.ts';
import { displayDigest } from '../puzzle/digest.ts';
import { runStart } from '../run-id.ts';
import { printable } from '../text.ts';
import { duration } from '../quantity.ts';
import { table } from '../view/table.ts';

/** The table of `cnd ps`: columns that say nothing are left out. `now` in milliseconds since the epoch. Pure. */
export function runningTable(runs: readonly RunningRun[], now: number): string {
  const columns: [string, (run: RunningRun) => string, boolean?][] = [
    ['RUN', ({ run }) => run],
    ['FLEET', ({ fleet, where }) => (where === undefined ? fleet : `${fleet} ${where}`)],
    [
      'INSTANCES',
      ({ instances, orphans }) =>
        stateWords(
          instances.map(({ state }) => state),
          orphans,
        ),
    ],
    ['AGE', ({ run }) => age(run, now)],
    ['EXPIRES', ({ expiresAt }) => (expiresAt ? expiry((expiresAt.getTime() - now) / 1000) : '-')],
    [
      'COST',
      ({ cost }) => (cost === undefined ? '-' : costWords(cost.amount)),
      runs.some(({ cost }) => cost),
    ],
    [
      'OWNER',
      ({ owner }) => (owner?.self === false ? owner.name : 'you'),
      runs.some(({ owner }) => owner?.self === false),
    ],
    ['CONTROLLER', ({ controller }) => controller],
  ];
  const shown = columns.filter(([, , isShown = true]) => isShown);
  const rows = runs.map((run) => shown.map(([, cell]) => cell(run)));
  return table([shown.map(([head]) => head), ...rows]);
}

/** The same for programs. Pure. */
export function runningJson(runs: readonly RunningRun[]): string {
  const plain = runs.map(({ instances, expiresAt, ...found }) => {
    const { run, fleet, where, orphans, owner, cost, controller } = found;
    const announced = found.announced?.map(({ nonce, digest, scheme = '' }) => {
      const shown = displayDigest({ scheme }, digest);
      return { nonce: `${nonce}`, digest, ...(shown !== digest && { displayDigest: shown }) };
    });
    const listed = instances.map(({ id, index, state, reason }) => ({ id, index, state, reason }));
    const expires = expiresAt?.toISOString();
    return {
      run,
      fleet,
      where,
      instances: listed,
      orphans,
      startedAt: runStart(run)?.toISOString(),
      expiresAt: expires,
      owner,
      ...(cost && { cost: cost.amount ?? null, costBasis: cost.basis }),
      controller,
      announced,
    };
  });
  return `${JSON.stringify(plain, undefined, 2)}\n`;
}

/** What the costs in the table are computed from, or why they are not known. Pure. */
export function costLines(runs: readonly Pick<RunningRun, 'cost'>[]): string {
  const bases = new Set(runs.flatMap(({ cost }) => cost?.basis ?? []));
  return [...bases].map((basis) => `cost: ${printable(basis)}\n`).join('');
}

/** Golden nonces that nobody has taken from their channel: the controller was gone. Pure. */
export function announcedLines(runs: readonly Pick<RunningRun, 'run' | 'announced'>[]): string {
  return runs
    .flatMap(({ run, announced = [] }) =>
      announced.map(
        ({ nonce, digest, scheme = '' }) =>
          `${run} has announced nonce ${nonce}, digest ${displayDigest({ scheme }, digest)} (not verified)\n`,
      ),
    )
    .join('');
}

/**
 * Runs of this user that nobody drives any more, with the command that goes on with each; `place`: the flags that say where on
 * Kubernetes it is to look. Pure.
 */
export function resumableLines(
  runs: readonly Pick<RunningRun, 'run' | 'controller' | 'instances'>[],
  place = '',
): string {
  return runs
    .map(({ run, controller, instances }) => {
      const id = printable(run);
      if (controller === 'detached')
        return instances.length > 0
          ? `${id} searches by itself: cnd attach ${id}${place}\n`
          : `${id} has ended: record its result with: cnd resume ${id}${place}\n`;
      return controller === 'gone' && instances.length > 0
        ? `${id} has no controller: cnd resume ${id}\n`
        : '';
    })
    .join('');
}

/** What was looked at, and what there was no need to look at: `(checked: local; not checked: …)`. Pure. */
export function checkedText({ checked, skipped }: Pick<Inventory, 'checked' | 'skipped'>): string {
  const not =
    skipped.length > 0 ? `; not checked: ${skipped.map((words) => printable(words)).join('; ')}` : '';
  return `(checked: ${checked.join(', ') || 'nothing'}${not})`;
}

/** What could not be asked. Pure. */
export function unreachableLines(unreachable: Inventory['unreachable']): string {
  const lines = unreachable.map(({ fleet, error }) => {
    const hint = error instanceof CndError && error.hint ? `\n     ${printable(error.hint)}` : '';
    return `cnd: ${fleet} cannot be checked, so something may still run there: ${printable(messageOf(error))}${hint}\n`;
  });
  return lines.join('');
}

function stateWords(states: readonly string[], orphans: readonly string[]): string {
  const words = [...new Set(states)].map(
    (state) => `${states.filter((other) => other === state).length} ${state}`,
  );
  return words.join(', ') || orphans.join(', ') || 'none';
}

function age(run: string, now: number): string {
  const start = runStart(run);
  return start === undefined ? '-' : duration(Math.max(0, (now - start.getTime()) / 1000));
}

function expiry(seconds: number): string {
  return seconds >= 0 ? `in ${duration(seconds)}` : `${duration(-seconds)} ago`;
}
