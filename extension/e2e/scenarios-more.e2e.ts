/** What is taken and comes back later, what never comes to a charge, and what runs out of time. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Browser, openChromium } from "./chromium.ts";
import { keepPictures } from "./failed.ts";
import { type Lab, startLab } from "./lab.ts";
import { paidState } from "./purchase.ts";
import { cancel, place, run, type Scenario, type Scene, TAKEN_NEVER, toForm, until } from "./scenario.ts";
import { setUp } from "./shopper.ts";

let lab: Lab;
let browser: Browser;

/** A world and a browser for the tests of one block. */
function world(args: readonly string[] = []): void {
  beforeAll(async () => {
    lab = await startLab(args);
    browser = await openChromium();
    await setUp(browser, lab, { refunds: true });
  });
  afterAll(async () => {
    await browser?.remove();
    await lab?.stop();
  });
}
keepPictures(() => browser?.context);

/** Said when what was taken is back: how much, and where. */
const paidBack = (): readonly RegExp[] => [/Paid back/u, new RegExp(`Paid to .*${lab.about.payer_address.replace(/\./gu, "\\.")}`, "u")];

const OWED: readonly Scenario[] = [
  {
    name: "voided",
    // Dollars go back at the middle of the market: what it cost is the spread.
    changeMsat: -3_853_391,
    state: "completed",
    says: ["The store cancelled its charge", "Paid back", "0.00492904609"],
    never: TAKEN_NEVER,
    paidBack: true,
    async play(at) {
      at.served.capture = false;
      await toForm(at);
      await place(at, "Thank you for your order");
      await at.panel.says("The store has charged the card");
      await at.lab.post(`/charges/${charge(at)}/void`);
    },
  },
  {
    name: "late-answer",
    // The same bitcoin, to the millisatoshi.
    changeMsat: 0,
    state: "completed",
    says: ["The store never charged the card.", "Paid back", "0.00496758"],
    never: TAKEN_NEVER,
    paidBack: true,
    async play(at) {
      await at.lab.post("/faults", { fault: "issuer-loses-answer" });
      const hash = await toForm(at);
      await place(at, "Your card was declined");
      await at.lab.post("/issuer/delivered");
      await until(async () => (await paidState(at.lab, hash)) === "succeeded", "the bitcoin is taken");
      await at.panel.says("Your bitcoin was taken");
      await cancel(at, "I no longer need the card");
    },
  },
];

function charge({ served }: Scene): string {
  const id = served.orders.at(-1)?.charge;
  if (id === null || id === undefined) throw new Error("nothing was charged");
  return id;
}

describe("what was taken and not used", () => {
  world();
  describe.each(OWED)("$name", (scenario) => {
    it("is owed, and comes back", () => run(lab, browser, { ...scenario, says: [...scenario.says, ...paidBack()] }));
  });
});
