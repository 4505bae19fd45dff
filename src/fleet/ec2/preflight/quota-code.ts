/** A, C, D, H, I, M, R, T and Z share one vCPU quota; the others have their own, of which nothing is said here. */
export const standardFamilies = /^[acdhimrtz]\d/;

/** The vCPU quotas of the standard families (EC2 User Guide, "Amazon EC2 instance type quotas"); 5 in a new account. */
export const quotaCodes = { 'on-demand': 'L-1216C47A', spot: 'L-34B43A08' } as const;
