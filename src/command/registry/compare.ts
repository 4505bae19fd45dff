import type { Command, Flag } from '../command.ts';
import { startFlags } from '../start/options.ts';

/** Flags of a start that a series does not have: it sets them itself, or they would make runs unequal. */
const notInSeries: ReadonlySet<string> = new Set([
  'smallest',
  'min-N',
  'replace',
  'confidence',
  'plain',
  'quiet',
  'checkpoint',
  'detach',
]);

/** What a series varies, in place of the flag of a start that has one value. */
const varied: Readonly<Record<string, Partial<Flag>>> = {
  N: { describe: 'numbers of instances: 1,2,4,8' },
  D: { describe: 'difficulties: 5,6,7' },
  type: { name: 'types', describe: 'EC2 instance types, each on its own: c7a.large,c7g.large' },
  kernel: { describe: 'kernels: auto,python' },
  T: { describe: 'seconds until everything is terminated, for each run' },
  'max-cost': { describe: 'US dollars; runs that may cost more together are not started' },
  'confirm-above': {
    describe: 'US dollars; a series that may cost more is asked about once, on a terminal [default: 1]',
  },
  yes: { describe: 'make the runs without asking; --max-cost still bounds the cost' },
  'dry-run': { describe: 'show the runs and what they may cost, and launch nothing' },
  json: { describe: 'the comparison as JSON, as --format json' },
};

/** `cnd compare` */
export const compareCommand: Command = {
  name: 'compare',
  describe: 'make a series of runs, or read runs of the archive, and compare their times',
  flags: [
    ...startFlags
      .filter(({ name }) => !notInSeries.has(name))
      .map((flag): Flag => Object.assign({}, flag, varied[flag.name])),
    { name: 'repeats', describe: 'times that each run is made [default: 1]' },
    {
      name: 'resume',
      describe: 'continue this series where it stopped: its id, the beginning of one, or last',
    },
    {
      name: 'series',
      describe: 'compare what was made of this series: its id, the beginning of one, or last',
    },
    {
      name: 'runs',
      describe:
        'compare these runs of the archive: ids, or beginnings of ids, each for all runs that begin so',
      values: 'archived-run',
    },
    {
      name: 'format',
      describe: 'table, json, markdown, csv, html or svg [default: by the name of --output, else table]',
      values: ['table', 'json', 'markdown', 'csv', 'html', 'svg'],
    },
    { name: 'output', describe: 'the file to write [default: stdout]', values: 'file' },
  ],
  examples: [
    ['cnd compare --N 1,2,4,8 --T 120 --D 7 --repeats 3', 'the speed-up of local instances'],
    ['cnd compare --resume last --output compare.html', 'the rest of a series, as a page for a browser'],
    ['cnd compare --runs 20261120,last', 'the runs of a day, and the newest run'],
  ],
  load: async () => (await import('../compare/compare.ts')).compare,
};
