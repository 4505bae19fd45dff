import { expect, it } from 'vitest';
import { hasAutogroups } from '../helper/process.ts';
import { evaluate } from './evaluate.ts';

it('a kernel that is killed no longer gives way: it could not end before all that goes first had paused', () => {
  // All other users together may do it ten times a second.
  if (!hasAutogroups() || process.getuid?.() !== 0) return;
  const said = evaluate(`
import os
from process import Process

child = Process(['/bin/sleep', '60'], own_session=True)
group = lambda: [int(open('/proc/%d/autogroup' % child.pid).read().split()[-1]), os.getpriority(os.PRIO_PROCESS, child.pid)]
gave_way = child.give_way() and group()
kill, killed = os.kill, []
def note(pid, number):
    killed.append(group())
    kill(pid, number)
os.kill = note
child.kill()
child.kill()
os.waitpid(child.pid, 0)
print(json.dumps([gave_way, killed]))`);
  expect(said).toEqual([[19, 19], [[0, 0]]]);
});
