import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Workspace, workspace } from '../helper/cnd.ts';

const run = '20261120-081103-x7k2';
let place: Workspace;
let root: string;
beforeEach(() => {
  place = workspace();
  root = join(place.state, 'cnd');
  mkdirSync(root, { recursive: true, mode: 0o700 });
});
afterEach(() => place.remove());

function put(name: string, text: string): string {
  const path = join(root, name);
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

const host = { host: '127.0.0.1', port: 9, user: 'me', hostKeys: [] };
const list = { run, expiresAt: '2026-11-20T08:12:08.000Z', hosts: [host] };

// What is damaged says nothing of what there is: neither ps nor scram may take it for "nothing", nor delete it.
test.each([
  ['a list of hosts that is torn', `${run}/hosts/hosts.json`, JSON.stringify(list).slice(0, 60), run],
  ['a list of hosts of another version', `${run}/hosts/hosts.json`, '{"schema":9,"run":"x"}', run],
  ['a list of hosts that is missing beside its marks', `${run}/hosts/0.armed`, '', run],
  ['a note that is torn', `${run}/state.json`, `{"run":"${run}","fleet":"ho`, run],
  ['a note of another run', `${run}/state.json`, '{"run":"../../victim"}', run],
  ['the regions launched in', 'ec2.json', '[{"region":', 'ec2'],
  ['the contexts launched in', 'kubernetes.json', '[{"context":', 'kubernetes'],
])('%s is told by ps and scram, exit 4, and kept', async (_, name, text, said) => {
  const path = put(name, text);
  for (const args of [['ps'], ['ps', '--json'], ['scram', '--dry-run'], ['scram']]) {
    const { code, stderr } = await place.run(args);
    expect([args, code]).toEqual([args, 4]);
    expect(stderr).toContain(said);
    expect(stderr).toContain('cannot be checked, so something may still run there');
    // Said as a person would, not as a schema does.
    expect(stderr).not.toMatch(/internal error|^\s+at |"code":/m);
  }
  expect(existsSync(path)).toBe(true);
});

test('a state directory that others can write is told by ps and scram, exit 4', async () => {
  chmodSync(root, 0o777);
  for (const args of [['ps'], ['scram']]) {
    const { code, stderr } = await place.run(args);
    expect(code).toBe(4);
    expect(stderr).toContain(`chmod go-w ${root}`);
  }
});

test('a record of the local fleet that is damaged is listed and disposed of: processes are found by their tags', async () => {
  put(`${run}/local/host.json`, '{"run":');
  const ps = await place.run(['ps']);
  expect(ps.stdout).toContain(run);
  const { code, stdout } = await place.run(['scram']);
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining(run) });
  expect(existsSync(join(root, run))).toBe(false);
});
