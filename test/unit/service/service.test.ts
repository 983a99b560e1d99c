import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { NothingToListenOnError } from "../../../src/service/service.ts";
import { frame, NO_PROOF } from "../../../src/wire/dispy/frames.ts";
import * as lo from "./loopback.ts";

afterEach(lo.endAll);

const SECRET = "a secret of the lab";
const sha1 = (text: string): string => createHash("sha1").update(text).digest("hex");

describe("a scheduler that announces itself by TCP", () => {
  it("is asked who it is, and its announcement then arrives at the nodes", async () => {
    const scheduler = await lo.FakeScheduler.start();
    const { service, lines, listenPort, nodePort } = await lo.relay();
    const node = await lo.FakeNode.start(nodePort);
    await service.start();
    await scheduler.pingByTcp(listenPort);

    const question = await scheduler.questions.next();
    expect(question.tag).toBe("RELAY_INFO");
    expect(Object.fromEntries(question.fields)).toMatchObject({
      ...{ version: lo.RELEASE, sign: scheduler.sign, relay: "y", scheduler_ip_addr: lo.HOST },
    });
    const { tag, fields } = lo.untagged(await node.heard.next());
    expect(tag).toBe("PING");
    expect(Object.fromEntries(fields)).toMatchObject({
      ...{ version: lo.RELEASE, sign: scheduler.sign, port: scheduler.port, ip_addrs: [lo.HOST], relay: "y" },
      auth: new Uint8Array(Buffer.from(sha1(scheduler.sign))),
    });
    expect(await lines.next(lo.event("scheduler-verified"))).toMatchObject({ level: "info" });
  });

  it("gets the proof of the secret, and the secret is nowhere in the log", async () => {
    const scheduler = await lo.FakeScheduler.start();
    const { service, lines, listenPort } = await lo.relay({ secret: SECRET });
    await service.start();
    await scheduler.pingByTcp(listenPort);
    const { fields } = await scheduler.questions.next();
    expect(fields.get("auth")).toEqual(new Uint8Array(Buffer.from(sha1(SECRET + scheduler.sign))));
    await lines.next(lo.event("scheduler-verified"));
    await service.stop();
    expect(JSON.stringify(lines.all)).not.toContain(SECRET);
  });

  it("and says no when it is asked, is not announced", async () => {
    const scheduler = await lo.FakeScheduler.start(false);
    const { service, lines, listenPort, nodePort } = await lo.relay();
    const node = await lo.FakeNode.start(nodePort);
    await service.start();
    await scheduler.pingByTcp(listenPort);
    await lines.next(lo.event("scheduler-refused"));
    expect(service.dropped).toEqual({ "scheduler-refused": 1 });
    await service.stop();

    const marker = new TextEncoder().encode("nothing was before this");
    await lo.send(await lo.udp(lo.HOST), marker, nodePort, lo.BROADCAST);
    expect(new Uint8Array(await node.heard.next())).toEqual(marker);
  });
});

describe("a node that says by broadcast that it is free", () => {
  it("is dialled, and introduced to the scheduler with the proof of its own sign", async () => {
    const scheduler = await lo.FakeScheduler.start();
    const { service, lines, listenPort, nodePort, schedulerPort } = await lo.relay({ secret: SECRET });
    const node = await lo.FakeNode.start(nodePort);
    await service.start();
    await scheduler.pingByTcp(listenPort);
    await lines.next(lo.event("scheduler-verified"));
    await node.sayFree(schedulerPort);

    const { proof, tag, fields } = await node.introductions.next();
    expect([proof, tag]).toEqual([sha1(SECRET + node.sign), "PING"]);
    expect(Object.fromEntries(fields)).toEqual({
      ...{ version: lo.RELEASE, port: scheduler.port, sign: scheduler.sign, relay: "y", ip_addrs: [lo.HOST] },
    });
    expect(await lines.next(lo.event("node-introduced"))).toMatchObject({
      fields: { node: `${lo.HOST}:${node.port}`, schedulers: 1 },
    });
  });
});

describe("garbage", () => {
  it("is counted by its kind, and the relay goes on serving", async () => {
    const scheduler = await lo.FakeScheduler.start();
    const { service, lines, listenPort } = await lo.relay();
    await service.start();
    const text = (content: string): Uint8Array => Buffer.from(content, "latin1");
    const tooLong = Buffer.concat([NO_PROOF, Uint8Array.of(0xff, 0xff, 0xff, 0xff)]);
    const streams = [
      text(""),
      text("GET / HTTP/1.1\r\n\r\n"),
      tooLong,
      frame(text("hello"), NO_PROOF),
      frame(text("EXEC:N."), NO_PROOF),
      frame(text("PING:"), NO_PROOF),
      frame(text("PING:cos\nsystem\n(S'true'\ntR."), NO_PROOF),
      frame(lo.tagged("PING", null), NO_PROOF),
      frame(lo.tagged("PING", { version: 7 }), NO_PROOF),
    ];
    for (const bytes of streams) await lo.throwAt(listenPort, bytes);
    const socket = await lo.udp(lo.HOST);
    for (const bytes of [text("\u0000"), text("PING:("), text("x".repeat(9000))])
      await lo.send(socket, bytes, listenPort, lo.HOST);

    await vi.waitFor(
      () => {
        const { dropped } = service;
        const total = Object.values(dropped).reduce((sum, count) => sum + count, 0);
        expect(total).toBe(streams.length + 3);
        expect(dropped).toMatchObject({
          ...{ "connection-without-message": 2, "frame-too-long": 1, "not-dispy": 3, "tag-unknown": 1 },
          ...{ "pickle-empty": 1, "fields-none": 1, "fields-unfit": 1 },
        });
      },
      { timeout: 4000 },
    );
    await scheduler.pingByTcp(listenPort);
    await lines.next(lo.event("scheduler-verified"));
    await service.stop();
    expect(await lines.next(lo.event("dropped"))).toMatchObject({ level: "info", fields: service.dropped });
  });
});

describe("starting and stopping", () => {
  it("may be stopped twice, and says once what was dropped", async () => {
    const { service, lines, listenPort } = await lo.relay();
    await service.start();
    await lo.throwAt(listenPort, frame(Buffer.from("hello"), NO_PROOF));
    const first = service.stop();
    expect(service.stop()).toBe(first);
    await first;
    expect(lines.all.filter(lo.event("dropped"))).toHaveLength(1);
  });

  it("may be stopped before it has started, and leaves its ports to others", async () => {
    const { service, options } = await lo.relay();
    const starting = service.start();
    await service.stop();
    await expect(starting).resolves.toBeUndefined();
    const again = await lo.relay({ listenPorts: options.listenPorts });
    await again.service.start();
    expect(again.lines.all.filter(lo.event("port-unavailable"))).toEqual([]);
  });

  it("asks the schedulers of last time, and announces them, without a ping", async () => {
    const scheduler = await lo.FakeScheduler.start();
    const first = await lo.relay();
    await first.service.start();
    await scheduler.pingByTcp(first.listenPort);
    await first.lines.next(lo.event("scheduler-verified"));
    await scheduler.questions.next();
    await first.service.stop();

    const { stateFile } = first.options;
    const second = await lo.relay({ stateFile });
    const node = await lo.FakeNode.start(second.nodePort);
    await second.service.start();
    expect((await scheduler.questions.next()).tag).toBe("RELAY_INFO");
    await second.lines.next(lo.event("scheduler-back"));
    expect(lo.untagged(await node.heard.next()).fields.get("sign")).toBe(scheduler.sign);
  });

  it("starts without a damaged state file, and says where that is now", async () => {
    const { service, lines, options } = await lo.relay();
    await writeFile(options.stateFile, "{");
    await service.start();
    const line = await lines.next(lo.event("state-damaged"));
    expect(line.level).toBe("warning");
    expect(line.text).toContain(`${options.stateFile}.damaged`);
    await lines.next(lo.event("listening-for-schedulers"));
  });

  it("says that the state file can't be written, and serves all the same", async () => {
    const scheduler = await lo.FakeScheduler.start();
    const { stateFile: file } = (await lo.relay()).options;
    await writeFile(file, "");
    const { service, lines, listenPort } = await lo.relay({ stateFile: `${file}/below` });
    await service.start();
    await scheduler.pingByTcp(listenPort);
    const line = await lines.next(lo.event("state-unwritable"));
    expect(line.text).toContain("name a writable file with --state");
    await lines.next(lo.event("scheduler-verified"));
  });

  it("waits for an address that the host doesn't have, and says so", async () => {
    const { service, lines } = await lo.relay({ interfaces: ["192.0.2.99"] });
    await service.start();
    const line = await lines.next(lo.event("interface-missing"));
    expect(line.text).toContain("192.0.2.99");
  });
});

describe("a port in use", () => {
  it("is named in a warning with --listen_port, and the others are served", async () => {
    const taken = await lo.takenPort();
    const [free = 0] = await lo.freePorts(1);
    const { service, lines } = await lo.relay({ listenPorts: [taken, free] });
    await service.start();
    const line = await lines.next(lo.event("port-unavailable"));
    expect(line.level).toBe("warning");
    expect(line.text).toContain(`TCP port ${taken} of ${lo.HOST}`);
    expect(line.text).toContain("--listen_port");
    expect(await lines.next(lo.event("listening-for-schedulers"))).toMatchObject({
      fields: { address: lo.HOST, ports: [free] },
    });
  });

  it("ends the start with an error where there is no other", async () => {
    const taken = await lo.takenPort();
    await lo.udp("0.0.0.0", taken, false);
    const { service, lines } = await lo.relay({ listenPorts: [taken] });
    await expect(service.start()).rejects.toBeInstanceOf(NothingToListenOnError);
    expect(lines.all.filter(lo.event("port-unavailable")).length).toBeGreaterThan(0);
  });
});
