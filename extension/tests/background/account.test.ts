import { describe, expect, it } from "vitest";
import { isOwnPage } from "../../src/background/answer.ts";
import type { PageRequest } from "../../src/background/requests.ts";
import { makeBrowser } from "./browser.ts";
import { HOST } from "./given.ts";
import { PAIRING, ROOT_KEY, SERVER, keySet, makeTill } from "./till.ts";

const login = { login: "ella", password: "correct horse battery", deviceName: "test" };

describe("with a wallet", () => {
  const wallet = { session: "5e".repeat(32), deviceName: "test", invitation: null };
  it("is logged in under the login of its key once the wallet has signed, and not before", async () => {
    const till = makeTill();
    const browser = makeBrowser({ fetch: till.fetch });
    await browser.ask("pair", { pairing: PAIRING });
    let signed = false;
    till.instead = ({ path, body }) => {
      if (path === "/v1/wallet-login") return Response.json({ lnurl: "LNURL1X", session: wallet.session, expires_at_ms: 1, action: body["action"] });
      if (path !== "/v1/wallet-login/finish") return null;
      expect(body).toEqual({ session: wallet.session, device_name: "test", invitation: null });
      if (!signed) return Response.json({ type: "", title: "", status: 409, detail: "", code: "not_ready" }, { status: 409 });
      return Response.json({ login: "wallet-0011", account: "a", device: "d", token: "t", expires_at_ms: 9e15 });
    };
    expect(await browser.ask("wallet_begin", { action: "login" })).toMatchObject({ lnurl: "LNURL1X" });
    expect(await browser.background.asked({ ask: "wallet_finish", ...wallet } as PageRequest)).toMatchObject({ ok: false, trouble: { code: "not_ready" } });
    expect(await browser.ask("state", {})).toMatchObject({ login: null });
    signed = true;
    expect(await browser.ask("wallet_finish", wallet)).toEqual({ recoveryCode: null });
    expect(await browser.ask("state", {})).toMatchObject({ login: "wallet-0011" });
    expect(JSON.stringify([...browser.disk, ...browser.session])).not.toContain(wallet.session);
  });
});

describe("pairing", () => {
  it("keeps the server once its key set was signed by the root key", async () => {
    const till = makeTill();
    const browser = makeBrowser({ fetch: till.fetch });
    expect(await browser.ask("pair", { pairing: PAIRING })).toEqual({ server: SERVER, rootKey: ROOT_KEY, keySetVersion: 1 });
    expect(await browser.ask("state", {})).toMatchObject({ server: SERVER, missing: "login", acceptsPurchases: true });
  });
  it.each([
    ["key_set_unknown_root", { server: SERVER, rootKey: `02${"ab".repeat(32)}` }],
    ["address_refused", { server: "http://till.example", rootKey: ROOT_KEY }],
    ["address_refused", { server: SERVER, rootKey: "02ab" }],
    ["pairing_malformed", { pairing: "anytill:" }],
  ])("keeps nothing: %s", async (code, fields) => {
    const browser = makeBrowser({ fetch: makeTill().fetch });
    const answer = await browser.background.asked({ ask: "pair", ...fields } as PageRequest);
    expect(answer).toEqual({ ok: false, trouble: { code, detail: null, retryAfterMs: null } });
    expect(browser.disk.get("pairing")).toBeUndefined();
  });
  it("keeps nothing of a server that calls itself otherwise, and says how", async () => {
    const till = makeTill();
    const browser = makeBrowser({ fetch: till.fetch });
    const answer = await browser.background.asked({ ask: "pair", pairing: PAIRING.replace("https://till.example", "http://localhost:8480") });
    expect(answer).toEqual({ ok: false, trouble: { code: "server_differs", detail: SERVER, retryAfterMs: null } });
    expect(browser.disk.get("pairing")).toBeUndefined();
  });
  it("with another server forgets the first one's account and purchases, not the list of what was sent", async () => {
    const till = makeTill();
    const browser = makeBrowser({ fetch: till.fetch });
    await browser.ask("pair", { pairing: PAIRING });
    await browser.ask("login", login);
    const page = await browser.open(1, `https://${HOST}/checkout`);
    await page.until("offer");
    await page.press({ do: "begin", way: "card" });
    await page.until("pay");
    till.name = "https://other.example";
    await browser.ask("pair", { pairing: PAIRING.replace("till.example", "other.example") });
    expect(await browser.ask("state", {})).toMatchObject({ server: "https://other.example", login: null, open: [] });
    expect((await browser.ask("sent", {})).length).toBe(1);
    expect(await page.until("setup")).toEqual({ kind: "setup", missing: "login" });
  });
  it("a key set of another root afterwards: nothing is paid any more", async () => {
    const till = makeTill();
    const browser = makeBrowser({ fetch: till.fetch });
    await browser.ask("pair", { pairing: PAIRING });
    await browser.ask("login", login);
    till.instead = (one) => (one.path === "/v1/keyset" ? Response.json(keySet(2, new Uint8Array(32).fill(9))) : null);
    await browser.background.alarm("trust");
    expect((await browser.ask("state", {})).distrusted).toBe("unknown_root");
    const page = await browser.open(1, `https://${HOST}/checkout`);
    await page.until("offer");
    await page.press({ do: "begin", way: "card" });
    expect(await page.until("untrusted")).toEqual({ kind: "untrusted", fault: "key_set_unknown_root" });
    till.instead = (one) => (one.path === "/v1/keyset" ? Response.json(keySet(3)) : null);
    await browser.background.alarm("trust");
    expect(await browser.ask("state", {})).toMatchObject({ distrusted: null, keySetVersion: 3 });
  });
});

describe("the account", () => {
  it("passwords and codes are kept nowhere", async () => {
    const till = makeTill();
    const browser = makeBrowser({ fetch: till.fetch });
    await browser.ask("pair", { pairing: PAIRING });
    await browser.ask("register", { ...login, invitation: "inv-1234" });
    await browser.ask("destination_set", { lightningAddress: "ella@wallet.example", password: "correct horse battery" });
    const kept = JSON.stringify([...browser.disk, ...browser.session]);
    expect(kept).not.toMatch(/correct horse|inv-1234/);
    expect((await browser.ask("state", {})).login).toBe("ella");
  });
  it("is over here at once, whether the server hears of it or not", async () => {
    const till = makeTill();
    const browser = makeBrowser({ fetch: till.fetch });
    await browser.ask("pair", { pairing: PAIRING });
    await browser.ask("login", login);
    till.away = true;
    await browser.ask("logout", {});
    expect(await browser.ask("state", {})).toMatchObject({ login: null, missing: "login" });
    expect(browser.disk.get("session")).toBe("null");
  });
  it("without a server nothing can be asked", async () => {
    const browser = makeBrowser({ fetch: makeTill().fetch });
    expect(await browser.background.asked({ ask: "devices" })).toMatchObject({ ok: false, trouble: { code: "not_paired" } });
  });
  it("what is not in the list is not done", async () => {
    const browser = makeBrowser({ fetch: makeTill().fetch });
    for (const ask of ["toString", "constructor", "nothing"]) {
      expect(await browser.background.asked({ ask } as unknown as PageRequest)).toMatchObject({ ok: false, trouble: { code: "not_allowed" } });
    }
  });
  it("settings take what is known and nothing else", async () => {
    const browser = makeBrowser({ fetch: makeTill().fetch });
    expect(await browser.ask("settings_set", { settings: { language: "de", showPill: false } })).toEqual({ language: "de", notifications: false, showPill: false });
    expect(await browser.ask("settings_set", { settings: { language: "xx" as "de" } })).toMatchObject({ language: "de" });
  });
});

describe("who may ask", () => {
  const own = { id: "abc", base: "chrome-extension://abc/" };
  it.each([
    [{ id: "abc", url: "chrome-extension://abc/app.html#/login" }, true],
    [{ id: "abc", url: "https://www.shop.example/checkout" }, false],
    [{ id: "abc", url: "https://evil.example/chrome-extension://abc/" }, false],
    [{ id: "other", url: "chrome-extension://abc/app.html" }, false],
    [{ id: "abc", url: "chrome-extension://other/app.html" }, false],
    [{ id: "abc" }, false],
    [{ url: "chrome-extension://abc/app.html" }, false],
  ])("%j: %s", (sender, may) => expect(isOwnPage(sender, own)).toBe(may));
});

describe("use on this page", () => {
  it("puts the script there, and opens the panel when it is up", async () => {
    const browser = makeBrowser({ fetch: makeTill().fetch });
    await browser.ask("use_here", { tabId: 5 });
    expect(browser.injected).toEqual(["5 content.js"]);
    const page = await browser.open(5, "https://small.example/checkout");
    expect(page.openedBy).toBe(1);
    await browser.ask("use_here", { tabId: 5 });
    expect(page.openedBy).toBe(2);
    expect(browser.injected.length).toBe(1);
  });
});
