/** A policy document (IAM User Guide, "IAM JSON policy elements reference"). */
export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Statement[];
}

/** One of its statements: all of cnd's allow something. */
export interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  /** Of a trust policy: who may assume the role. */
  readonly Principal?: { readonly Service: string };
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** What policies are about. Any value may be a placeholder, or what CloudFormation substitutes. */
export interface PolicyScope {
  /** `aws`, `aws-us-gov` or `aws-cn`. */
  readonly partition: string;
  /** Twelve digits. */
  readonly account: string;
  /** Where runs are launched; `*`: anywhere. */
  readonly region: string;
  /** The bucket of the logs. */
  readonly bucket: string;
  /** ARNs of the role that instances have, and of the one that EventBridge Scheduler calls EC2 as. */
  readonly agentRole: string;
  readonly schedulerRole: string;
}

/** A policy document of these statements. Pure. */
export function policyDocument(...statements: readonly Omit<Statement, 'Effect'>[]): PolicyDocument {
  const Statement = statements.map(({ Sid, ...rest }) => ({ Sid, Effect: 'Allow' as const, ...rest }));
  return { Version: '2012-10-17', Statement };
}

/** Only what carries the tag of a run: for what exists already. */
export const isOfRun = { Null: { 'aws:ResourceTag/cnd:run': 'false' } } as const;

/** Only with the tag of a run: for what is being created. */
export const becomesOfRun = { Null: { 'aws:RequestTag/cnd:run': 'false' } } as const;
