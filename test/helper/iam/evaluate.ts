import type { PolicyDocument, Statement } from '../../../src/fleet/ec2/policy/document.ts';

/** What a call needs: an action on a resource, in a context of condition keys. */
export interface Need {
  readonly action: string;
  /** An ARN, or `*` where the action knows none. */
  readonly resource: string;
  readonly context: Readonly<Record<string, string>>;
}

/**
 * Whether a policy allows it: some statement matches in action, resource and condition. All of cnd's statements allow.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function allows(policy: PolicyDocument, need: Need): boolean {
  return policy.Statement.some(
    (statement) =>
      [statement.Action].flat().some((action) => like(action, need.action)) &&
      [statement.Resource ?? '*'].flat().some((resource) => like(resource, need.resource)) &&
      holds(statement, need.context),
  );
}

/** The condition operators that cnd's policies use; another one is a mistake here. */
function holds({ Condition = {} }: Statement, context: Need['context']): boolean {
  return Object.entries(Condition).every(([operator, keys]) =>
    Object.entries(keys).every(([key, expected]) => {
      const values = [expected].flat();
      const actual = context[key];
      if (operator === 'Null') return values.includes(String(actual === undefined));
      if (operator === 'StringEquals') return actual !== undefined && values.includes(actual);
      if (operator === 'ArnLike') return actual !== undefined && values.some((one) => like(one, actual));
      throw new Error(`the condition operator ${operator} is not known here`);
    }),
  );
}

/** IAM's wildcards: `*` and `?`. */
export function like(pattern: string, text: string): boolean {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(text);
}
