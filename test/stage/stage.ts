import { EC2 } from '@aws-sdk/client-ec2';
import { Pricing } from '@aws-sdk/client-pricing';
import { S3 } from '@aws-sdk/client-s3';
import { ServiceQuotas } from '@aws-sdk/client-service-quotas';
import { Scheduler } from '@aws-sdk/client-scheduler';
import { SQS } from '@aws-sdk/client-sqs';
import { STS } from '@aws-sdk/client-sts';
import type { Stage } from '../helper/stage/stage.ts';

/** The SDK's own clients on a stage, each error shown at once. */
export function clients(stage: Stage, region = stage.region, name = 'alice') {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  const { accessKeyId, secretAccessKey } = stage.principal(name);
  const common = {
    region,
    endpoint: stage.url,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
  };
  return {
    ec2: new EC2(common),
    sqs: new SQS(common),
    s3: new S3(common),
    sts: new STS(common),
    pricing: new Pricing({ ...common, region: 'us-east-1' }),
    quotas: new ServiceQuotas(common),
    scheduler: new Scheduler(common),
  };
}
