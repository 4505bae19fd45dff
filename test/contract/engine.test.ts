import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engines } from '../../src/engine/registry.ts';
import { Watch } from '../../src/engine/watch.ts';
import { Link } from '../../src/session/link.ts';
import { ProcessEngine } from '../engine/process/process-engine.ts';
import { ChildFleet } from '../fleet/child/child.ts';
import { describeEngine } from './engine.ts';

describeEngine('of agents on a fleet', async (run) => {
  const home = mkdtempSync(join(tmpdir(), 'cnd-engine-'));
  const fleet = new ChildFleet({ ...process.env, XDG_STATE_HOME: home });
  const life = new AbortController();
  const { signal } = life;
  const expiresAt = new Date(Date.now() + 60_000);
  const request = { run, count: 2, minimum: 2, lifetime: 60, expiresAt, notice: () => {} };
  const launched = await fleet.launch(request, signal);
  const links = new Map(
    launched.map((instance) => [
      instance.index,
      new Link(() => fleet.connect(instance, { signal, onWait: () => {} })),
    ]),
  );
  const none = new Link(() => Promise.reject(new Error('there is no such instance')));
  return {
    engine: engines.agents({
      launched,
      watch: new Watch(fleet, run, launched, { onError: () => {} }),
      link: ({ index }) => links.get(index) ?? none,
      guard: undefined,
      lifetime: () => 60,
      switch: undefined,
      replace: () => undefined,
      interruptionNotices: undefined,
      onAnswer: undefined,
    }),
    close: async () => {
      life.abort();
      await Promise.all([...links.values()].map((link) => link.close()));
      await fleet.terminate(run);
      await fleet.dispose(run);
      rmSync(home, { recursive: true, force: true });
    },
  };
});

// Engines without instances pass it as well: nothing of src/ knows this one.
describeEngine('of one kernel', async () => ({ engine: new ProcessEngine(), close: async () => {} }));
