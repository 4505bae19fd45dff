import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { type Ec2Settings, ec2Defaults, ec2Schema } from '../../../src/fleet/ec2/schema.ts';
import { type Ec2Api, sdkApi } from '../../../src/fleet/ec2/api.ts';
import { Ec2Fleet } from '../../../src/fleet/ec2/ec2.ts';
import type { Ec2Options } from '../../../src/fleet/ec2/option.ts';
import { queueOrphans } from '../../../src/fleet/ec2/terminate/queue.ts';
import type { LaunchRequest } from '../../../src/fleet/fleet.ts';
import { newRunId } from '../../../src/run-id.ts';
import { eventually } from '../../helper/process.ts';
import { Stage } from '../../helper/stage/stage.ts';

/** Makes fleets on a stage within the test's own process, as one user or another. */
export class Ec2Lab {
  readonly stage: Stage;
  readonly home: string;
  readonly #undo: (() => void)[] = [];

  constructor(stage: Stage) {
    this.stage = stage;
    this.home = mkdtempSync(join(tmpdir(), 'cnd-ec2-'));
  }

  /** The environment of a user of the stage, with a home of its own. */
  env(name = 'alice'): NodeJS.ProcessEnv {
    const { home } = this;
    return {
      ...this.stage.env(name),
      HOME: home,
      XDG_STATE_HOME: join(home, 'state'),
      XDG_CACHE_HOME: join(home, 'cache'),
    };
  }

  /** The SDK reads credentials and endpoints from the process' own environment. */
  become(name = 'alice'): void {
    for (const [key, value] of Object.entries(this.env(name))) {
      const before = process.env[key];
      process.env[key] = value;
      this.#undo.push(() => {
        if (before === undefined) delete process.env[key];
        else process.env[key] = before;
      });
    }
  }

  settings(settings: Partial<Ec2Settings> = {}): Ec2Settings {
    return ec2Schema.parse({ ...ec2Defaults, ...this.stage.config.ec2, ...settings });
  }

  api(region: string = this.stage.region): Ec2Api {
    return sdkApi({ region }, this.env());
  }

  fleet(settings: Partial<Ec2Settings> = {}, options: Partial<Ec2Options> = {}): Ec2Fleet {
    const { region = this.stage.region } = settings;
    const env = this.env();
    return new Ec2Fleet({
      settings: this.settings(settings),
      api: this.api(region),
      env,
      orphanKinds: [queueOrphans({ region }, env)],
      // Twice the stage's longest delay, as in a run.
      timing: { poll: 0.1, settle: 0.6 },
      ...options,
    });
  }

  request(overrides: Partial<LaunchRequest> = {}): LaunchRequest {
    return {
      run: newRunId(),
      count: 3,
      minimum: 1,
      lifetime: 120,
      expiresAt: new Date(Date.now() + 120_000),
      ...overrides,
    };
  }

  /** Launches so many instances, and gives their run once all can be seen. */
  async launched(count: number, fleet: Ec2Fleet = this.fleet()): Promise<string> {
    const asked = this.request({ count });
    await fleet.launch(asked, new AbortController().signal);
    await eventually('all seen', async () => (await fleet.describe(asked.run)).length === count);
    return asked.run;
  }

  async close(): Promise<void> {
    for (const undo of this.#undo.toReversed()) undo();
    rmSync(this.home, { recursive: true, force: true });
    await this.stage.reset();
  }
}

/** The stage of a suite without machines, and a lab on it for each test; between tests both are as if new. */
export function useLab(): { readonly stage: Stage; readonly lab: Ec2Lab } {
  let stage: Stage;
  let lab: Ec2Lab;
  beforeAll(async () => {
    stage = await Stage.open({ boots: false, stalest: 300 });
  });
  afterAll(() => stage.close());
  beforeEach(() => {
    lab = new Ec2Lab(stage);
    lab.become();
  });
  afterEach(() => lab.close());
  return {
    get stage() {
      return stage;
    },
    get lab() {
      return lab;
    },
  };
}
