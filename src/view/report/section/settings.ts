import { count, duration } from '../../../quantity.ts';
import type { Markup } from '../../html.ts';
import { markup } from '../../html.ts';
import { puzzleText } from '../../plain-line.ts';
import { lacking } from '../lacking.ts';
import type { RunReport } from '../model.ts';
import { facts, section } from './block.ts';

/** What the run was told, with what it ran, and what the journal does not tell of that. */
export function settings(report: RunReport): Markup {
  const { planned, preflight } = report;
  const missing = lacking(report);
  return section(
    'Settings and versions',
    planned &&
      facts([
        ['puzzle', puzzleText(planned.puzzle)],
        ...(typeof planned.puzzle['header'] === 'string'
          ? [['header', markup`<span class="mono">${planned.puzzle['header']}</span>`] as const]
          : []),
        [
          'nonces',
          `${count(planned.from)} to ${count(BigInt(planned.limit) - 1n)}, in chunks of ${count(planned.chunk)}`,
        ],
        ['golden', `one nonce in ${count(planned.expectedNonces)}`],
        ['wanted', planned.smallest ? 'the smallest golden nonce' : 'the first golden nonce'],
        ['fleet', planned.fleet],
        ['N', planned.instances],
        ['T', duration(planned.timeLimit)],
        ['kernel', planned.kernel],
        ...(planned.fleetConfig === undefined
          ? []
          : [['fleet settings', markup`<code>${JSON.stringify(planned.fleetConfig)}</code>`] as const]),
        ...(preflight?.facts ?? []),
        ...(planned.versions === undefined
          ? []
          : ([
              ['cnd', planned.versions.cnd],
              ['Node.js', `${planned.versions.node} on ${planned.versions.platform}`],
            ] as const)),
      ]),
    missing.length > 0
      ? markup`<p class="warn">The journal was written by an older version of cnd, or is not complete. It lacks: ${missing.join('; ')}.</p>`
      : undefined,
  );
}
