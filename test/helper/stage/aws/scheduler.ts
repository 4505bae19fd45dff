import type { Ec2 } from '../ec2/ec2.ts';
import { type Answer, awsError } from './answer.ts';
import { type Call, parameter } from './call.ts';

/** A schedule that somebody made. */
export interface StageSchedule {
  readonly region: string;
  readonly group: string;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly ids: readonly string[];
}

/** EventBridge Scheduler: moto has its API and fires nothing. */
export class Scheduler {
  readonly schedules: StageSchedule[] = [];
  readonly #ec2: Ec2;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(ec2: Ec2) {
    this.#ec2 = ec2;
  }

  async answer(call: Call, forward: () => Promise<Answer>): Promise<Answer> {
    const name = parameter(call, 'Name') ?? '';
    const answer = await forward();
    // moto answers a page of HTML for a group that does not exist.
    if (answer.status >= 500) {
      const group = call.action === 'CreateSchedule' ? parameter(call, 'GroupName') : name;
      const message = `Schedule group ${group} does not exist.`;
      return awsError('scheduler', 'ResourceNotFoundException', message, 404);
    }
    if (answer.status >= 300) return answer;
    if (call.action === 'CreateSchedule') this.#add(call, name);
    if (call.action === 'DeleteScheduleGroup') this.#forget(({ group }) => group === name);
    return answer;
  }

  /** The time of a group's schedules has come. */
  fire(group: string): void {
    const due = this.schedules.filter((one) => one.group === group);
    this.#forget((one) => due.includes(one));
    for (const id of due.flatMap(({ ids }) => ids)) {
      const instance = this.#ec2.instances.get(id);
      // The role may terminate only what carries the tag.
      if (instance?.tags['cnd:run'] === undefined) continue;
      const code = 'Client.UserInitiatedShutdown';
      this.#ec2.end(instance, { code, message: `${code}: User initiated shutdown` });
    }
  }

  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.schedules.length = 0;
  }

  #add(call: Call, name: string): void {
    const body = call.parameters as {
      GroupName: string;
      ScheduleExpression: string;
      Target: { Input: string };
    };
    const [, time = ''] = /^at\((.*)\)$/.exec(body.ScheduleExpression) ?? [];
    const { InstanceIds: ids } = JSON.parse(body.Target.Input) as { InstanceIds: string[] };
    const at = Date.parse(`${time}Z`);
    const schedule = { region: call.region, group: body.GroupName, name, at, ids };
    this.schedules.push(schedule);
    const timer = setTimeout(() => this.fire(schedule.group), at - Date.now());
    this.#timers.add(timer.unref());
  }

  #forget(isSelected: (schedule: StageSchedule) => boolean): void {
    const kept = this.schedules.filter((one) => !isSelected(one));
    this.schedules.splice(0, this.schedules.length, ...kept);
  }
}
