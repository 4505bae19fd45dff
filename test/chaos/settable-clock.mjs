// With `node --import`: the wall clock is ahead of the real one by what the file CND_CHAOS_CLOCK says, in milliseconds.

import { readFileSync } from 'node:fs';

const RealDate = Date;
let ahead = 0;

function look() {
  try {
    ahead = Number(readFileSync(process.env['CND_CHAOS_CLOCK'] ?? '', 'utf8')) || 0;
  } catch {
    // It was not set yet.
  }
}

look();
setInterval(look, 50).unref();

globalThis.Date = class Date extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + ahead);
    else super(...given);
  }

  static now() {
    return RealDate.now() + ahead;
  }
};
