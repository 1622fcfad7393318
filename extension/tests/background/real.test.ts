/**
 * The background against the real server and its simulated outside (`lab world`), without a browser. Runs when
 * `ANYTILL_LAB` names the built `lab`.
 */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CardToFill } from "../../src/types/messages.ts";
import type { Browser, TestPage } from "./browser.ts";
import { makeBrowser } from "./browser.ts";
import { ADDRESS, reading } from "./given.ts";

const LAB = process.env["ANYTILL_LAB"];
interface World {
  readonly pairing: string;
  readonly invitation: string | null;
  readonly control: string;
}

describe.skipIf(LAB === undefined)("a purchase through the real server", () => {
  let lab: ChildProcess;
  let world: World;
  let browser: Browser;
  const control = async (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> => {
    const response = await fetch(world.control + path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }) });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    const text = await response.text();
    return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
  };
  const charge = (card: CardToFill, minor: number): Promise<Record<string, unknown>> =>
    control("POST", "/charges", {
      card: { number: card.number, security_code: card.securityCode, expiry_month: card.expiryMonth, expiry_year: card.expiryYear },
      amount_minor: minor, currency: "USD", postal_code: card.postalCode, capture: minor > 0,
    });
  const pay = async (page: TestPage): Promise<void> => {
    const stage = await page.until("pay", 20_000);
    if (stage.kind !== "pay") throw new Error("not to be paid");
    expect(stage.stillYours).toBe(true);
    await control("POST", "/wallet/pay", { bolt11: stage.bolt11 });
  };

  beforeAll(async () => {
    lab = spawn(LAB ?? "", ["world"], { stdio: ["pipe", "pipe", "ignore"] });
    const lines = createInterface({ input: lab.stdout ?? process.stdin });
    world = JSON.parse((await new Promise<string>((resolve) => lines.once("line", resolve))) as string) as World;
    browser = makeBrowser({ fetch: (url, init) => fetch(url, init), realTime: true });
    await browser.ask("pair", { pairing: world.pairing });
    const { recoveryCode } = await browser.ask("register", { login: "ella", password: "correct horse battery", invitation: world.invitation, deviceName: "test" });
    expect(recoveryCode).not.toBe("");
    await browser.ask("address_set", { address: ADDRESS });
  }, 120_000);
  afterAll(() => {
    lab?.stdin?.end();
    lab?.kill("SIGTERM");
  });

  it("is offered, quoted, checked, paid, filled, charged and done", async () => {
    const page = await browser.open(1, "https://www.shop.example/checkout");
    const offer = await page.until("offer");
    expect(offer.kind === "offer" && offer.estimate?.amountMsat).toBeGreaterThan(0);
    await page.press({ do: "begin", way: "card" });
    await pay(page);
    await page.until("card_ready", 20_000);
    await page.press({ do: "fill" });
    await page.untilTrue(() => page.stage?.kind === "card_ready" && page.stage.fill.kind === "filled", "filled", 10_000);
    const [card] = page.fills;
    if (card === undefined) throw new Error("no card");
    expect(await charge(card, 2711)).toMatchObject({ approved: true });
    const done = await page.until("done", 30_000);
    expect(done.kind === "done" && done.captured).toEqual({ minor: 2711, currency: "USD" });
    expect(JSON.stringify([...browser.disk, ...browser.session])).not.toContain(card.number);
    expect((await browser.ask("sent", {})).map(({ store, totalMinor }) => [store, totalMinor])).toEqual([["www.shop.example", 2711]]);
    await page.press({ do: "dismiss" });
  }, 120_000);

  it("survives a killed worker at each stage, and is called off", async () => {
    const page = await browser.open(2, "https://else.example/checkout");
    await page.until("offer");
    await page.press({ do: "begin", way: "card" });
    await page.until("pay", 20_000);
    await browser.restart();
    await pay(page);
    await browser.restart();
    await page.until("card_ready", 20_000);
    await page.press({ do: "cancel" });
    const ended = await page.until("ended", 30_000);
    expect(ended).toMatchObject({ kind: "ended", how: "returned", because: "cancelled", nothingTaken: true });
  }, 120_000);

  it("takes a prepared card first", async () => {
    const recipe = { id: "later", version: 1, name: "Later", hosts: ["www.later.example"], paths: ["/**"], evidence: { kind: "guess", seen: "2026-01" }, total: ["#t"], charges: "order", splits: false, cardFirst: true, takesGiftCards: false } as const;
    const second = makeBrowser({ fetch: (url, init) => fetch(url, init), realTime: true, recipes: [recipe] });
    await second.ask("pair", { pairing: world.pairing });
    await second.ask("login", { login: "ella", password: "correct horse battery", deviceName: "second" });
    const form = reading({ total: null, fields: { number: ["#n"] } });
    const page = await second.open(1, "https://www.later.example/pay", form);
    const { currencies } = { currencies: second.kept("cache").served?.currencies.length };
    expect((await page.until(currencies === 1 ? "offer_card_first" : "confirm_total")).kind).toBeDefined();
    if (currencies !== 1) return;
    await page.press({ do: "begin_card_first" });
    await page.untilTrue(() => page.stage?.kind === "card_ready" && page.stage.prepared, "prepared", 20_000);
    await page.press({ do: "fill" });
    await page.untilTrue(() => page.fills.length > 0, "filled", 10_000);
    await page.read(reading({ total: null, checkout: false }));
    await page.until("go_to_review");
    const [card] = page.fills;
    if (card === undefined) throw new Error("no card");
    expect(await charge(card, 0)).toMatchObject({ approved: true });
    await page.read(reading());
    await page.until("offer");
    await page.press({ do: "begin", way: "card" });
    await pay(page);
    await page.untilTrue(() => page.stage?.kind === "card_ready" && !page.stage.prepared, "limit raised", 20_000);
    expect(await charge(card, 2711)).toMatchObject({ approved: true });
    await page.until("done", 30_000);
  }, 120_000);
});
