import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LocalFleet } from '../../../src/fleet/local/local.ts';
import { newRunId } from '../../../src/run-id.ts';
import { eventually, orphans, untilGone } from '../../helper/process.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'cnd-prepared-'));
});
afterEach(() => rmSync(base, { recursive: true }));

const fleetAt = (name: string): LocalFleet => {
  const state = join(base, name);
  mkdirSync(state, { recursive: true, mode: 0o700 });
  return new LocalFleet({ bootDelay: 0, rehearse: [] }, { ...process.env, XDG_STATE_HOME: state });
};

test('a run that is prepared and not launched is found without instances, also from elsewhere, and can be ended', async () => {
  const run = newRunId();
  const endPrepared = fleetAt('own').prepare({
    run,
    count: 3,
    lifetime: 60,
    expiresAt: new Date(Date.now() + 60_000),
  });
  try {
    await eventually('its host', () => orphans(run).length > 0);
    for (const place of ['own', 'other']) {
      const found = await fleetAt(place).find();
      expect(found.find((one) => one.run === run)).toMatchObject({ run, instances: [] });
    }
    expect(await fleetAt('own').terminate(run)).toEqual([]);
    await untilGone(run);
  } finally {
    await endPrepared();
  }
});
