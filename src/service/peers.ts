/** Talks to dispy's schedulers and nodes by TCP: one short connection for each thing said. */

import { createHash } from "node:crypto";
import { setMaxListeners } from "node:events";
import { dial } from "../net/tcp.ts";
import type { DialOutcome } from "../net/tcp.ts";
import type { TlsFiles } from "../net/tls.ts";
import { Turnstile } from "../net/turnstile.ts";
import type { NodeAddress } from "../relay/events.ts";
import { decodeAnswer } from "../wire/dispy/decode.ts";
import { encodeAnnouncement, encodeIntroduction, encodeLeave, encodeQuestion } from "../wire/dispy/encode.ts";
import { frame, FrameReader, NO_PROOF } from "../wire/dispy/frames.ts";
import type { Frame } from "../wire/dispy/frames.ts";
import type { Answer, Endpoint, NodeLeave, Refusal, SchedulerAnnounce } from "../wire/message.ts";

/** Connections at once, and how many more may wait for their turn: for questions, and for all that nodes are told. */
const QUESTIONS = { atOnce: 128, mayWait: 1024 };
const TELLINGS = { atOnce: 128, mayWait: 16_384 };

export class Peers {
  readonly #secret: string;
  readonly #tls: TlsFiles | undefined;
  readonly #stopping = new AbortController();
  readonly #questions = new Turnstile(QUESTIONS.atOnce, QUESTIONS.mayWait);
  readonly #tellings = new Turnstile(TELLINGS.atOnce, TELLINGS.mayWait);

  constructor(secret: string, tls: TlsFiles | undefined) {
    this.#secret = secret;
    this.#tls = tls;
    // Each dial listens for the end, and hundreds at once are meant: no leak to warn of.
    setMaxListeners(0, this.#stopping.signal);
  }

  /** Asks `to` whether it is the scheduler that `announce` says, by RELAY_INFO. */
  async ask(to: Endpoint, announce: SchedulerAnnounce): Promise<Answer> {
    const question = frame(encodeQuestion(announce, to.address, this.#proofFor(announce.sign)));
    const outcome = await this.#questions.run(() =>
      this.#dial<Frame | Refusal>(to.address, to.port, question, true),
    );
    if (outcome === undefined) return { verdict: "unreachable", reason: "too many questions wait already" };
    if (outcome.kind !== "done") return { verdict: outcome.kind, reason: outcome.reason };
    const { answer } = outcome;
    if (answer?.kind === "frame") return decodeAnswer(answer.body);
    return { verdict: "mute", reason: `its answer isn't dispy's (${answer?.reason ?? "none"})` };
  }

  /** Tells one node of one scheduler. Returns why it didn't get through, if it didn't. */
  introduce({ host, port, sign }: NodeAddress, scheduler: SchedulerAnnounce): Promise<string | undefined> {
    return this.#tell(host, port, frame(encodeIntroduction(scheduler), this.#proofFor(sign) ?? NO_PROOF));
  }

  /** Passes a node's goodbye on to a scheduler. Returns why it didn't get through, if it didn't. */
  reportLeave(to: Endpoint, leave: NodeLeave): Promise<string | undefined> {
    return this.#tell(to.address, to.port, frame(encodeLeave(leave)));
  }

  /** The datagram that announces a scheduler to nodes; undefined when it doesn't fit one. */
  announcement(announce: SchedulerAnnounce): Uint8Array | undefined {
    return encodeAnnouncement(announce, this.#proofFor(announce.sign));
  }

  /** Ends all connections. */
  stop(): void {
    this.#stopping.abort();
  }

  async #tell(host: string, port: number, bytes: Uint8Array): Promise<string | undefined> {
    const outcome = await this.#tellings.run(() => this.#dial(host, port, bytes, false));
    if (outcome === undefined) return "too much waits to be told already";
    return outcome.kind === "done" ? undefined : outcome.reason;
  }

  #dial<T>(host: string, port: number, bytes: Uint8Array, awaitsAnswer: boolean): Promise<DialOutcome<T>> {
    const reader = new FrameReader(0);
    return dial<T>({
      ...{ host, port, bytes, tls: this.#tls, signal: this.#stopping.signal },
      ...(awaitsAnswer ? { collect: (chunk: Uint8Array) => reader.push(chunk) as T | undefined } : {}),
    });
  }

  /** sha1hex(secret + sign): what dispy takes as proof that both sides share the secret. */
  #proofFor(sign: string | undefined): Uint8Array | undefined {
    if (sign === undefined) return undefined;
    return Buffer.from(
      createHash("sha1")
        .update(this.#secret + sign)
        .digest("hex"),
      "latin1",
    );
  }
}
