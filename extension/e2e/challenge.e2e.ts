/** 3-D Secure at a store whose bank insists on it: the shopper is asked in the panel, and the store hears what they said. */

import { describe, expect, it } from "vitest";
import type { Browser } from "./chromium.ts";
import type { Lab } from "./lab.ts";
import { paidState } from "./purchase.ts";
import { BOUGHT, cancel, NOTHING, PRICE_MSAT, purchaseId, run, type Scenario, type Scene, TAKEN_NEVER, toForm } from "./scenario.ts";
import type { Shopper } from "./shopper.ts";
import { together } from "./together.ts";

let lab: Lab;
let browser: Browser;
let shopper: Shopper;

together((made) => void ({ lab, browser, shopper } = made));

const outcome = async ({ page }: Scene, said: string): Promise<void> => {
  await page.waitForFunction((text) => document.querySelector("#outcome")?.textContent === text, said, { timeout: 30_000 });
};

/** To the question, with the bitcoin held and the store waiting. */
async function toQuestion(at: Scene): Promise<string> {
  at.served.asks = true;
  const hash = await toForm(at);
  await at.page.click("#go");
  const said = await at.panel.says("The store's bank asks: is it you?");
  expect(said).toContain("EBAY O*12-34567");
  expect(said).toContain("$27.11");
  expect(said).toMatch(/Answer within\s*(9|10):\d\d/u);
  expect(said).toContain("Your money is still yours");
  expect(await paidState(at.lab, hash)).toBe("held");
  expect(at.served.orders).toEqual([]);
  return hash;
}

/** The same shopper on another device, which answers before this one does. */
async function answerElsewhere(id: string): Promise<void> {
  const call = async (path: string, body: unknown, token?: string): Promise<Response> =>
    fetch(lab.about.server + path, {
      method: "POST",
      headers: { "content-type": "application/json", ...(token === undefined ? {} : { authorization: `Bearer ${token}`, "idempotency-key": "elsewhere-1" }) },
      body: JSON.stringify(body),
    });
  const { token } = (await (await call("/v1/login", { ...shopper, device_name: "another one" })).json()) as { token: string };
  const answered = await call(`/v1/purchases/${id}/challenge`, { answer: "approve" }, token);
  expect(answered.status, await answered.text()).toBe(200);
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: "yes",
    changeMsat: -PRICE_MSAT,
    state: "completed",
    says: BOUGHT,
    never: TAKEN_NEVER,
    async play(at) {
      await toQuestion(at);
      await at.panel.press("button", "Yes, it is me");
      await outcome(at, "Thank you for your order");
    },
  },
  {
    name: "no",
    changeMsat: 0,
    state: "returned",
    says: ["You cancelled the purchase.", ...NOTHING],
    async play(at) {
      const hash = await toQuestion(at);
      await at.panel.press("button", "No, it is not me");
      await outcome(at, "Your card was declined");
      const said = await at.panel.says("You said that it is not you");
      expect(said).toContain("Your money is still yours");
      expect(await paidState(at.lab, hash)).toBe("held");
      await cancel(at);
    },
  },
  {
    name: "answered on another device",
    changeMsat: -PRICE_MSAT,
    state: "completed",
    says: BOUGHT,
    never: TAKEN_NEVER,
    async play(at) {
      await toQuestion(at);
      await answerElsewhere(await purchaseId(at.browser));
      await outcome(at, "Thank you for your order");
    },
  },
];

describe.each(SCENARIOS)("the store's bank asks: $name", (scenario) => {
  it("is shown what, and until when, and goes on as it was answered", () => run(lab, browser, scenario));
});
