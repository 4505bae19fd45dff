import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Backend } from './backend.ts';
import { startMiniStack } from './ministack.ts';
import { startMoto } from './moto.ts';

/** What is not an instance, and must not stay either. */
interface Thing {
  readonly kind: string;
  readonly id: string;
  readonly region: string;
}

/** What serves a stage: moto, and perhaps MiniStack for SQS and S3. Asked directly, past faults and the record of calls. */
export class Servers {
  readonly #moto: Backend;
  readonly #other: Backend | undefined;

  private constructor(moto: Backend, other: Backend | undefined) {
    this.#moto = moto;
    this.#other = other;
  }

  /**
   * @param program moto's.
   * @param directory Where it has its files.
   */
  static async start(program: string, directory: string, ministack: boolean): Promise<Servers> {
    const noImages = join(directory, 'images.json');
    writeFileSync(noImages, '[]');
    const [moto, other] = await Promise.all([
      startMoto(program, noImages),
      ministack ? startMiniStack() : undefined,
    ]);
    const servers = new Servers(moto, other);
    await servers.#warm();
    return servers;
  }

  /** Of moto, and of the services that another serves. */
  get ports(): { readonly moto: number; readonly others: Readonly<Record<string, number>> } {
    const { port } = this.#other ?? {};
    return { moto: this.#moto.port, others: port === undefined ? {} : { sqs: port, s3: port } };
  }

  async createBucket(name: string, region: string): Promise<void> {
    await this.#ask('s3', region, `/${name}`, { method: 'PUT' });
  }

  /** The objects of a bucket by key. */
  async objects(bucket: string, region: string): Promise<Map<string, Buffer>> {
    const listed = await this.#ask('s3', region, `/${bucket}?list-type=2`);
    const keys = [...listed.toString().matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key = '']) => key);
    const pairs = keys.map(
      async (key) => [key, await this.#ask('s3', region, `/${bucket}/${encodeURI(key)}`)] as const,
    );
    return new Map(await Promise.all(pairs));
  }

  /** The groups, free volumes and queues of a region. */
  async things(region: string): Promise<Thing[]> {
    const groups = await this.#ask('ec2', region, '/', form({ Action: 'DescribeSecurityGroups' }));
    const queues = await this.#ask('sqs', region, '/', form({ Action: 'ListQueues', Version: '2012-11-05' }));
    const free = { 'Filter.1.Name': 'status', 'Filter.1.Value.1': 'available' };
    const volumes = await this.#ask('ec2', region, '/', form({ Action: 'DescribeVolumes', ...free }));
    const texts = (answer: Buffer, element: string): string[] =>
      [...answer.toString().matchAll(new RegExp(`<${element}>([^<]+)<`, 'g'))].map(([, text = '']) => text);
    const names = texts(groups, 'groupName').filter((name) => name !== 'default');
    const urls = texts(queues, 'QueueUrl');
    return [
      ...names.map((id) => ({ kind: 'group', id, region })),
      // Not told of one user alone: nobody asks for a volume by name.
      ...texts(volumes, 'volumeId').map((id) => ({ kind: 'volume', id, region })),
      ...urls.map((url) => ({ kind: 'queue', id: url.split('/').at(-1) ?? '', region })),
    ];
  }

  async reset(): Promise<void> {
    await Promise.all([this.#moto.reset(), this.#other?.reset()]);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#moto.stop(), this.#other?.stop()]);
  }

  /** The first call of a service takes moto seconds of the processor, which a test would be charged with: more than a run waits. */
  async #warm(): Promise<void> {
    const types = form({ Action: 'DescribeInstanceTypes', 'InstanceType.1': 'c7a.medium' });
    await Promise.all([
      this.#ask('ec2', 'us-east-1', '/', types),
      this.#ask('s3', 'us-east-1', '/'),
      this.things('us-east-1'),
    ]);
  }

  async #ask(service: string, region: string, path: string, init: RequestInit = {}): Promise<Buffer> {
    const scope = `stage/20261120/${region}/${service}/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=stage`;
    const headers = { ...(init.headers as Record<string, string> | undefined), authorization };
    const { port } = (service === 'ec2' ? undefined : this.#other) ?? this.#moto;
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { ...init, headers });
    return Buffer.from(await answer.arrayBuffer());
  }
}

function form(parameters: Record<string, string>): RequestInit {
  const body = new URLSearchParams({ Version: '2016-11-15', ...parameters }).toString();
  return { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded' } };
}
