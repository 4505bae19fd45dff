import type { Command, CommandGroup } from '../command.ts';
import { compareCommand } from './compare.ts';
import { completionCommand, initCommand } from './setup.ts';
import { archivedRun, logs } from './logs.ts';
import { configFlag, verboseFlag } from '../command.ts';
import { clusterFlags, filterFlags } from '../inventory-filter.ts';
import { puzzleFlags, startFlags } from '../start/options.ts';

/** How a run is shown, which a plan is not. */
const notForPlans = new Set([
  'dry-run',
  'plain',
  'quiet',
  'json',
  'verbose',
  'config',
  'max-cost',
  'smallest',
  'chunk',
  'linger',
  'confidence',
  'audit',
  'checkpoint',
  'replace',
  'web',
  'detach',
]);

/** How a run is shown. */
const shownBy = new Set(['json', 'plain', 'quiet']);

/** What is searched: a run that resumes another has it from that. */
const ofSearch = new Set(['from', 'limit', 'smallest', 'detach', ...puzzleFlags]);

const exampleRun = '20261120-081103-x7k2';

const start: Command = {
  name: 'start',
  describe: 'launch a fleet, search, stop at the golden nonce, terminate everything',
  flags: startFlags,
  examples: [
    ['cnd start --N 8 --T 200 --D 2', 'eight instances, at most 200 s, two leading zero digits'],
    ['cnd start --N 4 --T 60 --D 6 --smallest', 'the smallest golden nonce, always the same'],
  ],
  load: async () => (await import('../start/start.ts')).start,
};

const scram: Command = {
  name: 'scram',
  describe: 'emergency shutdown: terminate everything that cnd launched',
  flags: [
    { name: 'run', describe: 'only this run', values: 'live-run' },
    ...filterFlags,
    { name: 'everyone', boolean: true, describe: 'also runs of other users of this account' },
    { name: 'dry-run', boolean: true, describe: 'show what would be terminated' },
    { name: 'forget', describe: 'stop checking with an AWS profile that no longer exists' },
    verboseFlag,
  ],
  examples: [
    ['cnd scram', 'terminate everything, on this machine and in every EC2 region'],
    [`cnd scram --run ${exampleRun}`, 'terminate one run'],
  ],
  load: async () => (await import('../scram.ts')).scram,
};

const ps: Command = {
  name: 'ps',
  describe: 'show what is running',
  flags: [...filterFlags, { name: 'json', boolean: true, describe: 'a JSON array on stdout' }, verboseFlag],
  examples: [['cnd ps', 'every run of this user that still has instances']],
  load: async () => (await import('../ps.ts')).ps,
};

const attach: Command = {
  name: 'attach',
  describe: 'watch a run that another terminal drives; leaving it ends nothing',
  positionals: [{ name: 'run', describe: 'run id, the beginning of one, or last', values: 'any-run' }],
  flags: [...startFlags.filter(({ name }) => shownBy.has(name)), ...clusterFlags, verboseFlag, configFlag],
  examples: [['cnd attach last', 'the live view of the newest run, from any directory']],
  load: async () => (await import('../attach/attach.ts')).attach,
};

const watch: Command = {
  name: 'watch',
  describe: 'serve the live report of a run to browsers of this machine; leaving it ends nothing',
  positionals: [{ name: 'run', describe: 'run id, the beginning of one, or last', values: 'any-run' }],
  flags: [
    { name: 'port', describe: 'port on 127.0.0.1 and ::1 [default: any that is free]' },
    configFlag,
    verboseFlag,
  ],
  examples: [['cnd watch last', 'that of the newest run; open the address that it prints']],
  load: async () => (await import('../watch/watch.ts')).watch,
};

const resume: Command = {
  name: 'resume',
  describe:
    'continue a run: within the same T after its controller was killed, or as a new run after it has ended',
  positionals: [
    {
      name: 'run',
      describe: 'run id, or the beginning of one [default: the only one without a controller]',
      optional: true,
      values: 'any-run',
    },
  ],
  flags: [
    ...startFlags.filter(({ name }) => !ofSearch.has(name)),
    ...clusterFlags.filter(({ name }) => name === 'all-namespaces'),
  ],
  examples: [
    [`cnd resume ${exampleRun}`, 'after kill -9, a crash or a reboot of this machine'],
    ['cnd resume last --T 600', 'a new run, of 600 s, that tests what the newest run has not tested'],
  ],
  load: async () => (await import('../resume/resume.ts')).resume,
};

const doctor: Command = {
  name: 'doctor',
  describe: 'check what a start needs, and create nothing',
  flags: startFlags.filter(({ name }) => !['dry-run', 'quiet', 'confidence', 'web'].includes(name)),
  examples: [['cnd doctor --fleet ec2', 'would a launch on EC2 work?']],
  load: async () => (await import('../doctor.ts')).doctor,
};

const plan: Command = {
  name: 'plan',
  describe:
    'how many instances a search needs, what they cost and how likely it succeeds; exits 1 when nothing is possible',
  flags: [
    ...startFlags.filter(({ name }) => !notForPlans.has(name)),
    { name: 'confidence', describe: 'probability of success by T that is wanted [default: 0.95]' },
    { name: 'budget', describe: 'US dollars: the most likely success for at most so much' },
    { name: 'json', boolean: true, describe: 'a JSON object on stdout' },
    verboseFlag,
    configFlag,
  ],
  examples: [
    [
      'cnd plan --fleet ec2 --D 8 --T 300 --limit 100000000000',
      'how many instances find it within 5 minutes, with 95 %',
    ],
    ['cnd plan --N 8 --D 7 --T 60', 'how likely eight local instances find it within a minute'],
    ['cnd plan --fleet ec2 --type c7a.large,c7g.large --D 7 --budget 1', 'the best for a dollar'],
  ],
  load: async () => (await import('../plan/plan.ts')).plan,
};

const report: Command = {
  name: 'report',
  describe: 'make the report of a run again, one HTML page',
  positionals: [archivedRun],
  flags: [
    {
      name: 'output',
      describe: 'file to write it to [default: report.html of the run, with a bucket ./RUN.html]',
      values: 'file',
    },
    configFlag,
    verboseFlag,
  ],
  examples: [
    ['cnd report last', 'that of the newest run, in its folder'],
    ['cnd report 20261120 --output run.html', 'that of the only run of that day'],
  ],
  load: async () => (await import('../report/report.ts')).report,
};

const verify: Command = {
  name: 'verify',
  describe: 'check whether a nonce is golden; exits 0 when it is, 1 when not, 2 on errors',
  positionals: [
    { name: 'nonce', describe: 'the nonce, in decimal' },
    { name: 'claimed', describe: 'the digest that it is said to have, as it is shown', optional: true },
  ],
  flags: [...startFlags.filter(({ name }) => puzzleFlags.includes(name)), configFlag, verboseFlag],
  examples: [
    ['cnd verify 116 --D 2', 'the smallest golden nonce of the default block'],
    ["cnd verify 3 --scheme sha256 --template '{block}:{nonce}' --prefix 0", 'of another text, and goal'],
  ],
  load: async () => (await import('../verify.ts')).verifyNonce,
};

const bench: Command = {
  name: 'bench',
  describe: 'measure the kernels on this machine',
  flags: [{ name: 'json', boolean: true, describe: 'a JSON object on stdout' }, verboseFlag],
  examples: [['cnd bench', 'nonces per second by scheme and instruction set']],
  load: async () => (await import('../bench.ts')).bench,
};

/** Every command of cnd, in the order of `--help`; a new one is one line here. */
export const commands: readonly (Command | CommandGroup)[] = [
  start,
  attach,
  watch,
  resume,
  scram,
  ps,
  logs,
  report,
  plan,
  compareCommand,
  verify,
  bench,
  doctor,
  initCommand,
  completionCommand,
];
