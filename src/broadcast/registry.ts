import type { Broadcast } from './broadcast.ts';
import { InProcessBroadcast } from './in-process.ts';
import type { SqsOptions } from './sqs.ts';

/** Which broadcast a run has. */
export type BroadcastChoice = { readonly kind: 'in-process' } | ({ readonly kind: 'sqs' } & SqsOptions);

/** One line a broadcast; the SDK is imported for runs that need it only. */
export async function makeBroadcast(choice: BroadcastChoice): Promise<Broadcast> {
  switch (choice.kind) {
    case 'in-process':
      return new InProcessBroadcast();
    case 'sqs':
      return new (await import('./sqs.ts')).SqsBroadcast(choice);
  }
}
