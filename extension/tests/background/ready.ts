/** A shopper who is paired and logged in, and a purchase that waits to be paid. */
import type { OpenSocket } from "../../src/nwc/relay.ts";
import type { Browser, TestPage } from "./browser.ts";
import { makeBrowser } from "./browser.ts";
import { HOST } from "./given.ts";
import type { Till } from "./till.ts";
import { PAIRING, makeTill } from "./till.ts";

export const URL_OF = `https://${HOST}/checkout`;
export const posts = (till: Till, path = "/v1/purchases") => till.asked.filter((one) => one.method === "POST" && one.path === path);

export async function ready(change: { readonly cardFirst?: boolean; readonly frameHosts?: readonly string[]; readonly openSocket?: OpenSocket } = {}): Promise<{ till: Till; browser: Browser }> {
  const till = makeTill();
  const recipe = { id: "shop", version: 1, name: "Shop", hosts: ["www.amazon.com"], paths: ["/**"], evidence: { kind: "guess", seen: "2026-01" }, total: ["#t"], charges: "order", splits: false, cardFirst: true, takesGiftCards: false } as const;
  const framed = { ...recipe, id: "framed", hosts: [HOST], cardFirst: false, frameHosts: change.frameHosts ?? [] };
  const recipes = [...(change.cardFirst === true ? [recipe] : []), ...(change.frameHosts === undefined ? [] : [framed])];
  const browser = makeBrowser({ fetch: till.fetch, recipes, ...(change.openSocket === undefined ? {} : { openSocket: change.openSocket }) });
  await browser.ask("pair", { pairing: PAIRING });
  await browser.ask("login", { login: "ella", password: "correct horse", deviceName: "test" });
  return { till, browser };
}

export async function begun(browser: Browser, tabId = 1, url = URL_OF): Promise<TestPage> {
  const page = await browser.open(tabId, url);
  await page.until("offer");
  await page.press({ do: "begin", way: "card" });
  await page.until("pay");
  return page;
}

export const filled = (page: TestPage): boolean => page.stage?.kind === "card_ready" && page.stage.fill.kind === "filled";
