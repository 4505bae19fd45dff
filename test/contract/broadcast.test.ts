import { InProcessBroadcast } from '../../src/broadcast/in-process.ts';
import { SqsBroadcast } from '../../src/broadcast/sqs.ts';
import { describeBroadcast } from './broadcast.ts';
import { describeOnAws } from './on-aws.ts';

describeBroadcast('in-process', async () => () => new InProcessBroadcast());

describeOnAws((aws) => {
  describeBroadcast('sqs', async () => {
    const { settings, env } = aws();
    const expiresAt = new Date(Date.now() + 60_000);
    return () => new SqsBroadcast({ settings, env, owner: 'nobody', expiresAt });
  });
});
