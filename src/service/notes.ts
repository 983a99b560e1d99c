/** The relay's notes in words: what happened, to whom, and what an operator can do about it. */

import type { Note, SchedulerNote } from "../relay/events.ts";
import type { Level, LogLine } from "./log.ts";

/** The line for a note. `hasSecret` decides which way out of a mismatch is named. */
export function lineOf(note: Note, hasSecret: boolean): LogLine {
  const [level, text] = isOfScheduler(note) ? wordsOfScheduler(note, hasSecret) : wordsOf(note);
  const { event, ...fields } = note;
  return { level, event, text, fields };
}

const OF_SCHEDULER = new Set<string>([
  "scheduler-verified",
  "scheduler-restarted",
  "scheduler-back",
  "scheduler-refused",
  "scheduler-silent",
  "scheduler-gone",
] satisfies SchedulerNote["event"][]);

function isOfScheduler(note: Note): note is SchedulerNote {
  return OF_SCHEDULER.has(note.event);
}

function wordsOf(note: Exclude<Note, SchedulerNote>): [Level, string] {
  switch (note.event) {
    case "scheduler-unverified": {
      const { scheduler, release, reason, notAllowed } = note;
      const others = notAllowed.join(", ");
      const hint = others && `; it also named ${others}, which may be tried with --allow`;
      return ["warning", `scheduler ${scheduler} (dispy ${release}) announced itself, but ${reason}${hint}`];
    }
    case "scheduler-searched": {
      const wait = (note.retryMs / 1000).toFixed(0);
      return [
        "warning",
        `no scheduler found yet at ${note.scheduler}: ${note.reason}; next try in ${wait} s`,
      ];
    }
    case "node-introduced": {
      const whom = note.schedulers === 1 ? "its scheduler" : `${note.schedulers} schedulers`;
      return ["info", `node ${note.node} (dispy ${note.release}) heard, and told of ${whom}`];
    }
    case "node-unmatched": {
      const { node, release, live } = note;
      const others =
        live.length === 0 ? "no scheduler waits" : `schedulers that wait are of ${live.join(", ")}`;
      return ["info", `node ${node} (dispy ${release}) heard; ${others}`];
    }
    case "sender-outside":
      return [
        "warning",
        `broadcast from ${note.sender} ignored: it is in none of this relay's subnets (--allow admits it)`,
      ];
    case "node-left":
      return ["info", `node ${note.node} has ended`];
  }
}

function wordsOfScheduler(note: SchedulerNote, hasSecret: boolean): [Level, string] {
  const whom = `scheduler ${note.scheduler} (dispy ${note.release})`;
  switch (note.event) {
    case "scheduler-verified":
      return ["info", `${whom} verified; announcing it`];
    case "scheduler-restarted":
      return ["info", `${whom} has restarted; announcing it anew`];
    case "scheduler-back":
      return ["info", `${whom} answers; announcing it`];
    case "scheduler-refused": {
      const fix = hasSecret
        ? "this relay's --secret isn't its own"
        : "it has a secret: give it to this relay with --secret";
      return ["warning", `${whom} refused this relay: ${fix}`];
    }
    case "scheduler-silent":
      return ["info", `${whom} doesn't answer any more: ${note.reason}`];
    case "scheduler-gone":
      return ["info", `${whom} forgotten: ${note.reason}`];
  }
}
