import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EventName } from '../../src/event/event.ts';
import { generateKeyPair } from '../../src/session/ssh/key.ts';
import { TestHosts, type Server, knownLine } from '../fleet/hosts/test-hosts.ts';
import { runEnded, workspace } from '../helper/cnd.ts';
import { RecordingKernel } from '../helper/recording-kernel.ts';
import { hasSshd } from '../helper/sshd.ts';
import { expectWhole, killed } from '../helper/taken-up.ts';

// The controller of a run on real SSH servers is killed, and another one goes on with the run.

describe.runIf(hasSshd())('a run on hosts whose controller is killed', { timeout: 280_000 }, () => {
  let around: TestHosts;
  let kernel: RecordingKernel;
  let servers: Server[];
  const places: ReturnType<typeof workspace>[] = [];

  beforeAll(async () => {
    kernel = new RecordingKernel();
    around = new TestHosts();
    const settings = `SetEnv HOME=${kernel.directory} CND_KERNEL=${kernel.path} PATH=${process.env['PATH']}`;
    servers = [await around.sshd([settings]), await around.sshd([settings])];
  });
  afterAll(async () => {
    for (const place of places) place.remove();
    await around?.close();
    kernel?.remove();
  });

  /** Starts a run on both, which is killed once `after` has happened; nobody but its first controller knows the hosts. */
  const begin = async (after: EventName, space: string, { isKnown = false } = {}) => {
    const place = workspace();
    places.push(place);
    const knownHosts = join(place.directory, 'known_hosts');
    writeFileSync(knownHosts, servers.map(({ access }) => knownLine(access)).join(''));
    const { identityFile } = around;
    const hosts = {
      identityFile,
      knownHosts,
      list: servers.map(({ access: { host, port } }) => ({ host, port })),
    };
    writeFileSync(join(place.directory, 'cnd.config.json'), JSON.stringify({ hosts }));
    // Audits are searched by the same kernels.
    const flags = `--audit 0 --T 250 ${space} --chunk 1000 --json`;
    const begun = place.start(['start', ...flags.split(' ')]);
    const run = await killed(begun, kernel, after);
    if (isKnown) return { place, run, list: hosts.list };
    // Whoever goes on with it believes what its first controller did, and nothing that has come since.
    const changed = servers.map(({ access }) =>
      knownLine({ ...access, hostKeys: [generateKeyPair().publicKey] }),
    );
    writeFileSync(knownHosts, changed.join(''));
    return { place, run, list: hosts.list };
  };

  const finite = '--D 16 --limit 30000';
  const moments: readonly (readonly [EventName, string])[] = [
    ['launch.started', finite],
    ['instance.uploaded', finite],
    ['run.progress', '--D 5 --smallest --limit 60000'],
    ['search.stopped', finite],
    ['terminate.started', finite],
  ];
  test.concurrent.each(moments)(
    'after %s is taken up: all of it is searched, and once',
    async (after, space) => {
      const { place, run } = await begin(after, space);
      const resumed = place.start(['resume', run, '--json']);
      await resumed.event('run.resumed');
      kernel.go(run);
      const result = await resumed.ended;
      const ended = runEnded(result);
      expect(around.orphans(run)).toEqual([]);
      if (ended.outcome === 'failed') {
        // It was killed before it had noted what it launched.
        expect(after).toBe('launch.started');
        return expect(ended).toMatchObject({ exitCode: 1, tested: '0', left: [] });
      }
      const end = space === finite ? 30_000 : 46_697;
      expect(ended).toMatchObject(
        space === finite
          ? { outcome: 'exhausted', exitCode: 3, tested: `${end}` }
          : { outcome: 'found', exitCode: 0, nonce: `${end}` },
      );
      // To the end of the space, or as far as it takes to prove that the nonce is the smallest.
      for (const [first] of [kernel.searched(run), ended.coverage.ranges]) {
        expect(Number(first?.[0])).toBe(0);
        expect(Number(first?.[1])).toBeGreaterThanOrEqual(end);
      }
      // On a machine that is so busy that an agent says nothing for 6 s, what that has is given to others as well.
      if (ended.coverage.doubled === undefined) expect(kernel.searchedTwice(run)).toBeUndefined();
      expectWhole({ place, run }, result, 2);
    },
  );

  describe('and whose state is not here: another machine, say', () => {
    const withoutState = async () => {
      const begun = await begin('run.progress', finite, { isKnown: true });
      expect(around.orphans(begun.run)).not.toEqual([]);
      rmSync(join(begun.place.state, 'cnd', begun.run), { recursive: true });
      return begun;
    };

    test('it is resumed by a new run, before which nothing of it is left on its hosts', async () => {
      const { place, run } = await withoutState();
      const resumed = place.start(['resume', run, '--json']);
      const planned = await resumed.event('run.planned');
      expect(around.orphans(run)).toEqual([]);
      kernel.go(planned.run);
      const result = await resumed.ended;
      expect(result.stderr).toMatch(new RegExp(`${run}: nothing of it is left on 2 hosts`));
      expect(runEnded(result)).toMatchObject({ outcome: 'exhausted', tested: '30000', resumes: run });
      expect(around.orphans(planned.run)).toEqual([]);
    });

    test('it is not resumed before its T is over where a host of it is not named, or cannot be reached', async () => {
      const { place, run, list } = await withoutState();
      const [first, second] = list.map(({ host, port }) => `${host}:${port}`);
      const refused = await place.run(['resume', run, '--hosts', `${first}`, '--N', '1', '--json']);
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr).toMatch(
        new RegExp(
          `not confirmed as terminated: it may still search on \\S+@${second}; nothing was launched`,
        ),
      );
      expect(refused.stderr).toMatch(/with --hosts; or resume it after 2\d{3}-/);
    });
  });
});
