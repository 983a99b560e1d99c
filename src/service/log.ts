/**
 * The operator's log: a line for each event. Lines that repeat are folded into one, and a flood of different ones is
 * cut short and counted, so that nobody on the network can fill a disk.
 */

export type Level = "info" | "warning" | "error";

export interface LogLine {
  readonly level: Level;
  /** Stable name of the kind of event: `scheduler-verified`. */
  readonly event: string;
  /** What happened, to whom, and what to do, in one line. */
  readonly text: string;
  /** The same for machines. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

export type Log = (line: LogLine) => void;

/** A line that comes again within this time, ms, is held back and counted. */
const FOLD = 10_000;
/** Different lines that are remembered for folding. */
const MAX_FOLDED = 1000;
/** Lines at once, and lines a second after that. */
const BURST = 200;
const PER_SECOND = 10;

interface Folded {
  readonly line: LogLine;
  readonly until: number;
  again: number;
}

export class FoldingLog {
  readonly #print: Log;
  readonly #folded = new Map<string, Folded>();
  #budget = BURST;
  #budgetAt = 0;
  /** Lines left out since `since`. */
  #cut = { lines: 0, since: 0 };
  #cutReportedAt = -Infinity;

  constructor(print: Log) {
    this.#print = print;
  }

  /** When {@link flush} next has something to say, ms; Infinity when it has nothing. */
  get deadline(): number {
    let earliest = this.#cut.lines > 0 ? this.#cutDue : Infinity;
    for (const { again, until } of this.#folded.values()) if (again > 0) earliest = Math.min(earliest, until);
    return earliest;
  }

  write(line: LogLine, now: number): void {
    this.flush(now);
    const key = `${line.event} ${line.text}`;
    const folded = this.#folded.get(key);
    if (folded !== undefined) {
      folded.again += 1;
      return;
    }
    if (this.#folded.size < MAX_FOLDED) this.#folded.set(key, { line, until: now + FOLD, again: 0 });
    this.#offer(line, now);
  }

  /** Prints what was held back and is due. */
  flush(now: number): void {
    for (const [key, { line, until, again }] of this.#folded) {
      if (until > now) break; // in order of time, as all are kept equally long
      this.#folded.delete(key);
      const times = again === 1 ? "1 more time" : `${again} more times`;
      if (again > 0) this.#offer({ ...line, text: `${line.text} (${times} in ${FOLD / 1000} s)` }, now);
    }
    if (this.#cut.lines > 0 && this.#cutDue <= now) this.#reportCut(now);
  }

  get #cutDue(): number {
    return Math.max(this.#cut.since, this.#cutReportedAt) + FOLD;
  }

  #offer(line: LogLine, now: number): void {
    this.#budget = Math.min(BURST, this.#budget + ((now - this.#budgetAt) / 1000) * PER_SECOND);
    this.#budgetAt = now;
    if (this.#budget < 1) {
      if (this.#cut.lines === 0) this.#cut.since = now;
      this.#cut.lines += 1;
      return;
    }
    this.#budget -= 1;
    if (this.#cut.lines > 0 && now - this.#cutReportedAt >= FOLD) this.#reportCut(now);
    this.#print(line);
  }

  #reportCut(now: number): void {
    const { lines } = this.#cut;
    this.#cut = { lines: 0, since: 0 };
    this.#cutReportedAt = now;
    const text = `${lines} lines left out: more than ${PER_SECOND} a second`;
    this.#print({ level: "warning", event: "log-cut", text, fields: { lines } });
  }
}

/** One line of text: `2026-11-21T01:02:03Z warning …`; the level is left out where it is `info`. */
export function asText({ level, text }: LogLine, time: Date): string {
  const stamp = time.toISOString().replace(/\.\d+Z$/, "Z");
  return level === "info" ? `${stamp} ${printable(text)}` : `${stamp} ${level}: ${printable(text)}`;
}

/** One JSON object a line. */
export function asJson({ level, event, text, fields }: LogLine, time: Date): string {
  const own = { time: time.toISOString(), level, event, text };
  return printable(JSON.stringify({ ...own, ...fields, ...own }));
}

/** Names come from the network: nothing in them may move the cursor, or begin a new line. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    let escaped = "";
    for (let i = 0; i < character.length; i += 1) {
      escaped += `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`;
    }
    return escaped;
  });
}
