import { type Candidate, flagValue, placeOf } from './candidate.ts';
import type { ValueKind } from '../command.ts';
import { commands } from '../registry/registry.ts';

/** Runs offered at most: a menu of thousands helps nobody. */
const mostRuns = 100;

/**
 * `cnd __complete WORD…`, which the completion scripts ask at every TAB: for each candidate a line of the value, a tab and
 * what it means. `:files` or `:directories` leaves it to the shell. Never fails: a shell's prompt is no place for errors.
 */
export async function answer(words: readonly string[]): Promise<number> {
  try {
    process.stdout.write(await candidateLines(words));
  } catch {
    // No candidates.
  }
  return 0;
}

async function candidateLines(words: readonly string[]): Promise<string> {
  const place = placeOf(words, commands);
  if ('values' in place && place.values === 'file') return ':files\n';
  if ('values' in place && place.values === 'directory') return ':directories\n';
  const known =
    'values' in place
      ? (await valuesOf(place.values, words)).map(({ value, describe }): Candidate => ({
          value: place.before + value,
          ...(describe && { describe }),
        }))
      : place.candidates;
  const typed = words.at(-1) ?? '';
  const current = typed === '=' ? '' : typed;
  return known
    .filter(
      ({ value }) =>
        value.startsWith(current) || value.endsWith(`=${current}`) || value.includes(`=${current}`),
    )
    .map(({ value, describe }) => (describe ? `${value}\t${describe}\n` : `${value}\n`))
    .join('');
}

/** The values of a kind; what looking them up needs is imported only then. */
async function valuesOf(kind: ValueKind, words: readonly string[]): Promise<Candidate[]> {
  switch (kind) {
    case 'scheme':
      return plain((await import('../../puzzle/puzzle.ts')).schemes);
    case 'unit':
      return plain((await import('../../puzzle/puzzle.ts')).units);
    case 'fleet':
      return plain((await import('../../fleet/setting.ts')).fleetSettings.map(({ name }) => name));
    case 'kernel':
      return plain((await import('../../config/schema.ts')).kernels);
    case 'outcome':
      return plain((await import('../../archive/summary.ts')).statuses);
    case 'shell':
      return plain((await import('./script.ts')).shells);
    case 'archived-run':
      return archivedRuns(words);
    case 'live-run':
      return liveRuns();
    case 'any-run': {
      const [live, archived] = await Promise.all([liveRuns(), archivedRuns(words)]);
      const known = new Set(live.map(({ value }) => value));
      return [...live, ...archived.filter(({ value }) => !known.has(value))];
    }
    case 'directory':
    case 'file':
      return [];
  }
}

async function liveRuns(): Promise<Candidate[]> {
  const states = await (await import('../../state/run-state.ts')).listRunStates();
  return states.map(({ run, fleet, instances }) => ({ value: run, describe: `${instances} on ${fleet}` }));
}

async function archivedRuns(words: readonly string[]): Promise<Candidate[]> {
  const [{ makeArchive }, { resolveLogs }] = await Promise.all([
    import('../../archive/registry.ts'),
    import('../../config/logs.ts'),
  ]);
  const { logs, aws } = await resolveLogs(flagValue(words, 'config'));
  // A TAB must not wait for a network: only what is here is offered.
  const archive = await makeArchive({ directory: logs.directory }, aws, process.env);
  const found: Candidate[] = [{ value: 'last', describe: 'the newest run' }];
  for await (const run of archive.runs({ prefix: prefixOf(words.at(-1) ?? '') })) {
    found.push({ value: run });
    if (found.length > mostRuns) break;
  }
  return found;
}

function prefixOf(word: string): string {
  return /^\d/.test(word) ? word : '';
}

function plain(values: readonly string[]): Candidate[] {
  return values.map((value) => ({ value }));
}
