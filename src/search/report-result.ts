/**
 * What the ledger made of a report. `not-owner` happens to honest workers too (a report that was on its way when the
 * residue was taken); `impossible` does not, nor `backwards`: a next chunk before the one it was given.
 */
export type ReportResult =
  | { readonly accepted: true }
  | {
      readonly accepted: false;
      readonly rejection: 'not-owner' | 'backwards' | 'impossible';
      readonly reason: string;
    };

/** A report that changes nothing, and why. */
export function refuse(rejection: 'not-owner' | 'backwards' | 'impossible', reason: string): ReportResult {
  return { accepted: false, rejection, reason };
}
