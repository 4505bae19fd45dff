import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { eventsOf, named, runEnded } from '../helper/cnd.ts';
import { hasMiniStack } from '../helper/stage/aws/ministack.ts';
import { hasStage } from '../helper/stage/available.ts';
import { useStage } from '../helper/stage/use.ts';
import { clients } from '../stage/stage.ts';

/** A second opinion: SQS and S3 by other authors. EC2 and the machines are the stage's. */
describe.runIf(hasStage() && hasMiniStack())('a run with the SQS and S3 of MiniStack', () => {
  const on = useStage({ ministack: true, held: true });

  test('a hit stops the peers, syslogs are uploaded with checksums and read again', async () => {
    const { s3 } = clients(on.stage);
    await s3.createBucket({ Bucket: 'logs' });
    const place = on.place({
      ec2: { instanceProfile: 'cnd-agent' },
      logs: { bucket: 'logs', prefix: 'team' },
    });
    // Not before all of them are there, however fast the first one is: else there may be no syslog of the others.
    const cnd = place.start('start --N 3 --T 200 --D 7 --from 3000000 --json');
    await cnd.event('search.all');
    place.release();
    const result = await cnd.ended;
    expect(result.stderr).toBe('');
    const ended = runEnded(result);
    expect(ended).toMatchObject({ outcome: 'found', exitCode: 0, left: [] });
    expect(named(eventsOf(result), 'broadcast').map(({ nonce }) => nonce)).toContain(ended.nonce);
    await place.untilClean();

    const names = [
      'Instance0.log.gz',
      'Instance1.log.gz',
      'Instance2.log.gz',
      'events.ndjson',
      'report.html',
      'run.json',
    ];
    const objects = await on.stage.objects('logs');
    // The index beside the runs is not theirs.
    const own = [...objects.keys()].filter((key) => !key.includes('/.cnd-index/'));
    expect(own.toSorted()).toEqual(names.map((name) => `team/${ended.run}/${name}`));
    for (const Key of objects.keys()) {
      const head = await s3.headObject({ Bucket: 'logs', Key, ChecksumMode: 'ENABLED' });
      expect({ Key, checksum: head.ChecksumCRC32 ?? head.ChecksumCRC64NVME }).toMatchObject({
        checksum: expect.stringMatching(/^[A-Za-z0-9+/]+={0,2}$/) as string,
      });
    }
    const syslog = gunzipSync(
      objects.get(`team/${ended.run}/Instance${ended.instance}.log.gz`) ?? '',
    ).toString();
    expect(syslog).toMatch(new RegExp(`hit: ${ended.nonce}`));
    // Whoever listens was told over the queue: the agents poll it by themselves.
    const polls = place
      .calls('sqs', 'ReceiveMessage')
      .filter(({ accessKey }) => accessKey.startsWith('ASIA'));
    expect(polls.length).toBeGreaterThan(0);

    const elsewhere = place.elsewhere();
    expect((await elsewhere.run('logs ls')).stdout).toMatch(new RegExp(`${ended.run}.*found`));
    expect((await elsewhere.run(`logs show ${ended.run} ${ended.instance}`)).stdout).toBe(syslog);
    expect(await elsewhere.run(`logs rm ${ended.run} --yes`)).toMatchObject({ code: 0 });
    expect([...(await on.stage.objects('logs')).keys()]).toEqual([]);
  }, 240_000);
});
