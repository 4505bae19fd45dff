import type { RunConfig } from '../../config/config.ts';
import { UsageError } from '../../error.ts';
import type { EventFields } from '../../event/event.ts';
import { chunkCount } from '../../search/chunk.ts';
import { largestChunk } from '../../search/space.ts';
import { count, plural } from '../../quantity.ts';

/** What a run is judged by here. */
type Shares = Pick<RunConfig, 'instances' | 'space'>;

/** What is said where a space has fewer chunks than there are instances, some of which would do nothing. Pure. */
export function idleWarning({ instances, space }: Shares): EventFields['warning'] | undefined {
  const chunks = chunkCount(space);
  const idle = BigInt(instances) - chunks;
  if (idle <= 0n) return undefined;
  const chunk = largestChunk(space, instances);
  const smaller = chunk < space.chunk ? `--chunk ${chunk} or less, or ` : '';
  return {
    message: `${count(idle)} of ${plural(instances, 'instance')} would have nothing to search: the nonce space has ${plural(chunks, 'chunk')} of ${plural(space.chunk, 'nonce')}`,
    hint: `give ${smaller}--N ${chunks}`,
  };
}

/**
 * Refuses instances that would be paid for and do nothing.
 * @throws UsageError
 */
export function judgeIdle({ instances, space, fleetKind }: Shares & Pick<RunConfig, 'fleetKind'>): void {
  const warning = fleetKind.isPaid ? idleWarning({ instances, space }) : undefined;
  if (!warning) return;
  const { message, hint } = warning;
  throw new UsageError('idle-instances', `N is ${instances}: ${message}`, {
    about: 'N',
    ...(hint !== undefined && { hint }),
  });
}
