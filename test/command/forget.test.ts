import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Workspace, workspace } from '../helper/cnd.ts';

let place: Workspace;
beforeEach(() => {
  place = workspace();
  mkdirSync(join(place.state, 'cnd'), { recursive: true, mode: 0o700 });
});
afterEach(() => place.remove());

const run = '20261120-081103-x7k2';
const past = '2026-11-20T08:14:03.000Z';
const path = (): string => join(place.state, 'cnd', 'ec2.json');
const note = (...uses: object[]): void => writeFileSync(path(), JSON.stringify(uses), { mode: 0o600 });

test('a profile that is gone is named by ps and scram, with how to forget it; then it is forgotten', async () => {
  note({ region: 'eu-west-1', profile: 'gone', account: '123456789012', run, until: past });
  const ps = await place.run(['ps']);
  expect(ps.code).toBe(4);
  expect(ps.stderr).toMatch(/ec2 \(profile gone\) cannot be checked.*there is no profile gone in/);
  expect(ps.stderr).toMatch(/cnd scram --forget gone/);
  const forgotten = await place.run(['scram', '--forget', 'gone']);
  expect(forgotten).toMatchObject({ code: 0, stderr: '' });
  expect(forgotten.stdout).toBe(
    `forgot profile gone in eu-west-1, account 123456789012; its last run was ${run}\n`,
  );
  expect(await place.run(['ps'])).toMatchObject({ code: 0, stderr: '' });
});

test('not before the last run that was launched with it is over, which is named', async () => {
  const until = new Date(Date.now() + 600_000).toISOString();
  const older = { region: 'us-east-1', profile: 'gone', run: '20261119-081103-x7k2', until: past };
  note(older, { region: 'eu-west-1', profile: 'gone', account: '123456789012', run, until });
  const ps = await place.run(['ps']);
  expect(ps.stderr).toMatch(
    new RegExp(`${run} that was launched with it in eu-west-1 may have instances until ${until}`),
  );
  expect(ps.stderr).not.toMatch(/--forget/);
  const refused = await place.run(['scram', '--forget', 'gone']);
  expect(refused).toMatchObject({ code: 2, stdout: '' });
  expect(refused.stderr).toMatch(new RegExp(`not forgotten: ${run} in eu-west-1 of account 123456789012`));
});

test('of launches whose end was not noted the longest a run may last is waited for', async () => {
  note({ region: 'eu-west-1' });
  expect((await place.run(['scram', '--forget', 'default'])).code).toBe(2);
  const yesterday = Date.now() / 1000 - 26 * 3600;
  utimesSync(path(), yesterday, yesterday);
  expect(await place.run(['scram', '--forget', 'default'])).toMatchObject({ code: 0 });
});

test('a profile that nothing was launched with, and other flags beside it, are refused', async () => {
  note({ region: 'eu-west-1', profile: 'work', until: past });
  const unknown = await place.run(['scram', '--forget', 'wrok']);
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toMatch(/nothing was launched with profile wrok.*\n.*made with: work/);
  expect((await place.run(['scram', '--forget', 'work', '--everyone'])).code).toBe(2);
});
