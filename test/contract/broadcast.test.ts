import { MemoryBroadcast } from '../../src/broadcast/memory.ts';
import { describeBroadcast } from './broadcast.ts';

describeBroadcast('memory', async () => new MemoryBroadcast());
