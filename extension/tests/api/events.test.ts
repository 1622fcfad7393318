import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { follow, makeParser } from "../../src/api/events.ts";
import type { Problem } from "../../src/api/transport.ts";
import type { TestServer } from "./server.ts";
import { json, outside, serve } from "./server.ts";

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const event = (version: number, name = "purchase"): string =>
  `event: ${name}\n${name === "purchase" ? `id: ${version}\n` : ""}data: ${JSON.stringify({ id: "p", state: "held", version })}\n\n`;

describe("the reader of events", () => {
  const text = `: hello\n\nevent: purchase\r\nid: 7\r\ndata: {"a":\r\ndata: "ü€"}\r\n\r\ndata:x\n\nevent: e\n\nid: 3\rdata: y\r\rretry: 5\ndata\n\n`;
  const whole = [
    { name: "purchase", id: "7", data: '{"a":\n"ü€"}' },
    { name: "message", id: "", data: "x" },
    { name: "message", id: "3", data: "y" },
    { name: "message", id: "", data: "" },
  ];
  it("reads the same however the stream is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: text.length })), (cuts) => {
        const seen: unknown[] = [];
        const parse = makeParser((e) => seen.push(e));
        const at = [0, ...[...cuts].sort((a, b) => a - b), text.length];
        at.slice(1).forEach((end, i) => parse(text.slice(at[i], end)));
        expect(seen).toEqual(whole);
      }),
    );
  });
  it("does not take an endless line", () => {
    const parse = makeParser(() => {});
    expect(() => parse("x".repeat(1_024 * 1_024 + 1))).toThrow();
  });
});

describe("following a purchase", () => {
  it("comes back with the last version until told to stop", async () => {
    server = await serve((at, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      if (at === 0) response.end(event(1) + event(2));
      else if (at === 1) response.write(event(3), () => response.destroy());
      else response.end(event(4) + event(4, "refunds"));
    });
    const stop = new AbortController();
    const versions: (number | null | undefined)[] = [];
    const end = await follow(outside(), server.url, "tok", "p", {
      view: (view) => {
        versions.push(view.version);
        if (versions.length === 5) stop.abort();
      },
      trouble: () => {},
    }, stop.signal);
    expect(end).toBeNull();
    expect(versions).toEqual([1, 2, 3, 4, 4]);
    expect(server.asked.map((a) => [a.headers["last-event-id"], a.headers.authorization])).toEqual([
      [undefined, "Bearer tok"],
      ["2", "Bearer tok"],
      ["3", "Bearer tok"],
    ]);
  });
  it("ends when the token does", async () => {
    server = await serve((_, response) => json(response, 401, { code: "token_expired", detail: "Log in again." }));
    const end = await follow(outside(), server.url, "tok", "p", { view: () => {}, trouble: () => {} }, new AbortController().signal);
    expect(end).toMatchObject({ code: "token_expired", status: 401 });
    expect(server.asked.length).toBe(1);
  });
  it("waits longer each time while the server is away, and says when it is back", async () => {
    server = await serve((at, response) => {
      if (at < 4) response.destroy();
      else response.writeHead(200, { "content-type": "text/event-stream" }).end(event(1));
    });
    const out = outside();
    const stop = new AbortController();
    const troubles: (Problem | null)[] = [];
    await follow(out, server.url, "tok", "p", { view: () => stop.abort(), trouble: (t) => troubles.push(t) }, stop.signal);
    expect(troubles.map((t) => t?.code ?? null)).toEqual(["unreachable", "unreachable", "unreachable", "unreachable", null]);
    expect(out.waits).toEqual([1_000, 2_000, 4_000, 8_000]);
  });
  it("passes over what is no view", async () => {
    server = await serve((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(`event: purchase\nid: 1\ndata: {\n\nevent: other\ndata: {}\n\nevent: purchase\nid: 2\ndata: null\n\n${event(3)}`);
    });
    const stop = new AbortController();
    const seen: (number | null | undefined)[] = [];
    await follow(outside(), server.url, "t", "p", { view: (v) => { seen.push(v.version); stop.abort(); }, trouble: () => {} }, stop.signal);
    expect(seen).toEqual([3]);
  });
});
