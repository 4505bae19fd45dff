import { type Answer, awsError } from './answer.ts';
import type { Call, RawRequest } from './call.ts';
import { constraintsBroken } from './constraint.ts';
import { modelOf } from './model.ts';
import { codeOfViolation, type Violation } from './violation.ts';
import { readInput } from './wire.ts';

/** A rule beside the models: what a request, as the model reads it, breaks of it. */
export type Rule = (call: Call, input: Readonly<Record<string, unknown>>, request: RawRequest) => Violation[];

/** A request that AWS would not have taken. */
export interface Refusal extends Violation {
  readonly call: Call;
}

/** Judges every request by AWS's own models and by the rules that they leave out; moto takes nearly anything. */
export class Strict {
  /** Since they were last taken: a test that does not take them fails. */
  readonly #refusals: Refusal[] = [];
  readonly #rules: Readonly<Record<string, Rule>>;

  constructor(rules: Readonly<Record<string, Rule>>) {
    this.#rules = rules;
  }

  /** What AWS answers to a request that breaks a rule; undefined when it breaks none. */
  judge(request: RawRequest, call: Call, others: readonly Violation[] = []): Answer | undefined {
    const violations = [...this.#violations(request, call), ...others];
    const [first] = violations;
    if (!first) return undefined;
    this.#refusals.push(...violations.map((violation) => ({ ...violation, call })));
    return awsError(call.service, codeOfViolation(call.service, first), first.message);
  }

  /** What was refused so far, of everybody or of one caller; it is forgotten. */
  take(isMeant: (call: Call) => boolean = () => true): Refusal[] {
    const taken = this.#refusals.filter(({ call }) => isMeant(call));
    const kept = this.#refusals.filter(({ call }) => !isMeant(call));
    this.#refusals.splice(0, this.#refusals.length, ...kept);
    return taken;
  }

  /** @throws Error naming the requests, if there were any that AWS would have refused. */
  check(isMeant?: (call: Call) => boolean): void {
    const told = this.take(isMeant).map(
      ({ call, kind, message }) =>
        `${call.service} ${call.action} by ${call.principal} (${kind}): ${message}`,
    );
    if (told.length > 0) throw new Error(`AWS would have refused: ${[...new Set(told)].join('; ')}`);
  }

  #violations(request: RawRequest, call: Call): readonly Violation[] {
    const model = modelOf(call.service);
    const operation = model.operations[call.action];
    if (!operation) {
      const message = `${call.service} has no operation ${call.action}`;
      return [{ kind: 'unknown', member: 'Action', message, code: 'InvalidAction' }];
    }
    const { value, violations } = readInput(model, operation, request, call);
    const broken = [...violations, ...constraintsBroken(model, operation.input?.shape ?? '', value)];
    if (broken.length > 0) return broken;
    return this.#rules[call.service]?.(call, value as Readonly<Record<string, unknown>>, request) ?? [];
  }
}
