import type { RunEvent } from './event.ts';
import { longestLine } from './journal-reader.ts';

/**
 * The lines of an event in the journal, without newlines: as a rule one. Of an event that is too long to be read again what
 * makes it so is left out, or the event itself, and a warning before it says so. Pure.
 */
export function journalLines(event: RunEvent, longest: number = longestLine): string[] {
  const line = JSON.stringify(event);
  if (line.length <= longest) return [line];
  const shorter = JSON.stringify(shortened(event));
  const isShort = shorter.length <= longest;
  const what = isShort ? 'the parts of chunks in it are' : 'it is';
  const { time, run } = event;
  const size = (line.length / 2 ** 20).toFixed(1);
  const message = `event ${event.event} has ${size} MiB, too long for the journal: ${what} left out`;
  const warning = JSON.stringify({ event: 'warning', time, run, message } satisfies RunEvent);
  return isShort ? [warning, shorter] : [warning];
}

/** Of coverage only the chunks that are done as a whole. */
function shortened(event: RunEvent): RunEvent {
  const whole = <Residue extends { readonly done: unknown }>(residues: readonly Residue[]) =>
    residues.map((residue) => ({ ...residue, done: [] }));
  if (event.event === 'run.ended')
    return { ...event, coverage: { ...event.coverage, residues: whole(event.coverage.residues) } };
  if (event.event === 'instance.progress') return { ...event, residues: whole(event.residues) };
  return event;
}
