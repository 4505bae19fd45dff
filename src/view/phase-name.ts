import type { PhaseName } from '../event/outcome.ts';

/** What a phase is called where instances are terminated, or released. Pure. */
export function phaseName(phase: PhaseName, released: true | undefined): string {
  return phase === 'terminate' && released ? 'release' : phase;
}
