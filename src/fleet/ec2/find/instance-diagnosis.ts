import { withDeadline } from '../../../wait.ts';
import type { Instance } from '../../../instance.ts';
import type { Ec2Api } from '../api.ts';

/** Console outputs that are fetched for one look at the fleet: a whole fleet that dies has one cause. */
const atOnce = 5;

/** Milliseconds for them: whoever looks at the fleet waits for this as well. */
const timeout = 3000;

/** Characters of the end of a console output that are worth reading in one line. */
const shown = 300;

/** What instances that died by themselves had on their console: cloud-init and the kernel say there why. */
export class InstanceDiagnosis {
  readonly #api: Ec2Api;
  readonly #words = new Map<string, string>();

  constructor(api: Ec2Api) {
    this.#api = api;
  }

  /** Adds the end of the console output of terminated instances to their reasons. Never rejects. */
  async explain(instances: readonly Instance[]): Promise<Instance[]> {
    let left = atOnce;
    const explained = instances.map(async (instance): Promise<Instance> => {
      const { id, state, reason = '' } = instance;
      if (state !== 'terminated' && state !== 'shutting-down') return instance;
      if (/user initiated|UserInitiated/i.test(reason)) return instance;
      if (!this.#words.has(id)) {
        if (left-- <= 0) return instance;
        this.#words.set(id, await this.#consoleTail(id));
      }
      const words = this.#words.get(id);
      return words ? { ...instance, reason: `${reason}; its console: ${words}` } : instance;
    });
    return Promise.all(explained);
  }

  async #consoleTail(id: string): Promise<string> {
    try {
      const ec2 = await this.#api.ec2();
      const { Output = '' } = await withDeadline(timeout, undefined, async (abortSignal) =>
        ec2.getConsoleOutput({ InstanceId: id }, { abortSignal }),
      );
      const text = Buffer.from(Output, 'base64').toString().trim();
      return text
        .split(/\s*\r?\n\s*/)
        .slice(-3)
        .join(' | ')
        .slice(-shown);
    } catch {
      return ''; // not allowed, or nothing there: the reason alone must do
    }
  }
}
