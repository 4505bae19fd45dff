import { costWords } from '../../../cost.ts';
import { count, dollars } from '../../../quantity.ts';
import { type Markup, markup } from '../../html.ts';
import type { RunReport } from '../model.ts';
import { facts, section } from './block.ts';

/** What the run cost at most, and what that is computed from. */
export function costs({ preflight, ended, planned, instances }: RunReport): Markup {
  if (!preflight && ended?.costBasis === undefined)
    return section(
      'Cost',
      markup`<p>The instances${planned && ` of the ${planned.fleet} fleet`} cost nothing.</p>`,
    );
  const { price } = preflight ?? {};
  return section(
    'Cost',
    facts([
      ...(ended ? [['cost', costWords(ended.cost, ended.costBasis)] as const] : []),
      ...(preflight ? [['planned', costWords(preflight.cost, preflight.costBasis)] as const] : []),
      ...(price
        ? [
            [
              'an instance',
              `$${dollars(price.hourly)} an hour, at least ${count(price.leastSeconds)} s; there were ${instances.size}`,
            ] as const,
          ]
        : []),
    ]),
  );
}
