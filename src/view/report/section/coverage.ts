import { count, percent, plural } from '../../../quantity.ts';
import { coverageMap } from '../../../search/coverage-map.ts';
import type { Range, ShareReport, Space } from '../../../search/search.ts';
import type { ChartRenderer } from '../../chart/chart.ts';
import { mapChart } from '../../chart/map-chart.ts';
import { type Markup, markup } from '../../html.ts';
import type { RunReport } from '../model.ts';
import { reportedShare } from '../reported-share.ts';
import { dataDetails, figure, section } from './block.ts';

/** Cells of the map, and how many are in a row. */
const most = 960;
const columns = 64;

/** Which nonces were tested, as a map of the space up to the last that was reached. */
export function coverage(report: RunReport, charts: ChartRenderer): Markup {
  const name = 'Coverage of the nonce space';
  const known = knownOf(report);
  if (!known)
    return section(
      name,
      markup`<p>${report.isLive === true ? 'Nothing has been searched yet.' : 'Nothing was searched.'}</p>`,
    );
  const { space, stride, shares } = known;
  const map = coverageMap(space, stride, shares, most);
  const all = space.limit - space.from;
  const reached = map.limit - space.from;
  const nonce = nonceOf(report);
  const hit = nonce !== undefined && nonce >= map.from && nonce < map.limit ? nonce : undefined;
  const ranges = report.ended?.coverage;
  const reachedShare = Number((reached * 1_000_000n) / all) / 1_000_000;
  const drawn = mapChart(
    charts,
    {
      id: 'coverage',
      title: 'Map of the nonces that were tested',
      description: `${plural(map.cells.length, 'cell')} of ${plural(map.size, 'nonce')} each, from ${count(map.from)} to ${count(map.limit - 1n)}, filled as far as they were tested.${hit === undefined ? '' : ' The cell of the golden nonce is marked.'}`,
    },
    {
      cells: map.cells,
      columns,
      colour: 'var(--cell)',
      mark: hit === undefined ? undefined : Number((hit - map.from) / map.size),
      rowName: (cell) => count(map.from + BigInt(cell) * map.size),
    },
  );
  return section(
    name,
    markup`<p class="lead">${
      reached === all
        ? 'The whole space'
        : markup`The part of the space that was reached, ${percent(reachedShare)} of it`
    }: ${count(map.from)} to ${count(map.limit - 1n)}, ${plural(map.size, 'nonce')} a cell, the stronger the colour, the more of it was tested${hit === undefined ? '' : '; the golden nonce is in the marked one'}.${known.exact ? '' : report.isLive === true ? ' This is what was last reported.' : ' The run has not said what it covered: this is what was last reported.'}</p>`,
    figure(name, drawn),
    ranges &&
      dataDetails(
        `Ranges that were tested${ranges.rangesCut ? `: the first ${plural(ranges.ranges.length, 'range')}` : ''}`,
        [{ name: 'From' }, { name: 'To' }, { name: 'Nonces' }],
        ranges.ranges.map(([lo, hi]) => [count(lo), count(BigInt(hi) - 1n), count(BigInt(hi) - BigInt(lo))]),
      ),
  );
}

function nonceOf({ ended, hits }: RunReport): bigint | undefined {
  const nonce = ended?.nonce ?? hits.at(-1)?.nonce;
  return nonce === undefined ? undefined : BigInt(nonce);
}

/** The space, and what is known of its residues; undefined where a map makes no sense. */
function knownOf(
  report: RunReport,
): { space: Space; stride: number; shares: readonly ShareReport[]; exact: boolean } | undefined {
  const { planned, ended } = report;
  if (!planned) return undefined;
  const space = { from: BigInt(planned.from), limit: BigInt(planned.limit), chunk: BigInt(planned.chunk) };
  if (space.chunk < 1n || space.limit <= space.from) return undefined;
  const stride = ended ? ended.coverage.stride : report.instances.size;
  const reported = ended ? ended.coverage.residues.map(reportedShare) : [...report.residues.values()];
  const shares = disjoint(
    reported.map(({ from = space.from, until = space.limit, ...share }) => ({ ...share, from, until })),
  );
  const arePossible = shares.every(
    ({ residue, next, from, until }) =>
      residue < stride &&
      next >= 0n &&
      next % BigInt(stride) === BigInt(residue) &&
      space.from <= from &&
      until <= space.limit,
  );
  return stride > 0 && arePossible ? { space, stride, shares, exact: ended !== undefined } : undefined;
}

/** Each up to where the next one of its residue begins: it was divided since it was reported. */
function disjoint(shares: readonly ShareReport[]): ShareReport[] {
  const sorted = shares.toSorted((a, b) => a.residue - b.residue || (a.from < b.from ? -1 : 1));
  return sorted.map((share, index) => {
    const next = sorted[index + 1];
    if (next?.residue !== share.residue || next.from >= share.until) return share;
    const until = next.from;
    const done = share.done.flatMap(([lo, hi]): Range[] =>
      lo < until ? [[lo, hi < until ? hi : until]] : [],
    );
    return { ...share, until, done };
  });
}
