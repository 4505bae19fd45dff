import { type Markup, markup } from '../../html.ts';
import { startCommand } from '../../start-command.ts';
import type { RunReport } from '../model.ts';
import { section } from './block.ts';

/** The command that starts the same search again. */
export function again({ planned, instances }: RunReport): Markup {
  if (!planned)
    return section('Run it again', markup`<p>The journal does not tell how the run was started.</p>`);
  const types = new Set([...instances.values()].map(({ type }) => type));
  const [type] = types;
  const command = startCommand({
    ...planned,
    fleetFlags: types.size === 1 && type !== undefined && /^[\w.-]+$/.test(type) ? [`--type ${type}`] : [],
  });
  return section(
    'Run it again',
    markup`<pre>${command}</pre>`,
    markup`<p class="lead">With other settings of the fleet as they are above, from cnd.config.json or as flags.${planned.smallest ? ' The answer is always the same.' : markup` With <code class="flag">--smallest</code> the answer is always the same.`}</p>`,
  );
}
