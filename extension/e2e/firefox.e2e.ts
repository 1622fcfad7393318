/**
 * The whole purchase in Firefox, by `geckodriver`: paired and registered on the extension's page, begun, paid and filled
 * at a store's real address (served from this machine), charged. Runs when `GECKODRIVER` names the driver.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { PNG } from "pngjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PurchaseView } from "../src/api/types.ts";
import type { Answer, Ask, BackgroundState, Requests } from "../src/background/requests.ts";
import { buildAll } from "../tools/build.ts";
import type { Gecko } from "./gecko.ts";
import { startFirefox } from "./gecko.ts";
import type { Lab } from "./lab.ts";
import { startLab } from "./lab.ts";

const DRIVER = process.env["GECKODRIVER"];
const FIREFOX = process.env["FIREFOX"] ?? "/usr/bin/firefox-esr";
const ID = "11111111-2222-4333-8444-555555555555";
const HOST = "www.target.com";
const PAGE = `<!doctype html><html lang="en"><title>Checkout</title><h1>Checkout</h1>
<div data-test="cart-summary-total"><span>Total</span><p>$27.11</p></div><form>
<p><label>Card number <input id="creditCardInput-cardNumber" name="cardnumber"></label></p>
<p><label>Expiration <input id="creditCardInput-expiration" maxlength="5"></label></p>
<p><label>CVV <input id="creditCardInput-cvv"></label></p>
<p><label>Name on card <input id="creditCardInput-cardName"></label></p></form></html>`;
const WITHIN_MS = 30_000;

/** A store with a strict policy of its own, at its real name. */
async function serveStore(): Promise<Server> {
  const folder = mkdtempSync(path.join(tmpdir(), "anytill-store-"));
  const [key, cert] = [path.join(folder, "key.pem"), path.join(folder, "cert.pem")];
  const subject = ["-subj", `/CN=${HOST}`, "-addext", `subjectAltName=DNS:${HOST}`];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2", ...subject], { stdio: "ignore" });
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => {
    response.writeHead(200, { "content-type": "text/html", "content-security-policy": "default-src 'none'; script-src 'none'" }).end(PAGE);
  });
  rmSync(folder, { recursive: true });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + WITHIN_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`waited for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

/** The middle of the panel's main button, found as a person finds it: the widest bar of its colour on the right. */
function mainButton(picture: Buffer): { x: number; y: number } | undefined {
  const { width, height, data } = PNG.sync.read(picture);
  const rows: { y: number; from: number; to: number }[] = [];
  for (let y = 0; y < height; y++) {
    let from = -1;
    for (let x = Math.floor(width / 2); x <= width; x++) {
      const at = (y * width + x) * 4;
      const green = x < width && data[at] === 0x0b && data[at + 1] === 0x5d && data[at + 2] === 0x51;
      if (green && from < 0) from = x;
      if (!green && from >= 0) {
        if (x - from > 120) rows.push({ y, from, to: x });
        from = -1;
      }
    }
  }
  const [first] = rows;
  if (first === undefined) return undefined;
  const bar = rows.filter((row, i) => row.y - first.y === i || row.y - first.y < 44);
  return { x: first.from + 24, y: Math.floor((first.y + (bar.at(-1)?.y ?? first.y)) / 2) };
}

describe.skipIf(DRIVER === undefined)("Firefox", () => {
  let lab: Lab;
  let store: Server;
  let firefox: Gecko;
  let pages: { readonly app: string; readonly shop: string };

  async function ask<A extends Ask>(name: A, fields: Requests[A]["in"]): Promise<Requests[A]["out"]> {
    await firefox.toTab(pages.app);
    const script = "browser.runtime.sendMessage(arguments[0]).then(arguments[1])";
    const answer = (await firefox.runAsync(script, { ask: name, ...fields })) as Answer<A>;
    await firefox.toTab(pages.shop);
    if (!answer.ok) throw new Error(`${name}: ${answer.trouble.code}`);
    return answer.value;
  }
  const open = async (is: (one: BackgroundState["open"][number]) => boolean): Promise<string> =>
    until("the purchase's state", async () => (await ask("state", {})).open.find(is)?.id);
  const pressMain = async (): Promise<void> => {
    const at = await until("the panel's button", async () => mainButton(await firefox.screenshot()));
    await firefox.click(at.x, at.y);
  };

  beforeAll(async () => {
    await buildAll(true, () => {});
    [lab, store] = await Promise.all([startLab(), serveStore()]);
    firefox = await startFirefox(DRIVER ?? "", FIREFOX, {
      "extensions.webextensions.uuids": JSON.stringify({ "anytill@anytill.example": ID }),
      "network.dns.localDomains": HOST,
      "ui.systemUsesDarkTheme": 0,
    });
    const dist = fileURLToPath(new URL("../dist/", import.meta.url));
    await firefox.installAddon(path.join(dist, "firefox"));
    const app = await firefox.tab();
    await firefox.open(`moz-extension://${ID}/app.html`);
    pages = { app, shop: await firefox.newTab() };
    await ask("pair", { pairing: lab.about.pairing });
    await ask("register", { login: "ella", password: "correct horse battery", invitation: lab.about.invitation, deviceName: "Firefox" });
    await ask("address_set", { address: { name: "Ella Example", line1: "1 Swing Street", city: "New York", region: "NY", postal_code: "10001", country: "US" } });
  });
  afterAll(async () => {
    await firefox?.stop();
    store?.close();
    await lab?.stop();
  });

  it("buys: begun, paid over Lightning, filled, charged, done", async () => {
    await firefox.open(`https://${HOST}:${(store.address() as AddressInfo).port}/checkout`);
    const size = (await firefox.runAsync("arguments[0]([innerWidth, innerHeight])")) as [number, number];
    await until("the pill", async () => ((await firefox.runAsync("arguments[0](document.querySelector('anytill-panel') !== null)")) === true ? true : undefined));
    await until("the panel", async () => {
      await firefox.click(size[0] - 100, size[1] - 38);
      return mainButton(await firefox.screenshot());
    });
    await pressMain();
    const id = await open((one) => one.state === "invoiced");
    const { invoice } = (await ask("purchase", { id })) as PurchaseView;
    await lab.post("/wallet/pay", { bolt11: invoice?.bolt11 });
    await open((one) => one.state === "card_ready" && one.bitcoin === "held");
    // The panel's picture may lag behind the state: what is to be pressed is pressed until the form is filled.
    const values = await until("a filled form", async () => {
      const seen = (await firefox.runAsync("arguments[0]([...document.querySelectorAll('input')].map((one) => one.value))")) as string[];
      if (seen.every((value) => value !== "")) return seen;
      const at = mainButton(await firefox.screenshot());
      if (at !== undefined) await firefox.click(at.x, at.y);
      return undefined;
    });
    const [number = "", expiry = "", code = "", name = ""] = values;
    expect(name).toBe("Ella Example");
    const [month, year] = expiry.split("/").map(Number);
    const card = { number: number.replaceAll(" ", ""), security_code: code, expiry_month: month, expiry_year: 2000 + (year ?? 0) };
    expect(await lab.post("/charges", { card, amount_minor: 2711, currency: "USD", postal_code: "10001", capture: true })).toMatchObject({ approved: true });
    const done = await until("done", async () => {
      const view = await ask("purchase", { id });
      return view.state === "completed" ? view : undefined;
    });
    expect(done).toMatchObject({ captured_minor: 2711, bitcoin: "claimed", claimed_msat: 496_758_000 });
    expect((await ask("sent", {})).map((one) => [one.store, one.totalMinor, one.currency])).toEqual([[HOST, 2711, "USD"]]);
  });
});
