import {
  type Command,
  type CommandGroup,
  type Flag,
  type Positional,
  configFlag,
  verboseFlag,
} from '../command.ts';

/** A run in the archive. */
export const archivedRun: Positional = {
  name: 'run',
  describe: 'run id, the beginning of one, or last',
  values: 'archived-run',
};

const filterFlags: readonly Flag[] = [
  { name: 'since', describe: 'started at or after: 2026-11-20, 2026-11-20T08:11 (UTC), 2h or 3d ago' },
  { name: 'until', describe: 'started at or before, in the same formats' },
  { name: 'outcome', describe: 'only runs with this outcome', values: 'outcome' },
  { name: 'fleet', describe: 'only runs on this fleet', values: 'fleet' },
];

const ls: Command = {
  name: 'ls',
  describe: 'list the runs, newest first',
  flags: [
    ...filterFlags,
    { name: 'limit', describe: 'at most so many, or all [default: 100]' },
    { name: 'before', describe: 'only runs older than this one: the next page', values: 'archived-run' },
    { name: 'json', boolean: true, describe: 'a JSON array on stdout' },
    configFlag,
    verboseFlag,
  ],
  examples: [
    ['cnd logs ls', 'the newest runs in the archive'],
    ['cnd logs ls --since 3d --outcome found', 'those of the last three days that found a golden nonce'],
  ],
  load: async () => (await import('../logs/ls.ts')).ls,
};

const show: Command = {
  name: 'show',
  describe: 'show the syslogs of a run, merged by time, or that of instance K',
  positionals: [archivedRun, { name: 'k', describe: 'index of one instance, from 0', optional: true }],
  flags: [configFlag, verboseFlag],
  examples: [
    ['cnd logs show last', 'all syslogs of the newest run, by time'],
    ['cnd logs show 20261120 3', 'the syslog of instance #3 of the only run of that day'],
  ],
  load: async () => (await import('../logs/show.ts')).show,
};

const replay: Command = {
  name: 'replay',
  describe: 'show a run again from its journal',
  positionals: [archivedRun],
  flags: [
    {
      name: 'speed',
      describe:
        'at the pace of the run, times this; on a terminal in the live view [default: all at once, as lines]',
    },
    configFlag,
    verboseFlag,
  ],
  examples: [
    ['cnd logs replay last', 'the lines of the newest run'],
    ['cnd logs replay last --speed 10', 'the run as it was shown, ten times as fast'],
  ],
  load: async () => (await import('../logs/replay.ts')).replay,
};

const grep: Command = {
  name: 'grep',
  describe: 'search the syslogs; exits 0 when found, 1 when not, 2 on errors',
  positionals: [
    { name: 'pattern', describe: 'JavaScript regular expression' },
    { ...archivedRun, optional: true },
  ],
  flags: [
    { name: 'ignore-case', alias: 'i', boolean: true, describe: 'ignore case' },
    configFlag,
    verboseFlag,
  ],
  examples: [
    ["cnd logs grep 'hit: \\d+'", 'in every run'],
    ['cnd logs grep -i error last', 'in the newest run'],
  ],
  load: async () => (await import('../logs/grep.ts')).grep,
};

const pull: Command = {
  name: 'pull',
  describe: 'copy the logs and records of a run',
  positionals: [
    archivedRun,
    {
      name: 'dir',
      describe: 'directory to copy them into [default: ./RUN]',
      optional: true,
      values: 'directory',
    },
  ],
  flags: [{ name: 'force', boolean: true, describe: 'overwrite existing files' }, configFlag, verboseFlag],
  examples: [['cnd logs pull last /tmp/run', 'everything that is kept of the newest run']],
  load: async () => (await import('../logs/pull.ts')).pull,
};

const push: Command = {
  name: 'push',
  describe: 'upload runs that are only on this machine to the bucket, and remove them here',
  positionals: [{ ...archivedRun, many: true }],
  flags: [configFlag, verboseFlag],
  examples: [['cnd logs push last', 'the newest run, whose upload failed']],
  load: async () => (await import('../logs/push.ts')).push,
};

const index: Command = {
  name: 'index',
  describe: 'complete the index of the archive, which ls reads, and say what the archive lacks',
  flags: [
    { name: 'rebuild', boolean: true, describe: 'believe nothing of it, and read every record again' },
    configFlag,
    verboseFlag,
  ],
  examples: [
    ['cnd logs index', 'after copying runs into the archive by hand'],
    ['cnd logs index --rebuild', 'after changing records by hand'],
  ],
  load: async () => (await import('../logs/index.ts')).index,
};

const rm: Command = {
  name: 'rm',
  describe: 'delete runs from the archive',
  positionals: [{ ...archivedRun, optional: true, many: true }],
  flags: [
    { name: 'older-than', describe: 'every run that started longer ago than this: 30d, 12h' },
    { name: 'yes', alias: 'y', boolean: true, describe: 'do not ask for confirmation' },
    configFlag,
    verboseFlag,
  ],
  examples: [
    ['cnd logs rm 20261120-081103-x7k2', 'one run, after confirmation'],
    ['cnd logs rm --older-than 30d --yes', 'everything that is older than 30 days'],
  ],
  load: async () => (await import('../logs/rm.ts')).rm,
};

const exporting: Command = {
  name: 'export',
  describe: 'the runs as a table for other programs, CSV or Parquet, the oldest first',
  flags: [
    { name: 'format', describe: 'csv or parquet [default: csv]', values: ['csv', 'parquet'] },
    {
      name: 'rows',
      describe: 'runs, one row a run, or instances, one row an instance [default: runs]',
      values: ['runs', 'instances'],
    },
    { name: 'out', describe: 'the file to write [default: stdout]', values: 'file' },
    ...filterFlags,
    configFlag,
    verboseFlag,
  ],
  examples: [
    ['cnd logs export --out runs.csv', 'one row a run'],
    ['cnd logs export --format parquet --rows instances --out instances.parquet', 'one row an instance'],
  ],
  load: async () => (await import('../logs/export/export.ts')).exportLogs,
};

const prune: Command = {
  name: 'prune',
  describe: 'delete the runs that logs.keep does not keep, as the end of a run does',
  flags: [
    { name: 'keep', describe: 'as long as this, or so many runs: 90d, 500 [default: logs.keep]' },
    { name: 'dry-run', boolean: true, describe: 'show what would be deleted' },
    { name: 'yes', alias: 'y', boolean: true, describe: 'do not ask for confirmation' },
    configFlag,
    verboseFlag,
  ],
  examples: [
    ['cnd logs prune --keep 90d --dry-run', 'what a logs.keep of 90 days would delete'],
    ['cnd logs prune --yes', 'what logs.keep does not keep any longer'],
  ],
  load: async () => (await import('../logs/prune.ts')).prune,
};

/** `cnd logs`: the archive of syslogs and run records. */
export const logs: CommandGroup = {
  name: 'logs',
  describe: 'review the archive of instance syslogs and run records',
  commands: [ls, show, replay, grep, pull, push, rm, prune, index, exporting],
};
