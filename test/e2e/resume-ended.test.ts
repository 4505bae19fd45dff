import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { s3Client } from '../../src/archive/s3/client.ts';
import { S3Archive } from '../../src/archive/s3/s3.ts';
import type { RunEvent } from '../../src/event/event.ts';
import { archivedRuns } from '../helper/archived-runs.ts';
import { TestAws, awsMissing, keys } from '../helper/aws.ts';
import { type Workspace, eventsOf, named, runEnded, workspace } from '../helper/cnd.ts';
import { eventually, orphans, untilGone } from '../helper/process.ts';
import { standIn } from '../helper/stand-in.ts';

type Ended = Extract<RunEvent, { event: 'run.ended' }>;

let place: Workspace;
let elsewhere: Workspace;
beforeEach(() => {
  place = workspace();
  elsewhere = workspace();
});
afterEach(() => {
  place.remove();
  elsewhere.remove();
});

const limit = 600_000;
/** Without a golden nonce. */
const search = `--T 120 --D 16 --limit ${limit} --chunk 10000 --json`.split(' ');

/** Of a checkpoint: with 2 instances a residue begins with its chunk 0 or 1. */
const hasCoverage = /"done":\[\[|"next":"([2-9]|\d\d)/;

/** A run of which something is tested, and not all: its kernels wait after their first range. */
async function begin(flags: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  const kernel = standIn(place.directory, { held: true });
  const first = place.start(['start', '--N', '2', ...search, ...flags], { ...kernel.env, ...env });
  const { run } = await first.event('search.all');
  await first.event('run.progress', (event) => event.event === 'run.progress' && event.tested !== '0');
  return { first, run };
}

function recordOf(at: Workspace, run: string): Record<string, unknown> & { ended?: Ended } {
  const text = readFileSync(join(at.directory, 'logs', run, 'run.json'), 'utf8');
  return JSON.parse(text) as Record<string, unknown>;
}

/** That the whole space was tested, by both runs together and by nobody twice. */
function expectWhole(ended: Ended, events: readonly RunEvent[], earlier: string): void {
  expect(ended).toMatchObject({ outcome: 'exhausted', exitCode: 3, tested: `${limit}`, resumes: earlier });
  expect(ended.coverage).toMatchObject({ tested: `${limit}`, ranges: [['0', `${limit}`]] });
  const hashes = new Map(
    named(events, 'instance.progress').map(({ instance, hashes: count }) => [instance, count]),
  );
  const tested = [...hashes.values()].reduce((sum, count) => sum + count, 0);
  // On a machine that is so busy that an agent says nothing for 6 s, what that has is given to others as well.
  if (ended.coverage.doubled === undefined) expect(tested).toBe(limit - Number(ended.testedBefore));
}

describe('a run that has ended', () => {
  test('is resumed by a new one, which tests the rest with another N; then nothing is left', async () => {
    const { first, run } = await begin();
    first.child.kill('SIGINT');
    const before = runEnded(await first.ended);
    expect(before.outcome).toBe('interrupted');

    const resumed = await place.run(['resume', 'last', '--N', '3', '--json'], { CND_DIFFICULTY: '1' });
    const ended = runEnded(resumed);
    expect(ended.testedBefore).toBe(before.tested);
    expectWhole(ended, eventsOf(resumed), run);
    expect(named(eventsOf(resumed), 'run.planned')).toMatchObject([
      {
        resumes: run,
        testedBefore: before.tested,
        instances: 3,
        timeLimit: 120,
        limit: `${limit}`,
        chunk: '10000',
      },
    ]);
    expect(recordOf(place, ended.run)).toMatchObject({ resumes: run, config: { N: 3, limit: `${limit}` } });
    await untilGone(ended.run);

    const twice = await place.run(['resume', run]);
    expect(twice).toMatchObject({ code: 1, stdout: '' });
    expect(twice.stderr).toMatch(
      new RegExp(`run ${run} was already resumed as ${ended.run}\n.*cnd resume ${ended.run}`),
    );
    const again = await place.run(['resume', ended.run]);
    expect(again).toMatchObject({ code: 2, stdout: '' });
    expect(again.stderr).toMatch(/it has tested the whole nonce space/);
    const refused = await place.run(['resume', run, '--D', '5']);
    expect({ code: refused.code, runs: archivedRuns(join(place.directory, 'logs')).length }).toEqual({
      code: 2,
      runs: 2,
    });
  }, 120_000);

  test('is resumed by one of several at once; by another where that one was not launched', async () => {
    const { first, run } = await begin();
    first.child.kill('SIGINT');
    await first.ended;
    const resume = ['resume', run, '--json'];
    const several = await Promise.all([1, 2, 3].map(() => place.run(resume)));
    const [winner, ...others] = several.toSorted((a, b) => (b.code ?? 0) - (a.code ?? 0));
    if (!winner) throw new Error('nobody resumes it');
    expect([winner, ...others].map(({ code }) => code)).toEqual([3, 1, 1]);
    const ended = runEnded(winner);
    expect(ended).toMatchObject({ outcome: 'exhausted', tested: `${limit}`, resumes: run });
    for (const { stderr } of others) expect(stderr).toMatch(new RegExp(`already resumed as ${ended.run}`));
    // Of the others nothing is left, not even a folder.
    expect(archivedRuns(join(place.directory, 'logs')).toSorted()).toEqual([run, ended.run].toSorted());

    expect((await place.run(['logs', 'rm', ended.run, '--yes'])).code).toBe(0);
    expect((await place.run([...resume, '--dry-run'])).code).toBe(0);
  }, 120_000);

  test('is resumed also where it was killed, and terminated by scram', async () => {
    const { first, run } = await begin(['--checkpoint', '1']);
    const path = join(place.directory, 'logs', run, 'checkpoint.json');
    await eventually('a checkpoint with coverage', () => hasCoverage.test(readFileSync(path, 'utf8')));
    first.child.kill('SIGKILL');
    await first.ended;
    const anew = await place.run(['resume', run, '--T', '60']);
    expect(anew).toMatchObject({ code: 2, stdout: '' });
    expect(anew.stderr).toMatch(/--T is given, but .* has not ended: it is continued with its own settings/);
    expect(orphans(run).length).toBeGreaterThan(0);
    expect((await place.run(['scram', '--run', run])).code).toBe(0);
    await untilGone(run);
    const resumed = await place.run(['resume', run, '--json']);
    const ended = runEnded(resumed);
    expect(Number(ended.testedBefore)).toBeGreaterThan(0);
    expectWhole(ended, eventsOf(resumed), run);
    expect(existsSync(join(place.directory, 'logs', ended.run, 'checkpoint.json'))).toBe(false);
  }, 120_000);

  test('goes on with its candidate, and proves the smallest; of a found one nothing is left', async () => {
    const start = 'start --N 1 --T 60 --D 5 --smallest --limit 4000000 --chunk 10000 --json';
    const { run } = runEnded(await place.run(start.split(' ')));
    const record = recordOf(place, run);
    const residues = [{ residue: 0, next: '4', done: [['40000', '41000']] }];
    const candidate = {
      outcome: 'unproven',
      exitCode: 3,
      nonce: '3730945',
      digest: '0000000276ba10575419dfcfb96177c0b87905efd28640d9eb04581227b60412',
      coverage: { ...record.ended?.coverage, residues },
    };
    const write = (ended: object): void => {
      // As it is before it was resumed.
      rmSync(join(place.directory, 'logs', run, 'resumed-1.json'), { force: true });
      writeFileSync(
        join(place.directory, 'logs', run, 'run.json'),
        JSON.stringify({ ...record, ended: { ...record.ended, ...ended } }),
      );
    };
    write(candidate);
    const resumed = await place.run(['resume', run, '--json']);
    const ended = runEnded(resumed);
    expect(ended).toMatchObject({ outcome: 'found', nonce: '46697', resumes: run, testedBefore: '41000' });
    expect(named(eventsOf(resumed), 'hit').map(({ nonce }) => nonce)).toEqual(['3730945', '46697']);

    const found = await place.run(['resume', 'last']);
    expect(found).toMatchObject({ code: 2, stdout: '' });
    expect(found.stderr).toMatch(/it has found the golden nonce 46697\n.*cnd logs replay/);
    // Coverage that cannot be, and a candidate that is none.
    write({
      ...candidate,
      coverage: { ...record.ended?.coverage, residues: [{ residue: 0, next: '401', done: [] }] },
    });
    const damaged = await place.run(['resume', run]);
    expect(damaged.stderr).toMatch(/the coverage is damaged/);
    write({
      ...candidate,
      nonce: '3730946',
      coverage: { ...record.ended?.coverage, residues: [{ residue: 0, next: '373', done: [] }] },
    });
    const plan = await place.run(['resume', run, '--dry-run', '--T', '30', '--json']);
    expect(plan.code).toBe(0);
    expect(named(eventsOf(plan), 'run.planned')).toMatchObject([{ testedBefore: '3730000', timeLimit: 30 }]);
  }, 120_000);
});

describe.skipIf(awsMissing)('from another machine, with checkpoints in a bucket', () => {
  const bucket = 'cnd-test-logs';
  let aws: TestAws;
  beforeAll(async () => {
    aws = await TestAws.start();
  });
  afterAll(() => aws?.stop());

  test('the other run is terminated first, and its checkpoint gone on with', async () => {
    const client = s3Client(aws);
    const CreateBucketConfiguration = { LocationConstraint: 'eu-west-1' } as const;
    await client.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration }));
    const env = {
      AWS_ENDPOINT_URL: aws.url,
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: keys.user.key,
      AWS_SECRET_ACCESS_KEY: keys.user.secret,
    };
    for (const at of [place, elsewhere])
      writeFileSync(join(at.directory, 'cnd.config.json'), JSON.stringify({ logs: { bucket } }));
    const archive = new S3Archive({ bucket, settings: aws.settings, env: aws.env });
    const { first, run } = await begin(['--checkpoint', '1'], env);
    const checkpoint = await eventually('a checkpoint with coverage', async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of await archive.open(run, 'checkpoint.json')) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      return hasCoverage.test(text) ? text : undefined;
    });
    expect(checkpoint).not.toMatch(/"jump"|identity|\/home|\/tmp/);
    first.child.kill('SIGKILL');
    await first.ended;
    expect(orphans(run).length).toBeGreaterThan(0);

    // As it would be seen from a machine that cannot see these instances.
    const path = join(elsewhere.directory, 'checkpoint.json');
    writeFileSync(path, checkpoint.replace(/"host":"[^"]*"/, '"host":"laptop"'));
    await archive.store(run, 'checkpoint.json', path);
    const refused = await elsewhere.run(['resume', run], env);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(
      /is not confirmed as terminated: its local instances .* laptop alone; nothing was/,
    );
    expect(orphans(run).length).toBeGreaterThan(0);
    writeFileSync(path, checkpoint);
    await archive.store(run, 'checkpoint.json', path);

    const resumed = elsewhere.start(['resume', run, '--json'], env);
    await resumed.event('run.planned');
    expect(orphans(run)).toEqual([]);
    const result = await resumed.ended;
    const ended = runEnded(result);
    expectWhole(ended, eventsOf(result), run);
    expect(Number(ended.testedBefore)).toBeGreaterThan(0);
    expect(result.stderr).toMatch(/terminating what is left of .* first\n.*2 instances terminated/);
    await untilGone(ended.run);
    expect(existsSync(join(elsewhere.directory, 'logs', ended.run))).toBe(false);

    // Neither from here, nor where it was begun, which still has its state.
    for (const at of [elsewhere, place]) {
      const again = await at.run(['resume', run], env);
      expect(again).toMatchObject({ code: 1, stdout: '' });
      expect(again.stderr).toMatch(new RegExp(`${run} was already resumed as ${ended.run}`));
    }
  }, 120_000);
});
