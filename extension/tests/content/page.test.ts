import { JSDOM } from "jsdom";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { fillPage } from "../../src/content/fill.ts";
import { fillCode } from "../../src/fill/code.ts";
import { type Detector, openPage, type Page, type Surface } from "../../src/content/page.ts";
import type { Reading } from "../../src/types/detect.ts";
import type { CardToFill, FromPage } from "../../src/types/messages.ts";
import type { Money } from "../../src/types/money.ts";

const CARD: CardToFill = {
  number: "4111111111111111",
  securityCode: "123",
  expiryMonth: 3,
  expiryYear: 2031,
  holder: "Ella Example",
  postalCode: null,
};
const USD_2711: Money = { minor: 2711, currency: "USD" };

let window: JSDOM["window"];
let said: FromPage[];
let url: string;
let reads: number;
let reading: Reading;
let open: boolean;
let copied: string[];
let page: Page;

const detector: Detector = {
  useWords: () => undefined,
  isCheckoutUrl: (address) => address.includes("/checkout"),
  read: () => {
    reads += 1;
    return reading;
  },
  find: (document, place) => document.querySelector(String(place)),
};
const surface: Surface = {
  pill: () => undefined,
  view: () => undefined,
  open: () => undefined,
  holdFocus: () => () => undefined,
  get isOpen() {
    return open;
  },
};

beforeEach(() => {
  window = new JSDOM(`<input id=n><input id=e><input id=c><input id=h><input type=checkbox id=save checked>`).window;
  said = [];
  url = "https://shop.example/checkout";
  reads = 0;
  open = false;
  copied = [];
  reading = {
    checkout: true,
    store: "generic",
    total: USD_2711,
    confidence: 90,
    fields: { number: ["#n"], expiry: ["#e"], securityCode: ["#c"], holder: ["#h"] },
    frames: [],
    saveCard: [{ css: "#save", checked: true }],
    giftCardCode: [],
  };
  page = openPage({
    document: window.document,
    url: () => url,
    detector,
    surface,
    say: (message) => said.push(message),
    filler: () => Promise.resolve({ fillPage, fillCode, reachable: () => true }),
    copy: (field, value) => copied.push(`${field} ${value}`),
  });
});

describe("before the shopper does anything", () => {
  it("a page that is no checkout is not read", () => {
    url = "https://shop.example/album";
    page.hear({ say: "recipes", recipes: [], words: null });
    page.changed();
    expect(reads).toBe(0);
    expect(said).toEqual([]);
  });
  it("nothing is read before the recipes are there", () => {
    page.changed();
    expect(reads).toBe(0);
  });
  it("a checkout is read, and the same reading is said once", () => {
    page.hear({ say: "recipes", recipes: [], words: null });
    page.changed();
    expect(said.map((message) => message.say)).toEqual(["reading"]);
    reading = { ...reading, total: { minor: 2811, currency: "USD" } };
    page.changed();
    expect(said).toHaveLength(2);
  });
});

it("any page is read once the panel is open", () => {
  url = "https://shop.example/album";
  page.hear({ say: "recipes", recipes: [], words: null });
  open = true;
  page.panel(true);
  expect(said.map((message) => message.say)).toEqual(["panel", "reading"]);
});

it("a new line hears everything again", () => {
  page.hear({ say: "recipes", recipes: [], words: null });
  open = true;
  said = [];
  page.lineUp();
  expect(said.map((message) => message.say)).toEqual(["panel", "reading"]);
});

async function fill(what: { readonly card: CardToFill; readonly total: Money | null; readonly overruled?: Money }): Promise<void> {
  page.hear({ say: "fill", overruled: null, ...what });
  // Its code comes by a promise, and so does what came of it.
  await vi.waitFor(() => expect(said.some((message) => message.say === "filled")).toBe(true), 2_000);
}

describe("an empty card form", () => {
  const blanks = (): readonly boolean[] => said.flatMap((message) => (message.say === "reading" ? [message.blank] : []));
  const hear = (): void => page.hear({ say: "recipes", recipes: [], words: null });
  it("is told, and that it is no longer empty", () => {
    hear();
    (window.document.querySelector("#n") as unknown as { value: string }).value = "4111";
    page.changed();
    expect(blanks()).toEqual([true, false]);
  });
  it("in a provider's frame is empty until this document was given a card", async () => {
    reading = { ...reading, fields: {}, frames: [{ css: "iframe", host: "pay.example" }] };
    hear();
    await fill({ card: CARD, total: null });
    page.changed();
    expect(blanks()).toEqual([true, false]);
  });
  it("is not told of a page without one", () => {
    reading = { ...reading, fields: {} };
    hear();
    expect(blanks()).toEqual([false]);
  });
});

describe("filling", () => {
  const value = (css: string): string => (window.document.querySelector(css) as HTMLInputElement).value;

  it("fills what was quoted, and tells that the store would keep the card", async () => {
    await fill({ card: CARD, total: USD_2711 });
    expect(said).toEqual([
      {
        say: "filled",
        result: {
          filled: ["number", "expiry", "securityCode", "holder"],
          refused: [],
          missing: [],
          totalChanged: false,
          saveCardTicked: true,
          frameHosts: [],
        },
      },
    ]);
    expect(value("#n")).toBe(CARD.number);
  });

  it.each([
    ["another total", { total: { minor: 2811, currency: "USD" } }, { minor: 2811, currency: "USD" }],
    ["another currency", { total: { minor: 2711, currency: "CAD" } }, { minor: 2711, currency: "CAD" }],
    ["another that it is not sure of", { total: null, candidate: { text: "$28.11", money: { minor: 2811, currency: "USD" }, why: "two totals" } }, { minor: 2811, currency: "USD" }],
  ])("fills nothing when the page says %s", async (_, change, now) => {
    reading = { ...reading, ...change };
    await fill({ card: CARD, total: USD_2711 });
    const [told] = said;
    expect(told?.say === "filled" && told.result.totalChanged).toEqual(now);
    expect(value("#n")).toBe("");
  });

  it("fills a page that shows no total", async () => {
    reading = { ...reading, total: null };
    await fill({ card: CARD, total: USD_2711 });
    expect(value("#n")).toBe(CARD.number);
  });

  it.each([
    ["what the shopper overruled", { total: null, candidate: { text: "$1.00", money: { minor: 100, currency: "USD" }, why: "two totals" } }, CARD.number],
    ["the same, and is sure of it", { total: { minor: 100, currency: "USD" } }, ""],
  ])("a typed total: the page says %s", async (_, change, then) => {
    reading = { ...reading, ...change };
    await fill({ card: CARD, total: USD_2711, overruled: { minor: 100, currency: "USD" } });
    expect(value("#n")).toBe(then);
  });

  it("compares with what the shopper confirmed where the page is not sure", async () => {
    reading = { ...reading, total: null, candidate: { text: "$27.11", money: USD_2711, why: "two totals" } };
    await fill({ card: CARD, total: USD_2711 });
    expect(value("#n")).toBe(CARD.number);
  });

  it("fills neither of two forms, and says so", async () => {
    reading = { ...reading, rival: true };
    await fill({ card: CARD, total: USD_2711 });
    const [told] = said;
    expect(told?.say === "filled" && told.result.twoForms).toBe(true);
    expect(value("#n")).toBe("");
  });

  it("names provider frames only for what is missing", async () => {
    reading = { ...reading, fields: { holder: ["#h"] }, frames: [{ css: "iframe", host: "pay.example" }] };
    await fill({ card: CARD, total: null });
    const [told] = said;
    expect(told?.say === "filled" && told.result.frameHosts).toEqual(["pay.example"]);
    expect(told?.say === "filled" && told.result.missing).toEqual(["number", "expiry", "securityCode"]);
  });

  it("keeps nothing of the card in what it says", async () => {
    await fill({ card: CARD, total: USD_2711 });
    expect(JSON.stringify(said)).not.toContain(CARD.number);
  });
});

it("a value goes to the clipboard when it was asked for", () => {
  page.hear({ say: "copy", field: "number", value: CARD.number });
  expect(copied).toEqual([`number ${CARD.number}`]);
});

it("a gift card's code goes into the box that the reader finds, and what came of it is told without the code", async () => {
  window.document.body.innerHTML = `<form><input id=g><label>PIN <input id=p></label><button id=b>Apply</button></form>`;
  let presses = 0;
  window.document.addEventListener("click", () => (presses += 1));
  reading = { ...reading, giftCardCode: ["#g"] };
  page.hear({ say: "recipes", recipes: [], words: null });
  said = [];
  page.hear({ say: "fill_code", code: { code: "AB-1", pin: "42" } });
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(said).toEqual([{ say: "code_filled", result: { code: true, pin: true } }]);
  expect(["#g", "#p"].map((css) => (window.document.querySelector(css) as unknown as HTMLInputElement).value)).toEqual(["AB-1", "42"]);
  expect(presses).toBe(0);
});
