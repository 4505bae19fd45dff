import { describe, expect, it } from 'vitest';
import { evaluate } from './evaluate.ts';

/** An agent in name only: `said` is what its report says, one word an event. */
const host = `
import report
now = [100.0]
report.monotonic = lambda: now[0]
class Any:
    def __init__(self, **fields):
        self.__dict__.update(fields)
said = []
there = True
events = []
def say(event, **fields):
    said.append(event)
    events.append(fields)
dealer = Any(hashes=0, bound=50, residues={3: 'held'}, coverage=lambda held: {'residue': 3, 'next': '0', 'done': []},
             forget_released=lambda: [], front=lambda: 'work')
driver = Any(answered=True, given_up=False, note='it fell back', program=Any(name='pow.py', isa='python'),
             busy_below=lambda bound: False, speed=lambda: 7)
host = Any(output=Any(send=say, connected=lambda: there), redos=Any(take_over=lambda: []), log=Any(info=lambda text: None), dealer=dealer, drivers=[driver], cores=2, threads=1,
           note=None)
report = report.Report(host, 100.0)
def second():
    now[0] += 1
    report.tell(now[0], True)
    taken, said[:] = list(said), []
    return taken
`;

describe('what an agent reports', () => {
  it('ready once all kernels run or are given up, and progress only then', () => {
    const said = evaluate(`${host}
driver.answered = False
waiting = second()
driver.given_up = True
print(json.dumps([waiting, second(), second(), events[0]]))`);
    expect(said).toEqual([
      [],
      ['ready', 'progress'],
      ['progress'],
      expect.objectContaining({
        kernel: 'pow.py',
        isa: 'python',
        cores: 2,
        threads: 1,
        note: 'it fell back',
      }),
    ]);
  });

  it('idle once in a row, and only when nothing below the bound is in work', () => {
    const said = evaluate(`${host}
second()
dealer.front = lambda: None
driver.busy_below = lambda bound: bound > 40
busy = second()
dealer.bound = 40
idle, still = second(), second()
report.idle = False
print(json.dumps([busy, idle, still, second()]))`);
    expect(said).toEqual([
      ['progress'],
      ['progress', 'progress', 'idle'],
      ['progress'],
      ['progress', 'progress', 'idle'],
    ]);
  });

  it('near-hits before progress, a thousand at once, and to nobody only once it stops', () => {
    const said = evaluate(`${host}
second()
report.near = list(range(1500))
first = second()
there, report.near = False, [7]
print(json.dumps([first, second(), report.near, len(events[2]['nonces']), events[3]['nonces'][-1]]))`);
    expect(said).toEqual([['near', 'near', 'progress'], ['progress'], [7], 1000, '1499']);
  });

  it('near-hits before a share that is given back with what was done of it', () => {
    const said = evaluate(`${host}
report.near = [1, 2]
dealer.residues, dealer.coverage = {3: 'held'}, lambda held: {'residue': 3, 'next': '5', 'done': []}
report.send_released(3, 700)
print(json.dumps([said, events[0], events[1]]))`);
    expect(said).toEqual([
      ['near', 'released'],
      { nonces: ['1', '2'] },
      { residue: 3, next: '5', done: [], from: '700' },
    ]);
  });

  it('a hit after the progress before it, with the instance it was heard of', () => {
    const said = evaluate(`${host}
report.send_hit(2 ** 64 - 1, 'ab')
report.send_hit(7, 'cd', instance=4)
print(json.dumps([said, events[1], events[3]]))`);
    expect(said).toEqual([
      ['progress', 'hit', 'progress', 'hit'],
      { nonce: '18446744073709551615', digest: 'ab' },
      { nonce: '7', digest: 'cd', instance: 4 },
    ]);
  });

  it('the rate of the last seconds, not of all time', () => {
    const rates = evaluate(`${host}
rates = []
for second_ in range(12):
    dealer.hashes += 1000 if second_ < 6 else 10
    second()
    rates.append(events[-1]['rate'])
print(json.dumps(rates))`);
    expect(rates).toEqual([1000, 1000, 1000, 1000, 1000, 1000, 802, 604, 406, 208, 10, 10]);
  });
});
