// Preloaded: the time of day of this process is off by the number in the file SKEW_FILE, ms, read at each look.
import { readFileSync } from 'node:fs';

const RealDate = Date;
const offsetMs = () => Number(readFileSync(process.env.SKEW_FILE, 'utf8'));

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + offsetMs());
    else super(...args);
  }
  static now() {
    return RealDate.now() + offsetMs();
  }
};
