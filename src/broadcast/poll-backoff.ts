// What is received stays on the queue, for others. So from the first message on a poll returns at once, and brings what
// is known already: it has to be decided how soon to look again, and how to see what lies behind it. remote/poll_backoff.py
// does the same on instances, and a test compares them.

/**
 * Milliseconds between two polls that bring nothing new: a hundredth longer each time, so that something new is heard at
 * most half a second, and a hundredth of the time for which there was nothing, after it came. After half an hour it
 * is 20 s, and costs no more than polls that find nothing: 180 an hour, with 370 more at the beginning. At most, for 200
 * who listen for 24 hours: 0.92 million requests, $0.37.
 */
const pause = { shortest: 500, longest: 20_000, growth: 1.01 };

/** Polls in a row, without a pause, that look for what lies behind messages which are known: a pause costs one more. */
const mostLooks = 10;

/** Seconds for which those hide what they find: long enough to see the rest, short for others who wait for it. */
const hidden = 2;

/** When to poll a queue again, and how, from what the polls before gave. Pure. */
export class PollBackoff {
  readonly #most: number;
  #hide = 0;
  #pause = pause.shortest;
  #looks = 0;

  /** @param most Messages that one poll gives at most. */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Seconds for which the next poll has to hide what it gives. As a rule 0, for nobody may miss a message because
   * another one has it. But a queue may give the same messages again and again, and who gets as many as there can be,
   * and none is new, would never see any other.
   */
  get hide(): number {
    return this.#hide;
  }

  /** Milliseconds to wait after a poll that gave so many messages, some of them new (`fresh`) or none. */
  after(count: number, fresh: boolean): number {
    const full = count >= this.#most;
    this.#hide = full && !fresh ? hidden : 0;
    if (fresh) this.#pause = pause.shortest;
    if (fresh || count === 0) {
      this.#looks = 0;
      return 0;
    }
    // At once: what is hidden now comes back soon.
    if (full && this.#looks < mostLooks) {
      this.#looks++;
      return 0;
    }
    this.#looks = 0;
    const wait = this.#pause;
    this.#pause = Math.min(pause.longest, wait * pause.growth);
    return wait;
  }
}
