import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault, Scenario } from './scenario.ts';

/** One place of the product that is made wrong: this text, which occurs there once, becomes that. */
interface Edit {
  readonly file: string;
  readonly search: string;
  readonly replace: string;
}

/** A fault that is put into the product, and a run in which the invariants must notice it. */
export interface Mutant {
  readonly name: string;
  readonly edits: readonly Edit[];
  readonly scenario: Scenario;
  /** What one of the violations says. */
  readonly caughtBy: RegExp;
}

/** A run to which nothing happens but this. */
function scenario(change: Partial<Scenario>, ...faults: readonly Fault[]): Scenario {
  return {
    seed: 0,
    fleet: 'local',
    instances: 2,
    timeLimit: 8,
    difficulty: 16,
    smallest: false,
    from: 0,
    size: 50_000_000,
    chunk: 1000,
    kernel: 'honest',
    agent: 'own',
    output: 'json',
    companion: false,
    pace: 0,
    replace: false,
    ...change,
    faults: [...faults],
  };
}

/** A signal to the first process of a kind, at a moment of the run. */
function signal(
  target: Extract<Fault['action'], { do: 'signal' }>['target'],
  name: 'SIGKILL' | 'SIGINT' | 'SIGSTOP',
  at: Fault['at'],
  delay = 0,
): Fault {
  return { at, delay, action: { do: 'signal', target, signal: name, which: 0 } };
}

/**
 * Three instances of very unequal speed: 5 s of search at best if work moves, 33 s at least if it does not. So slow that it does not
 * matter how busy the machine is.
 */
const unequal = scenario({ instances: 3, timeLimit: 31, size: 20_000, chunk: 500, pace: 200 });

/** Faults of the kinds that matter most, each of which the chaos suite must catch: npm run chaos:mutants. */
export const mutants: readonly Mutant[] = [
  {
    name: 'the last undo of a cleanup is skipped',
    edits: [
      {
        file: 'src/run/cleanup.ts',
        search: 'of this.#undos.toReversed())',
        replace: 'of this.#undos.slice(0, -1).toReversed())',
      },
    ],
    scenario: scenario({ fleet: 'hosts' }, signal('controller', 'SIGINT', 'search.all')),
    caughtBy: /left soon after "terminated"|"terminated" was said while/,
  },
  {
    name: 'a termination is believed without a look',
    edits: [
      {
        file: 'src/fleet/terminate-all.ts',
        search: 'await within(limit, fleet.terminate(run));',
        replace: '[...known];',
      },
      {
        file: 'src/fleet/terminate-all.ts',
        search: 'left = instances.filter(isLiving);',
        replace: 'left = [];',
      },
    ],
    scenario: scenario({ fleet: 'hosts' }, signal('controller', 'SIGINT', 'search.all')),
    caughtBy: /left soon after "terminated"|"terminated" was said while/,
  },
  {
    name: 'the agent counts a slice as done when it deals it',
    edits: [
      {
        file: 'remote/dealer.py',
        search: '        held.in_flight += 1\n        self.open_up(held)\n        return Slice',
        replace:
          '        held.in_flight += 1\n        held.done.add(lo, hi)\n        self.open_up(held)\n        return Slice',
      },
    ],
    scenario: scenario({}),
    caughtBy: /is said to be tested, and no kernel did it/,
  },
  {
    name: 'what a lost instance held is given to nobody',
    edits: [
      {
        file: 'src/search/ledger.ts',
        search: 'for (const slot of slots) this.#count(slot, () => orphan(slot));',
        replace: '',
      },
    ],
    // Slow, so that one has something when its agent is killed, on whatever machine.
    scenario: scenario(
      { size: 60_000, timeLimit: 28, pace: 4000 },
      signal('agent', 'SIGKILL', 'search.all', 500),
      signal('agent', 'SIGKILL', 'search.all', 600),
    ),
    caughtBy: /time-limit of 60000 nonces/,
  },
  {
    name: 'a hit is announced without being verified',
    edits: [
      {
        file: 'src/engine/hit.ts',
        search: 'const digest = verify(puzzle, nonce, reported);',
        replace: 'const digest = verify(puzzle, nonce, reported) ?? reported;',
      },
    ],
    scenario: scenario({ agent: 'false-hit' }),
    caughtBy: /is not golden here/,
  },
  {
    name: 'the first hit is called the smallest',
    edits: [
      {
        file: 'src/engine/agents/search.ts',
        search: 'return this.#ledger.complete(this.best?.nonce ?? this.#ledger.space.limit);',
        replace: 'return this.best !== undefined || this.#ledger.complete(this.#ledger.space.limit);',
      },
    ],
    scenario: scenario({ smallest: true, difficulty: 3, instances: 4 }),
    caughtBy: /is not the smallest/,
  },
  {
    name: 'the guard of a host does nothing',
    edits: [
      {
        file: 'src/fleet/hosts/command.ts',
        search: 'if [ "$(cat "$d/guard")" = $g ]; then',
        replace: 'if false; then',
      },
    ],
    scenario: scenario({ fleet: 'hosts', timeLimit: 7 }, signal('controller', 'SIGKILL', 'search.all')),
    caughtBy: /left 5 s after T/,
  },
  {
    name: 'the switch of an EC2 instance powers it off an hour later',
    edits: [
      {
        file: 'src/fleet/ec2/launch/user-data.ts',
        search: '--on-active="$left"',
        replace: '--on-active="$((left+3600))"',
      },
    ],
    // Of an odd seed: what is left is not ended by a scram.
    scenario: scenario(
      { seed: 1, fleet: 'ec2', instances: 1, timeLimit: 34 },
      signal('controller', 'SIGKILL', 'search.all'),
    ),
    caughtBy: /left 65 s after T/,
  },
  {
    name: 'the journal is written at the end only',
    edits: [
      {
        file: 'src/event/journal.ts',
        search: '    this.#writing ??= this.#writeAll();\n',
        replace: "    if (event.event === 'run.ended') this.#writing ??= this.#writeAll();\n",
      },
      {
        file: 'src/event/journal.ts',
        search: "    if (event.event === 'hit') this.#writeNow();\n",
        replace: "    if (event.event === 'run.ended') this.#writeNow();\n",
      },
    ],
    scenario: scenario({ difficulty: 3 }, signal('controller', 'SIGKILL', 'hit')),
    caughtBy: /a hit was told that is not in the journal/,
  },
  {
    name: 'every report is counted anew',
    edits: [
      {
        file: 'src/search/ledger.ts',
        search: 'this.#tested += more;',
        replace: 'this.#tested += before >= 0n ? slot.progress.count : more;',
      },
    ],
    scenario: scenario({ instances: 1 }),
    caughtBy: /tested \d+, but its ranges hold/,
  },
  {
    name: 'an agent whose connection breaks is given up at once',
    edits: [
      {
        file: 'src/engine/agents/worker.ts',
        search: 'this.#survives && survivable.has(failure.code)',
        replace: 'this.#survives && failure.code === this.#failure?.message',
      },
    ],
    // Slow, so that there is much left to be searched when its relay is killed, on whatever machine.
    scenario: scenario(
      { fleet: 'hosts', size: 60_000, timeLimit: 25, pace: 2000 },
      signal('attach', 'SIGKILL', 'search.all', 500),
    ),
    caughtBy: /was searched twice, and no instance was lost/,
  },
  {
    name: 'the search goes on until T and beyond',
    edits: [
      {
        file: 'src/run/context.ts',
        search: '() => config.timeLimit - this.teardown.search,',
        replace: '() => config.timeLimit + this.teardown.search,',
      },
    ],
    scenario: scenario({}),
    caughtBy: /it took [\d.]+ s of T/,
  },
  {
    name: 'of several that resume a run everybody wins',
    edits: [
      {
        file: 'src/state/claim.ts',
        search: 'if (isAlive(driver)) throw drivenBy(run, driver);',
        replace: "if (isAlive(driver) && run === '') throw drivenBy(run, driver);",
      },
      {
        file: 'src/state/claim.ts',
        search: 'const epoch = (newest?.epoch ?? firstEpoch) + 1;',
        replace: 'const epoch = firstEpoch + 1;',
      },
      {
        file: 'src/state/claim.ts',
        search: "if (codeOf(error) !== 'EEXIST') throw unusable(error, run, path, 'written', env);",
        replace: "if (codeOf(error) === 'EEXIST') return epoch;",
      },
    ],
    scenario: scenario(
      { timeLimit: 16 },
      { at: 'search.all', delay: 1000, action: { do: 'resume', after: 200, count: 4 } },
    ),
    caughtBy: /say that they ended the run/,
  },
  {
    name: 'who takes a run up begins from nothing',
    edits: [
      {
        file: 'src/engine/agents/resume/resumed-search.ts',
        search: '  if (value === undefined) {\n    const ledger',
        replace: '  if (value === undefined || workers > 0) {\n    const ledger',
      },
    ],
    scenario: scenario(
      { timeLimit: 20 },
      { at: 'search.all', delay: 9000, action: { do: 'resume', after: 1000, count: 1 } },
      signal('agent', 'SIGKILL', 'search.all', 9300),
      signal('agent', 'SIGKILL', 'search.all', 9400),
    ),
    caughtBy: /tested went back/,
  },
  {
    name: 'work does not move to who has nothing left',
    edits: [
      {
        file: 'src/search/assignment.ts',
        search: 'if (!last || end(last) - together < worthwhile) return [];',
        replace: 'if (!last || together >= 0) return [];',
      },
    ],
    scenario: unequal,
    caughtBy: /time-limit of 20000 nonces/,
  },
  {
    name: 'an agent goes on with what it has given back',
    edits: [
      {
        file: 'remote/dealer.py',
        search:
          '        held.until = min(held.until, max(nonce, self.frontier(held)))\n        held.done.drop_from(held.until)\n        self.pass_done(held)\n        return held.until\n',
        replace: '        return min(held.until, max(nonce, self.frontier(held)))\n',
      },
    ],
    scenario: unequal,
    caughtBy: /was searched twice, and no instance was lost|an honest instance was discredited/,
  },
  {
    name: 'that a share was given to two is not told',
    edits: [
      {
        file: 'src/engine/agents/work-order.ts',
        search: '...(takenFrom !== undefined && { takenFrom }),',
        replace: '...(takenFrom !== undefined && shares.isFull && { takenFrom }),',
      },
    ],
    scenario: scenario(
      { timeLimit: 40, size: 20_000 },
      {
        at: 'search.all',
        delay: 0,
        action: { do: 'signal', target: 'agent', signal: 'SIGSTOP', which: 0, resume: 16_000 },
      },
    ),
    caughtBy: /was searched twice, and no instance was lost/,
  },
  {
    name: 'no instance is replaced',
    edits: [
      {
        file: 'src/run/replacement.ts',
        search: "if (lost.endedBy !== 'service' ||",
        replace: "if (lost.endedBy === 'service' ||",
      },
    ],
    scenario: scenario(
      { instances: 1, timeLimit: 14, replace: true },
      { at: 'start', delay: 0, action: { do: 'dies', which: 0, after: 2 } },
    ),
    caughtBy: /it failed, with an instance that was to be replaced/,
  },
  {
    name: 'none found exits 0',
    edits: [
      {
        file: 'src/event/outcome.ts',
        search: 'notFound: 3',
        replace: 'notFound: 0',
      },
    ],
    scenario: scenario({ size: 5000 }),
    caughtBy: /exits 0/,
  },
];

/** What the product's files become with a mutant in them: path and text. @throws Error where an edit no longer applies. */
export function mutated(mutant: Mutant, root: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const { file, search, replace } of mutant.edits) {
    const text = files.get(file) ?? readFileSync(join(root, file), 'utf8');
    const count = text.split(search).length - 1;
    if (count !== 1)
      throw new Error(`mutant "${mutant.name}": ${file} has ${count} times, not once: ${search.trim()}`);
    files.set(
      file,
      text.replace(search, () => replace),
    );
  }
  return files;
}
