import { afterEach, describe, expect, it } from "vitest";
import { readPairing, readServer } from "../../src/api/address.ts";
import { makeClient, random128 } from "../../src/api/client.ts";
import { send } from "../../src/api/transport.ts";
import type { TestServer } from "./server.ts";
import { json, outside, serve } from "./server.ts";

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});
const problem = (code: string, status: number): object => ({ type: `/v1/problems/${code}`, title: "t", status, detail: "do this", code });

describe("a call", () => {
  it("carries token, key and body, and no cookie", async () => {
    server = await serve((_, response) => json(response, 201, { id: "p" }, { "set-cookie": "a=b" }));
    const client = makeClient(outside(), server.url, "secret-token");
    const body = { store_host: "shop.example", nonce: "00" };
    expect(await client.begin("key-1", body)).toEqual({ ok: true, value: { id: "p" } });
    await client.begin("key-2", body);
    expect(server.asked.map((a) => [a.method, a.path, a.headers["idempotency-key"], a.headers.authorization, a.headers.cookie, a.body])).toEqual([
      ["POST", "/v1/purchases", "key-1", "Bearer secret-token", undefined, JSON.stringify(body)],
      ["POST", "/v1/purchases", "key-2", "Bearer secret-token", undefined, JSON.stringify(body)],
    ]);
  });
  it("gives the problem's code, what to do, and how long to wait", async () => {
    server = await serve((_, response) => json(response, 409, problem("unpaid_purchase_open", 409), { "retry-after": "30" }));
    const result = await makeClient(outside(), server.url, "t").begin("k", { store_host: "s", nonce: "n" });
    expect(result).toEqual({ ok: false, problem: { code: "unpaid_purchase_open", status: 409, detail: "do this", retryAfterMs: 30_000 } });
    expect(server.asked.length).toBe(1);
  });
  it("is sent again under the same key when the answer was lost", async () => {
    server = await serve((at, response) => {
      if (at === 0) response.destroy();
      else if (at === 1) json(response, 409, problem("idempotency_in_progress", 409));
      else json(response, 201, { id: "p" });
    });
    const out = outside();
    expect(await makeClient(out, server.url, "t").begin("k", { store_host: "s", nonce: "n" })).toMatchObject({ ok: true });
    expect(server.asked.map((a) => a.headers["idempotency-key"])).toEqual(["k", "k", "k"]);
    expect(out.waits).toEqual([400, 800]);
  });
  it("is given up after three tries", async () => {
    server = await serve((_, response) => response.destroy());
    expect(await makeClient(outside(), server.url, null).rates()).toMatchObject({ ok: false, problem: { code: "unreachable", status: 0 } });
    expect(server.asked.length).toBe(3);
  });
  it.each(["register", "login", "recover", "reveal", "logout"] as const)("%s is never sent twice", async (name) => {
    server = await serve((_, response) => response.destroy());
    const client = makeClient(outside(), server.url, "t");
    const calls = {
      register: () => client.register({ login: "a", password: "b", device_name: "c", invitation: null }),
      login: () => client.login({ login: "a", password: "b", device_name: "c" }),
      recover: () => client.recover({ login: "a", recovery_code: "b", new_password: "c" }),
      reveal: () => client.reveal("p", { public_key: "00" }),
      logout: () => client.logout(),
    };
    expect(await calls[name]()).toMatchObject({ ok: false, problem: { code: "unreachable" } });
    expect(server.asked.length).toBe(1);
  });
  it("waits as long as Retry-After says, if that is short, and tells it otherwise", async () => {
    server = await serve((at, response) => json(response, 503, problem("busy", 503), { "retry-after": at === 0 ? "2" : "60" }));
    const out = outside();
    expect(await makeClient(out, server.url, null).served()).toMatchObject({ ok: false, problem: { code: "busy", retryAfterMs: 60_000 } });
    expect(out.waits).toEqual([2_000]);
  });
  it("follows no redirect", async () => {
    server = await serve((at, response) => {
      if (at > 2) throw new Error("followed");
      response.writeHead(302, { location: "/elsewhere" }).end();
    });
    expect(await makeClient(outside(), server.url, "t").rates()).toMatchObject({ ok: false, problem: { code: "unreachable" } });
    expect(new Set(server.asked.map((a) => a.path))).toEqual(new Set(["/v1/rates"]));
  });
  it("is ended by its own time limit", async () => {
    server = await serve(() => {});
    const result = await send(outside(), server.url, null, { method: "GET", path: "/", repeatable: false, timeoutMs: 30 });
    expect(result).toMatchObject({ ok: false, problem: { code: "timed_out_here" } });
  });
  it("does not take what is not JSON, nor a proxy's page for a problem", async () => {
    server = await serve((at, response) => {
      if (at === 0) response.end("<html>");
      else response.writeHead(at === 1 ? 400 : 502).end("<html>");
    });
    const client = makeClient(outside(), server.url, null);
    expect(await client.rates()).toMatchObject({ ok: false, problem: { code: "answer_malformed" } });
    expect(await client.rates()).toMatchObject({ ok: false, problem: { code: "answer_malformed", status: 400 } });
    expect(await client.rates()).toMatchObject({ ok: false, problem: { code: "unreachable", status: 502 } });
  });
  it("learns how far the server's clock is ahead", async () => {
    const hour = 3_600_000;
    server = await serve((_, response) => json(response, 200, { rates: [] }, { date: new Date(Date.now() + hour).toUTCString() }));
    const out = outside();
    await makeClient(out, server.url, null).rates();
    expect(Math.abs((out.ahead[0] ?? 0) - hour)).toBeLessThan(5_000);
  });
});

describe("a server's address", () => {
  it.each([
    ["https://till.example", "https://till.example"],
    ["https://till.example/", "https://till.example"],
    ["https://TILL.example:8443", "https://till.example:8443"],
    ["http://localhost:8480", "http://localhost:8480"],
    ["http://127.0.0.1:8480", "http://127.0.0.1:8480"],
    ["http://till.example", null],
    ["http://127.0.0.1.evil.example", null],
    ["http://localhost.evil.example", null],
    ["https://user:word@till.example", null],
    ["https://till.example/path", null],
    ["https://till.example/?a", null],
    ["ftp://till.example", null],
    ["javascript:alert(1)", null],
    ["till.example", null],
    ["", null],
  ])("%s: %s", (text, origin) => expect(readServer(text)).toBe(origin));
  const key = `02${"ab".repeat(32)}`;
  it.each([
    [`anytill:https://till.example#${key}`, { server: "https://till.example", rootKey: key }],
    [` anytill:http://127.0.0.1:8480#${key.toUpperCase()}\n`, { server: "http://127.0.0.1:8480", rootKey: key }],
    [`anytill:http://till.example#${key}`, null],
    [`anytill:https://till.example#04${"ab".repeat(32)}`, null],
    [`anytill:https://till.example#${key}00`, null],
    [`https://till.example#${key}`, null],
    ["anytill:", null],
  ])("pairing %s", (text, read) => expect(readPairing(text)).toEqual(read));
});

it("random128 is 32 hex and not the same twice", () => {
  const made = Array.from({ length: 50 }, random128);
  expect(made.every((hex) => /^[0-9a-f]{32}$/.test(hex))).toBe(true);
  expect(new Set(made).size).toBe(50);
});
