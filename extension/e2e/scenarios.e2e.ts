/** What can happen to a purchase at eBay, one after the other in one world. */

import { describe, expect, it } from "vitest";
import type { Browser } from "./chromium.ts";
import type { Lab } from "./lab.ts";
import { paidState, quote, pay } from "./purchase.ts";
import { BOUGHT, cancel, fill, NOTHING, place, PRICE_MSAT, run, type Scenario, type Scene, TAKEN_NEVER, toCard, toForm, until } from "./scenario.ts";
import { together } from "./together.ts";

let lab: Lab;
let browser: Browser;

together((made) => void ({ lab, browser } = made), { refunds: true });

const returned = { changeMsat: 0, state: "returned", never: /you get back|paid back|taken from you: |was taken\b.*\bowed/iu } as const;
const bought = { changeMsat: -PRICE_MSAT, state: "completed", says: BOUGHT, never: TAKEN_NEVER } as const;

async function buy(at: Scene): Promise<void> {
  await toForm(at);
  await place(at, "Thank you for your order");
}

const BEFORE: readonly Scenario[] = [
  {
    name: "declined",
    ...returned,
    says: ["You cancelled the purchase.", ...NOTHING],
    async play(at) {
      const hash = await toForm(at);
      const code = await at.page.inputValue("#securityCode");
      await at.page.fill("#securityCode", (code.startsWith("0") ? "1" : "0") + code.slice(1));
      await place(at, "Your card was declined");
      await at.panel.says("Your money is still yours");
      expect(await paidState(at.lab, hash)).toBe("held");
      await cancel(at);
    },
  },
  {
    name: "cancelled",
    ...returned,
    says: ["You cancelled the purchase.", ...NOTHING],
    async play(at) {
      await toCard(at);
      await cancel(at);
    },
  },
  {
    name: "overcharge",
    ...returned,
    says: ["You cancelled the purchase.", ...NOTHING],
    async play(at) {
      at.served.chargeMinor = 3211;
      const hash = await toForm(at);
      await place(at, "Your card was declined");
      await at.panel.says("The store's charge was declined");
      await at.panel.says("Your money is still yours");
      expect(await paidState(at.lab, hash)).toBe("held");
      await cancel(at);
    },
  },
];

const CHARGED: readonly Scenario[] = [
  {
    name: "exchange-down",
    ...bought,
    async play(at) {
      await at.lab.post("/faults", { fault: "exchange-no-orders" });
      await buy(at);
    },
  },
  {
    name: "check",
    ...bought,
    async play(at) {
      at.served.checks = [0, 100];
      await buy(at);
    },
  },
  {
    name: "tax-change",
    ...bought,
    says: [...BOUGHT, "$27.18"],
    async play(at) {
      at.served.chargeMinor = 2718;
      await buy(at);
    },
  },
  {
    name: "twice",
    ...bought,
    async play(at) {
      await at.lab.post("/wallet/second");
      const refused = async (bolt11: string): Promise<void> => {
        const { payment_hash: hash } = (await at.lab.post("/wallet/pay", { bolt11, wallet: "second" })) as { payment_hash: string };
        const state = async (): Promise<string> => ((await at.lab.get(`/wallet/paid/${hash}`)) as { wallets: { second: { state: string } } }).wallets.second.state;
        await until(async () => (await state()) === "failed", "the second wallet has its bitcoin back");
      };
      const first = await quote(at.panel);
      await pay(at.lab, first);
      await at.panel.says("Your card is ready");
      await refused(first);
      await cancel(at);
      await at.panel.says("Nothing was taken from you");
      await refused(first);
      await at.panel.press("button", "Start over");
      const second = await quote(at.panel);
      await pay(at.lab, second);
      await at.panel.says("Your card is ready");
      await fill(at);
      await place(at, "Thank you for your order");
      await at.panel.says("Bought");
      await refused(second);
    },
  },
  {
    name: "crash",
    ...bought,
    async play(at) {
      await toCard(at);
      await at.lab.post("/server/kill");
      await at.lab.post("/server/start");
      await at.panel.says("Your money is still yours");
      await fill(at);
      await place(at, "Thank you for your order");
    },
  },
  {
    name: "crash-claim",
    ...bought,
    async play(at) {
      const hash = await toForm(at);
      await at.page.click("#go");
      await until(async () => (await paidState(at.lab, hash)) === "succeeded", "the wallet has its receipt");
      await at.lab.post("/server/kill");
      await at.lab.post("/server/start");
      await until(async () => Promise.resolve(at.served.orders.length > 0), "the store has its answer");
      // The answer was lost with the server: the store's next try is approved at once.
      if (at.served.orders[0]?.approved !== true) await place(at, "Thank you for your order");
    },
  },
];

describe.each(BEFORE)("before a charge: $name", (scenario) => {
  it("costs nothing, and says so", () => run(lab, browser, scenario));
});
describe.each(CHARGED)("charged: $name", (scenario) => {
  it("costs what was quoted, and says so", () => run(lab, browser, scenario));
});
