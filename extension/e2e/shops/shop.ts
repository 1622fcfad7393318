/**
 * Stores for the browser: pages of our own with the marks that the real ones are known by (`stores/*.json` says which of
 * them were measured), served at the stores' real addresses by request routing. What a shopper places is charged by the
 * world's card network, as the store's acquirer would.
 */

import type { BrowserContext, Page, Route } from "playwright-core";
import type { Lab } from "../lab.ts";

/** What a store's own script reads off its form. Field names are the test's, not the store's. */
export interface Typed {
  readonly number: string;
  readonly code: string;
  /** `MM/YY`, `MM/YYYY` or two parts. */
  readonly month: string;
  readonly year: string;
  readonly postalCode?: string;
}

export interface Shop {
  readonly name: string;
  /** Where the shopper stands when the extension comes in. */
  readonly checkout: string;
  /** Addresses that are served here, as globs. */
  readonly addresses: readonly string[];
  readonly totalMinor: number;
  readonly currency: string;
  readonly merchant: string;
  /** The page at an address of ours, or `null` for none. */
  page(url: URL): string | null;
  /** The store's own way to the end: presses its button as a shopper does. */
  placeOrder(page: Page): Promise<void>;
}

export interface Served {
  /** What the store was told of each card that was placed with it: whether it was charged. */
  readonly orders: readonly Order[];
  /** What the store asks for instead of its total: a tax that changed. */
  chargeMinor: number | null;
  /** Small checks before the charge. */
  checks: readonly number[];
  /** Charged one by one instead of the total: shipments. */
  shipments: readonly number[];
  /** 3-D Secure: the store's bank insists that the card's holder is asked before the charge. */
  asks: boolean;
  /** The store charges no sooner than this. */
  ready: Promise<void>;
  /** Captures with the charge; else the test does that. */
  capture: boolean;
  close(): Promise<void>;
}

export interface Order {
  readonly approved: boolean;
  readonly charge: string | null;
  readonly detail: unknown;
}

export async function serve(context: BrowserContext, lab: Lab, shop: Shop): Promise<Served> {
  const orders: Order[] = [];
  const cards = new Map<string, Typed>();
  const served = { orders, chargeMinor: null as number | null, checks: [] as readonly number[], shipments: [] as readonly number[], asks: false, ready: Promise.resolve(), capture: true };
  const wanted = (typed: Typed, amount: number): object => ({
    card: {
      number: typed.number,
      security_code: typed.code,
      expiry_month: Number.parseInt(typed.month, 10),
      expiry_year: Number.parseInt(typed.year, 10),
    },
    amount_minor: amount,
    currency: shop.currency,
    merchant: { descriptor: shop.merchant },
  });
  const authenticated = async (typed: Typed, amount: number): Promise<boolean> => {
    const { authentication, result } = (await lab.post("/authentications", { ...wanted(typed, amount), mandated: true })) as { authentication: string; result: string };
    let now = result;
    while (now === "PENDING_CHALLENGE") {
      await new Promise((resolve) => setTimeout(resolve, 100));
      now = ((await lab.get(`/authentications/${authentication}`)) as { result: string }).result;
    }
    return now === "SUCCESS";
  };
  const charge = async (typed: Typed, amount: number, capture: boolean): Promise<Order> => {
    if (typed.number === "" || typed.month === "" || typed.year === "") return { approved: false, charge: null, detail: "not filled in" };
    if (served.asks && !(await authenticated(typed, amount))) return { approved: false, charge: null, detail: "not authenticated" };
    await served.ready;
    const answer = (await lab.post("/charges", {
      ...wanted(typed, amount),
      postal_code: typed.postalCode ?? "",
      capture,
    })) as Order;
    return { approved: answer.approved, charge: answer.charge ?? null, detail: answer.detail };
  };
  const checked = async (typed: Typed): Promise<boolean> => {
    for (const amount of served.checks) {
      const check = await charge(typed, amount, false);
      if (!check.approved) return false;
      // What was only checked is given back at once; of nothing there is nothing to give back.
      if (amount > 0) await lab.post(`/charges/${check.charge ?? ""}/void`);
    }
    return true;
  };
  const answer = async (route: Route): Promise<void> => {
    const request = route.request();
    const url = new URL(request.url());
    if (request.method() === "POST" && url.pathname === "/_place") {
      const typed = JSON.parse(request.postData() ?? "{}") as Typed;
      // A card on file: only its last digits come with the order.
      const card = typed.code === "" ? (cards.get(typed.number.slice(-4)) ?? typed) : typed;
      const parts = served.shipments.length > 0 ? served.shipments : [served.chargeMinor ?? shop.totalMinor];
      const placed: Order[] = [];
      if (await checked(card)) for (const part of parts) placed.push(await charge(card, part, served.capture));
      else placed.push({ approved: false, charge: null, detail: "check" });
      orders.push(...placed);
      const approved = placed.every((order) => order.approved);
      await route.fulfill({ status: approved ? 200 : 402, contentType: "application/json", body: JSON.stringify({ approved }) });
      return;
    }
    if (request.method() === "POST" && url.pathname === "/_add-card") {
      const typed = JSON.parse(request.postData() ?? "{}") as Typed;
      const good = await checked(typed);
      if (good) cards.set(typed.number.slice(-4), typed);
      const headers = { "access-control-allow-origin": "*" };
      await route.fulfill({ status: good ? 200 : 402, headers, contentType: "application/json", body: JSON.stringify({ last4: typed.number.slice(-4) }) });
      return;
    }
    const html = shop.page(url);
    if (html === null) await route.fulfill({ status: 404, body: "" });
    else await route.fulfill({ contentType: "text/html; charset=utf-8", headers: CSP, body: html });
  };
  for (const address of shop.addresses) await context.route(address, answer);
  return Object.assign(served, {
    close: async () => {
      for (const address of shop.addresses) await context.unroute(address, answer);
    },
  });
}

/** As strict as the strictest of them: no frame or script of a stranger, no style of ours that the page would see. */
const CSP = { "content-security-policy": "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; frame-src https:; connect-src 'self' https:" };

/** A page with what every store has around its checkout. */
export function html(lang: string, title: string, body: string, script = ""): string {
  return `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{font:16px/1.5 sans-serif;max-width:860px;margin:2rem auto;padding:0 1rem}label{display:block;margin:.6rem 0 .1rem}
input,select{font:inherit;padding:.4rem}button,input[type=submit]{font:inherit;padding:.6rem 1.2rem;margin:1rem 0}
table,dl,.rows{margin:1rem 0}td{padding:.2rem 1rem .2rem 0}[hidden]{display:none}</style></head>
<body>${body}<p id="outcome" role="status"></p><script>${script}</script></body></html>`;
}

/** The store's own script: reads the form when the button is pressed, tells the shopper how it went. */
export function placing(button: string, read: string): string {
  return `document.querySelector(${JSON.stringify(button)}).addEventListener("click", async (event) => {
  event.preventDefault();
  const v = (css) => { const e = document.querySelector(css); return e ? e.value.trim() : ""; };
  const typed = ${read};
  const outcome = document.querySelector("#outcome");
  outcome.textContent = "One moment";
  const answer = await fetch("/_place", { method: "POST", body: JSON.stringify(typed) });
  outcome.textContent = answer.ok ? "Thank you for your order" : "Your card was declined";
});`;
}

export async function pressed(page: Page, button: string): Promise<void> {
  await page.click(button);
  await page.waitForFunction(() => /Thank you|declined/u.test(document.querySelector("#outcome")?.textContent ?? ""), null, { timeout: 30_000 });
}
