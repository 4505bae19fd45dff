import { phaseNames } from '../../../event/outcome.ts';
import { verifyCommand } from '../../../puzzle/verify-command.ts';
import { count, duration, percent } from '../../../quantity.ts';
import { type Markup, markup } from '../../html.ts';
import { phaseName } from '../../phase-name.ts';
import { nonceText } from '../../plain-line.ts';
import type { RunReport } from '../model.ts';
import { dataTable, facts, section } from './block.ts';

/** The golden nonce, its digest, and how to check it without cnd; where the time went. */
export function resultOf(report: RunReport): Markup {
  const { ended, hits, planned, broadcastOn, stopLatency } = report;
  const nonce = ended?.nonce ?? hits.at(-1)?.nonce;
  const digest = ended?.displayDigest ?? ended?.digest;
  const hit = hits.find((one) => one.nonce === nonce);
  const finder = ended?.instance ?? hit?.instance;
  const verify = nonce !== undefined && planned ? verifyCommand(planned.puzzle, nonce) : undefined;
  return section(
    'Result',
    facts([
      ...(nonce === undefined
        ? [['nonce', report.isLive === true ? 'none yet' : 'none'] as const]
        : [
            [
              ended?.outcome === 'found' ? 'nonce' : 'candidate',
              markup`<span class="mono">${nonceText(nonce, planned?.puzzle)}</span>`,
            ] as const,
          ]),
      ...(digest === undefined
        ? []
        : [['digest', markup`<span class="mono">${zeros(digest)}</span>`] as const]),
      ...(finder === undefined ? [] : [['found by', `instance #${finder}`] as const]),
      ...(hit ? [['found after', duration(hit.at)] as const] : []),
      ...(stopLatency === undefined
        ? []
        : [
            [
              'peers stopped',
              `${Math.round(stopLatency * 1000)} ms after the end of the search was known`,
            ] as const,
          ]),
      ...(planned?.resumes === undefined
        ? []
        : [
            [
              'resumes',
              markup`<span class="mono">${planned.resumes}</span>, where ${count(planned.testedBefore ?? '0')} nonces were tested, which count here as well`,
            ] as const,
          ]),
      ...(broadcastOn === undefined ? [] : [['announced on', broadcastOn] as const]),
      ...(ended ? [['exit code', ended.exitCode] as const] : []),
      ...(ended ? [['logs', ended.logs] as const] : []),
      ...(ended && ended.left.length > 0
        ? [
            [
              'not confirmed',
              markup`<span class="bad">${ended.left.map((id) => `${id} `)}</span> <code>cnd scram --run ${report.run}</code>`,
            ] as const,
          ]
        : []),
    ]),
    nonce !== undefined && ended?.outcome === 'found' && !ended.smallest
      ? markup`<p class="lead">This is the first one found, not always the same one.</p>`
      : undefined,
    verify === undefined
      ? undefined
      : markup`<p>This prints the same digest, with nothing but Python:</p><pre>${verify}</pre>`,
    ended && phases(ended),
  );
}

/** The zeros that make it golden stand out. */
function zeros(digest: string): Markup {
  const leading = /^0*/.exec(digest)?.[0] ?? '';
  return markup`<span class="zeros">${leading}</span>${digest.slice(leading.length)}`;
}

function phases({ phases, elapsed, released }: NonNullable<RunReport['ended']>): Markup {
  const rows = phaseNames.flatMap((name) => {
    const seconds = phases[name];
    if (seconds === undefined) return [];
    return [[phaseName(name, released), duration(seconds), elapsed > 0 ? percent(seconds / elapsed) : '']];
  });
  return markup`<details><summary>Time by phase</summary>
${dataTable('Time by phase', [{ name: 'Phase', text: 'wrapped' }, { name: 'Time' }, { name: 'Share' }], rows)}</details>`;
}
