import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AwsSettings } from '../../src/aws/client.ts';
import type { Principal } from './stage/account/principal.ts';
import type { Call } from './stage/aws/call.ts';
import { Faults } from './stage/aws/fault.ts';
import type { Backend } from './stage/aws/backend.ts';
import { startMiniStack } from './stage/aws/ministack.ts';
import { motoProgram, motoRemedy, startMoto } from './stage/aws/moto.ts';
import { Pager } from './stage/aws/page.ts';
import { Proxy } from './stage/aws/proxy.ts';
import { s3Rules, sqsRules } from './stage/aws/rule.ts';
import { Strict } from './stage/aws/strict.ts';
import { Seed } from './stage/seed.ts';

/** Whether suites on AWS have to be skipped; under CI they fail instead. */
export const awsMissing = motoProgram() === undefined && !process.env['CI'];
if (awsMissing) console.warn(`skipped: no moto_server: ${motoRemedy}`); // oxlint-disable-line no-console

/** Who calls: the controller, and an instance by its role. */
export const keys = {
  user: { key: 'AKIAUSERUSERUSERUSER', secret: 'user-secret' },
  role: { key: 'ASIAROLEROLEROLEROLE', secret: 'role-secret', token: 'role-token' },
} as const;

const account = '123456789012';
const principals = new Map<string, Principal>(
  [
    { name: 'user', accessKeyId: keys.user.key, secretAccessKey: keys.user.secret },
    {
      name: 'role',
      accessKeyId: keys.role.key,
      secretAccessKey: keys.role.secret,
      sessionToken: keys.role.token,
    },
  ].map((who) => [
    who.accessKeyId,
    { ...who, account, arn: `arn:aws:iam::${account}:user/${who.name}`, userId: who.name },
  ]),
);

/** SQS and S3 without AWS: moto or MiniStack behind the stage's proxy, which breaks what it is told to and checks signatures. */
export class TestAws {
  readonly faults: Faults;
  readonly settings: AwsSettings;
  /** What the SDK finds: nothing of the person who runs the tests. */
  readonly env: NodeJS.ProcessEnv = {
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  };
  readonly #strict: Strict;
  readonly #server: Backend;
  readonly #proxy: Proxy;
  readonly #folder: string;

  private constructor(server: Backend, proxy: Proxy, strict: Strict, faults: Faults, folder: string) {
    this.#strict = strict;
    this.#server = server;
    this.#proxy = proxy;
    this.#folder = folder;
    this.faults = faults;
    this.settings = { region: 'eu-west-1', endpoint: proxy.url };
    process.env['AWS_ACCESS_KEY_ID'] = keys.user.key;
    process.env['AWS_SECRET_ACCESS_KEY'] = keys.user.secret;
    process.env['AWS_CONFIG_FILE'] = process.env['AWS_SHARED_CREDENTIALS_FILE'] = join(folder, 'none');
  }

  /** @param by Who stands in for AWS. */
  static async start(by: 'moto' | 'ministack' = 'moto'): Promise<TestAws> {
    const program = motoProgram();
    if (program === undefined) throw new Error(`no moto_server: ${motoRemedy}`);
    const folder = mkdtempSync(join(tmpdir(), 'cnd-aws-'));
    writeFileSync(join(folder, 'images.json'), '[]');
    const server =
      by === 'moto' ? await startMoto(program, join(folder, 'images.json')) : await startMiniStack();
    const faults = new Faults();
    const pager = new Pager(new Seed());
    const strict = new Strict({ sqs: sqsRules, s3: s3Rules });
    const address = '127.0.0.1';
    const options = { moto: server.port, faults, pager, strict, principals, services: {}, address };
    return new TestAws(server, await Proxy.start(options, join(folder, 'socket')), strict, faults, folder);
  }

  get url(): string {
    return this.#proxy.url;
  }

  get calls(): readonly Call[] {
    return this.#proxy.calls;
  }

  /** The calls of one action so far. */
  of(action: string): Call[] {
    return this.calls.filter((call) => call.action === action);
  }

  async reset(): Promise<void> {
    this.faults.clear();
    this.#proxy.calls.length = 0;
    await this.#server.reset();
    this.#strict.check();
  }

  async stop(): Promise<void> {
    await this.#proxy.stop();
    await this.#server.stop();
    rmSync(this.#folder, { recursive: true });
    this.#strict.check();
  }
}
