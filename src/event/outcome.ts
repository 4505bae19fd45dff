/** The phases of a run, in order. */
export const phaseNames = [
  'plan',
  'launch',
  'boot',
  'search',
  'stop',
  'logs',
  'terminate',
  'archive',
] as const;
export type PhaseName = (typeof phaseNames)[number];

/** How runs end. */
export const outcomes = ['found', 'unproven', 'exhausted', 'time-limit', 'interrupted', 'failed'] as const;
export type Outcome = (typeof outcomes)[number];

/** The exit codes of `cnd` (DESIGN.md, "Exit codes and output"); 128 + n on signals. */
export const exitCodes = { found: 0, failed: 1, usage: 2, notFound: 3, cleanupUnconfirmed: 4 } as const;
