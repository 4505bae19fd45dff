import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DirectoryArchive } from '../../../src/archive/directory.ts';
import { InProcessBroadcast } from '../../../src/broadcast/in-process.ts';
import { systemClock } from '../../../src/clock.ts';
import { resolveConfig } from '../../../src/config/config.ts';
import { engines } from '../../../src/engine/registry.ts';
import type { RunEvent } from '../../../src/event/event.ts';
import { parseRecord } from '../../../src/event/record.ts';
import { openAllFleets, fleetKinds } from '../../../src/fleet/registry.ts';
import { newRunId } from '../../../src/run-id.ts';
import { Interrupts } from '../../../src/run/interrupt.ts';
import { executeRun } from '../../../src/run/run.ts';
import { describeFleet } from '../../contract/fleet.ts';
import { orphans } from '../../helper/process.ts';
import { ChildFleet } from './child.ts';
import { childKind } from './kind.ts';

// A fleet is one folder and one line: this one, of child processes without SSH, is added without touching src/.
const kinds = [...fleetKinds, childKind];

let home: string;
let env: NodeJS.ProcessEnv;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'cnd-child-'));
  env = { ...process.env, XDG_STATE_HOME: home };
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

describeFleet('of child processes', async () => {
  const state = mkdtempSync(join(tmpdir(), 'cnd-child-'));
  const place = { ...process.env, XDG_STATE_HOME: state };
  return {
    fleet: new ChildFleet(place),
    gone: ['terminated'],
    stranger: () => new ChildFleet(place),
    failing: () => {
      const file = join(state, 'a-file');
      writeFileSync(file, '');
      return new ChildFleet({ ...place, XDG_STATE_HOME: file });
    },
    orphans: async (run) => orphans(run),
    close: async () => rmSync(state, { recursive: true, force: true }),
  };
});

const flags = { fleet: 'child', N: '3', T: '60', D: '5', smallest: true, chunk: '10000' };
const config = (more: object = {}) =>
  resolveConfig(
    {
      flags: { ...flags, ...more },
      env: {},
      file: { path: 'cnd.config.json', directory: home, content: { child: { greeting: 'hi' } } },
    },
    kinds,
  );

describe('its line in the registry', () => {
  test('brings its settings, flags and words', () => {
    expect(config().fleetConfig).toEqual({ greeting: 'hi' });
    expect(config({ greeting: 'hey' }).fleetConfig).toEqual({ greeting: 'hey' });
    expect(() => config({ fleet: 'local', greeting: 'hey' })).toThrow(
      /--greeting is a setting of the fleet child, but the fleet is local/,
    );
    expect(() => config({ fleet: 'moon' })).toThrow(/must be one of local, hosts, ec2, kubernetes, child/);
  });

  test('lets ps and scram find it', async () => {
    const { fleets } = await openAllFleets(env, {}, [childKind]);
    expect(fleets.map(({ name }) => name)).toEqual(['child']);
  });
});

test('a whole run searches on it', async () => {
  const run = newRunId();
  const events: RunEvent[] = [];
  const { fleetKind, fleetConfig, ...rest } = config();
  const logs = join(home, 'logs');
  const code = await executeRun({
    run,
    config: { ...rest, fleetKind, fleetConfig },
    fleet: await fleetKind.open(fleetConfig, env),
    engine: engines.agents,
    broadcast: new InProcessBroadcast(),
    archive: new DirectoryArchive(logs),
    views: [{ show: (event) => void events.push(event), close: async () => {} }],
    interrupts: new Interrupts(),
    clock: systemClock,
    start: { monotonic: systemClock.monotonic(), wall: systemClock.wall() },
    env,
    kernel: { rate: 1 },
  });
  expect(code).toBe(0);
  expect(events.at(-1)).toMatchObject({ event: 'run.ended', outcome: 'found', nonce: '46697', left: [] });
  expect(orphans(run)).toEqual([]);
  const record = parseRecord(readFileSync(join(logs, run, 'run.json'), 'utf8'));
  expect(record?.instances?.map(({ address }) => address)).toEqual(
    [0, 1, 2].map((index) => `child:h${index}-${run}`),
  );
  const syslogs = readdirSync(join(logs, run)).filter((name) => name.endsWith('.gz'));
  expect(syslogs).toHaveLength(3);
  expect(gunzipSync(readFileSync(join(logs, run, syslogs[0] ?? ''))).toString()).toMatch(/booted/);
});
