/** What is taken and comes back later, what never comes to a charge, and what runs out of time. */

import { describe, expect, it } from "vitest";
import type { Browser } from "./chromium.ts";
import type { Lab } from "./lab.ts";
import { balanceMsat, openPanel, paidState, pay, quote } from "./purchase.ts";
import { BOUGHT, cancel, fill, NOTHING, paid, place, purchaseId, run, type Scenario, type Scene, TAKEN_NEVER, TEN_DOLLARS_MSAT, toForm, until } from "./scenario.ts";
import { addCard, amazon } from "./shops/amazon.ts";
import { together, type Together } from "./together.ts";
import { type Looked, look } from "./watch.ts";

let lab: Lab;
let browser: Browser;

const begun = (made: Together): void => void ({ lab, browser } = made);

/** Said when what was taken is back, and where. */
const BACK = ["Paid back", /Paid to \S+@/u] as const;

const OWED: readonly Scenario[] = [
  {
    name: "voided",
    // Dollars go back at the middle of the market: what it cost is the spread.
    changeMsat: -3_853_391,
    state: "completed",
    says: ["The store cancelled its charge", ...BACK, "0.00492904609"],
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
    says: ["The store never charged the card.", ...BACK, "0.00496758"],
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
  {
    name: "refund",
    changeMsat: -314_941_472,
    state: "completed",
    says: BOUGHT,
    never: TAKEN_NEVER,
    paidBack: true,
    play: refundLater,
  },
  {
    name: "partial",
    changeMsat: -367_486_448,
    state: "completed",
    says: ["Bought", "Amazon was paid $20.00", "The store charged less than the total", ...BACK],
    never: TAKEN_NEVER,
    paidBack: true,
    shop: amazon,
    opensWith: "This store wants a card first",
    play: shipInParts,
  },
];

/** At a store that charges when it sends: a card on file first, the bitcoin taken with it, then two charges that are less. */
async function shipInParts(at: Scene): Promise<void> {
  const { page, panel, served } = at;
  await panel.press("button", "Prepare a card");
  await fill(at, "Now save the card at the store");
  served.checks = [0];
  await addCard(page);
  served.checks = [];
  await openPanel(page);
  await panel.says("$27.11");
  const hash = await paid(at);
  await panel.says("Your bitcoin was taken");
  await until(async () => (await paidState(at.lab, hash)) === "succeeded", "the bitcoin is taken");
  served.shipments = [1_200, 800];
  await place(at, "Thank you for your order");
  await panel.says("The store has charged the card");
  await at.lab.post("/issuer/delivered");
  await cancel(at, "I no longer need the card");
}

/** Ten dollars come back after the purchase has ended; no panel tells of it, but the button and the receipt do. */
async function refundLater(at: Scene): Promise<void> {
  await toForm(at);
  await place(at, "Thank you for your order");
  await at.panel.says("Bought");
  const id = await purchaseId(at.browser);
  const before = await look(at.browser, ({ watched }) => watched?.purchases[id] === "charged");
  const bought = await balanceMsat(at.lab);
  await at.lab.post(`/charges/${charge(at)}/refund`, { amount_minor: 1_000 });
  await until(async () => (await balanceMsat(at.lab)) === bought + TEN_DOLLARS_MSAT, "ten dollars are back");
  const news = ({ attention }: Looked): readonly string[] => attention.slice(before.attention.length).map(({ kind }) => kind);
  const after = await look(at.browser, (looked) => news(looked).length > 0);
  expect(news(after)).toEqual(["refund_paid"]);
  const worker = await at.browser.worker();
  expect(await worker.evaluate(() => chrome.action.getBadgeText({}))).toBe(String(after.attention.length));
  const receipt = await at.browser.open(`app.html#/receipt/${id}`);
  for (const said of ["Given back by the store", "$10.00", "0.00181816528", "The store gave a refund", at.lab.about.payer_address]) await receipt.getByText(said).first().waitFor();
  await receipt.close();
}

function charge({ served }: Scene): string {
  const id = served.orders.at(-1)?.charge;
  if (id === null || id === undefined) throw new Error("nothing was charged");
  return id;
}

describe("what was taken and not used", () => {
  together(begun, { refunds: true });
  describe.each(OWED)("$name", (scenario) => {
    it("is owed, and comes back", () => run(lab, browser, scenario));
  });
});

const NOTHING_TAKEN = { changeMsat: 0, says: NOTHING, never: /you get back|paid back|taken from you: /iu } as const;

/** As short as the demo's: what has to be done by hand inside of them takes two seconds. */
const SHORT = ["--hold-secs", "25", "--quote-secs", "20", "--price-age-ms", "6000"] as const;

const OVER: readonly Scenario[] = [
  {
    ...NOTHING_TAKEN,
    name: "abandoned",
    state: "returned",
    says: ["The store did not charge the card in time.", ...NOTHING],
    async play(at) {
      await toForm(at);
      await at.panel.says("Goes back by itself in");
    },
  },
  {
    ...NOTHING_TAKEN,
    name: "price-stale",
    state: "returned",
    says: ["You cancelled the purchase.", ...NOTHING],
    async play(at) {
      const hash = await toForm(at);
      await at.lab.post("/faults", { fault: "price-stale" });
      const priced = async (): Promise<boolean> => ((await (await fetch(`${at.lab.about.server}/v1/rates`)).json()) as { rates: { rate?: string | null }[] }).rates.some(({ rate }) => typeof rate === "string");
      await until(async () => !(await priced()), "there is no fresh price");
      await place(at, "Your card was declined");
      await at.panel.says("The store's charge was declined");
      await at.panel.says("Your money is still yours");
      expect(await paidState(at.lab, hash)).toBe("held");
      await cancel(at);
      await at.panel.says("Nothing was taken from you");
      await at.lab.clearFaults();
      await until(priced, "there is a price again");
    },
  },
  {
    ...NOTHING_TAKEN,
    name: "late",
    state: "expired",
    says: ["The price expired", "Nothing was taken from you", "it goes back by itself"],
    async play(at) {
      const bolt11 = await quote(at.panel);
      await at.lab.post("/faults", { fault: "link-paused" });
      const hash = await pay(at.lab, bolt11);
      await at.panel.says("The price expired", 60_000);
      expect(await paidState(at.lab, hash)).not.toBe("failed");
      await at.lab.clearFaults();
      await until(async () => (await paidState(at.lab, hash)) === "failed", "the bitcoin is back");
    },
  },
  {
    ...NOTHING_TAKEN,
    name: "issuer-down",
    state: "returned",
    says: ["The card issuer could not make a card.", ...NOTHING],
    async play(at) {
      await at.lab.post("/faults", { fault: "issuer-no-cards" });
      const hash = await paid(at);
      await at.panel.says("It is held while your card is made.");
      await at.panel.says("Goes back by itself in");
      // The issuer is still down when it is back.
      await until(async () => (await paidState(at.lab, hash)) === "failed", "the bitcoin is back");
      await at.lab.clearFaults();
    },
  },
];

describe("what runs out of time", () => {
  together(begun, { args: SHORT, refunds: true });
  describe.each(OVER)("$name", (scenario) => {
    it("costs nothing, and says so", () => run(lab, browser, scenario));
  });
});
