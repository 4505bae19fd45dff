import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Cnd, type Ended, workplace } from '../cnd.ts';
import { repository } from './repository.ts';
import { secluded } from './secluded.ts';
import type { Stage } from './stage.ts';

/** A directory of a user who has EC2 as the default fleet, on a stage. */
export interface StagePlace {
  readonly directory: string;
  /** Only for what launches; see `run`. */
  readonly start: (args: string, env?: NodeJS.ProcessEnv) => Cnd;
  /** `scram` and `ps` are run where they see no process of anybody else: of local runs they find none. */
  readonly run: (args: string, env?: NodeJS.ProcessEnv) => Promise<Ended>;
  readonly remove: () => void;
}

/** What a test puts into cnd.config.json besides. */
export interface PlaceOptions {
  readonly ec2?: Readonly<Record<string, unknown>>;
  readonly logs?: Readonly<Record<string, unknown>>;
  /** Who works there. */
  readonly name?: string;
}

const bin = join(repository, 'bin/cnd.js');

/** What looks for runs on the whole machine. */
const farReaching = new Set(['scram', 'ps']);

/** Makes a fresh place; arguments are words with blanks between them. */
export function stagePlace(stage: Stage, options: PlaceOptions = {}): StagePlace {
  const { ec2 = {}, logs = {}, name = 'alice' } = options;
  const place = workplace();
  const { directory, state } = place;
  const { config } = stage;
  const content = { ...config, ec2: { ...config.ec2, ...ec2 }, logs };
  writeFileSync(join(directory, 'cnd.config.json'), JSON.stringify(content));
  const own = { ...stage.env(name), XDG_CACHE_HOME: join(directory, 'cache'), NO_COLOR: '1' };
  const start: StagePlace['start'] = (args, env = {}) => {
    const words = args.split(' ');
    if (words.some((word) => farReaching.has(word))) throw new Error(`cnd ${args} must be run secluded`);
    return place.start(words, { ...own, ...env });
  };
  const alone = async (words: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> =>
    secluded([process.execPath, bin, ...words], directory, {
      ...process.env,
      XDG_STATE_HOME: state,
      ...own,
      ...env,
    });
  const run: StagePlace['run'] = async (args, env = {}) => {
    const words = args.split(' ');
    return words.some((word) => farReaching.has(word)) ? alone(words, env) : start(args, env).ended;
  };
  return { directory, start, run, remove: () => place.remove() };
}
