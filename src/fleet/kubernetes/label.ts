import { createHash } from 'node:crypto';

// By these labels alone everything of a run is found again, from any machine. They travel inside the call that creates something.

/** The keys of labels and annotations. */
export const labelKeys = {
  managedBy: 'app.kubernetes.io/managed-by',
  run: 'cnd/run',
  /** A hash, as values of labels are short and plain; the name is in the annotation of this key. */
  owner: 'cnd/owner',
  expiresAt: 'cnd/expires-at',
  /** An annotation of the Job of a detached run: what another machine needs to know of it. */
  plan: 'cnd/plan',
  /** An annotation of that Job: who writes its record (detached/claim.ts). */
  claim: 'cnd/resumed-by',
  /** An annotation of that Job: its launch is complete. From then on it is suspended by others alone. */
  launched: 'cnd/launched',
  /** The label by which a Job asks Kueue for a place in a queue: Kueue suspends it, and resumes it in its turn. */
  queue: 'kueue.x-k8s.io/queue-name',
  /** The index of a pod in its Job, as Kubernetes labels it since 1.28. */
  index: 'batch.kubernetes.io/job-completion-index',
} as const;

/** What labels and annotations say of a run. */
export interface RunLabels {
  readonly run: string;
  /** The user, as the API server knows them. */
  readonly owner: string;
  readonly expiresAt: Date;
}

/** What everything of a run is found by. Pure. */
export function runLabels({ run, owner }: RunLabels): Record<string, string> {
  return {
    [labelKeys.managedBy]: 'cnd',
    [labelKeys.run]: run,
    [labelKeys.owner]: ownerHash(owner),
  };
}

/** What people and `cnd ps` read. Pure. */
export function runAnnotations({ owner, expiresAt }: RunLabels): Record<string, string> {
  return { [labelKeys.owner]: owner, [labelKeys.expiresAt]: expiresAt.toISOString() };
}

/** Names of users are longer and freer than values of labels may be (63 characters). Pure. */
export function ownerHash(owner: string): string {
  return createHash('sha256').update(owner).digest('hex').slice(0, 32);
}

/** A label selector: everything of a run, or of any. Pure. */
export function runSelector(run?: string): string {
  return `${labelKeys.managedBy}=cnd,${labelKeys.run}${run === undefined ? '' : `=${run}`}`;
}

/** The name of a run's Job, which its pods' names begin with. Pure. */
export function jobName(run: string): string {
  return `cnd-${run}`;
}

/** The id of an instance: known before its pod is, whose name ends at random. Pure. */
export function podInstanceId(run: string, index: number): string {
  return `${jobName(run)}-${index}`;
}
