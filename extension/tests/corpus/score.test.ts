import { describe, expect, it } from "vitest";
import { expectedFailures, surprises } from "../../corpus/expected.ts";
import type { Expectation, LabelledPage } from "../../corpus/labels.ts";

import { failed, scorePage } from "../../corpus/score.ts";
import type { Reading } from "../../src/types/detect.ts";
import { parsePage } from "../../tools/page.ts";

const HTML = `<body><input id="a" name="n1"><input id="b" name="n2"><input id="c" name="zip"><input type="checkbox" id="s" checked>
<div id="h"><template shadowrootmode="open"><input id="in"></template></div>
<iframe id="f" srcdoc='<input name="deep">'></iframe></body>`;
const loaded = parsePage(HTML, null);

const page = (expectation: Partial<Expectation>): LabelledPage => ({
  name: "x/y", directory: "x", htmlPath: "", html: HTML,
  label: { url: "https://x.example/", evidence: "guess", language: "en-US", traps: [], note: "", expect: { total: null, ...expectation } },
});
const nothing: Reading = { checkout: true, store: "generic", total: null, confidence: 0, fields: {}, frames: [], saveCard: [], giftCardCode: [] };
const failures = (expectation: Partial<Expectation>, reading: Partial<Reading>): string[] =>
  scorePage(page(expectation), { ...nothing, ...reading }, loaded)
    .filter(failed)
    .map(({ fact, right, wrong, missed }) => `${fact} ${right}/${wrong}/${missed}`);

const usd = { minor: 2711, currency: "USD" };

describe("totals", () => {
  it.each([
    [usd, usd, []],
    [null, null, []],
    [usd, null, ["total 0/0/1"]],
    [null, usd, ["total 0/1/0"]],
    [usd, { minor: 2459, currency: "USD" }, ["total 0/1/1"]],
    [usd, { minor: 2711, currency: "CAD" }, ["total 0/1/1"]],
  ])("wanted %j, got %j", (want, got, out) => {
    expect(failures({ total: want }, { total: got, confidence: 90 })).toEqual(out);
  });

  it("asks for confidence with a total", () => {
    expect(failures({ total: usd }, { total: usd, confidence: 79 })).toEqual(["confidence 0/1/0"]);
  });
});

describe("fields", () => {
  it("compares elements, not selectors", () => {
    expect(failures({ fields: { number: ["#a"] } }, { fields: { number: ["input[name=n1]"] } })).toEqual([]);
    expect(failures({ fields: { number: ["#a"] } }, { fields: { number: ["#b"] } })).toEqual(["fields.number 0/1/1"]);
  });

  it("reaches into shadow roots and frames", () => {
    const fields = { number: [{ host: "#h", css: "input" }], securityCode: [{ frame: "iframe", css: "input" }] };
    expect(failures({ fields: { number: [{ host: "div", css: "#in" }], securityCode: [{ frame: "#f", css: "[name=deep]" }] } }, { fields })).toEqual([]);
    expect(failures({ fields: {} }, { fields })).toEqual(["fields.number 0/1/0", "fields.securityCode 0/1/0"]);
  });

  it("wants each part of a split number, in order", () => {
    expect(failures({ fields: { number: ["#a", "#b"] } }, { fields: { number: ["#a", "#b"] } })).toEqual([]);
    expect(failures({ fields: { number: ["#a", "#b"] } }, { fields: { number: ["#b", "#a"] } })).toEqual(["fields.number 2/1/0"]);
    expect(failures({ fields: { number: ["#a", "#b"] } }, { fields: { number: ["#a"] } })).toEqual(["fields.number 1/0/1"]);
    expect(failures({ fields: { number: ["#a"] } }, { fields: { number: ["#a", "#a"] } })).toEqual(["fields.number 1/1/0"]);
  });

  it("counts a selector of several elements as wrong", () => {
    expect(failures({ fields: { number: ["#a"] } }, { fields: { number: ["input"] } })).toEqual(["fields.number 0/1/1"]);
  });

  it("lets optional ones be there or not, and judges nothing that no label says", () => {
    expect(failures({ fields: {}, optional: { postalCode: ["#c"] } }, { fields: { postalCode: ["#c"] } })).toEqual([]);
    expect(failures({ fields: {}, optional: { postalCode: ["#c"] } }, {})).toEqual([]);
    expect(failures({}, { fields: { number: ["#a"] }, checkout: false })).toEqual([]);
  });
});

describe("the rest of a reading", () => {
  it("judges checkout, store, frames, save boxes and gift card codes", () => {
    expect(failures({ checkout: false }, {})).toEqual(["checkout 0/1/0"]);
    expect(failures({ checkout: true }, { checkout: false })).toEqual(["checkout 0/0/1"]);
    expect(failures({ store: ["magento", "magento2"] }, { store: "magento" })).toEqual([]);
    expect(failures({ store: "etsy" }, {})).toEqual(["store 0/1/0"]);
    expect(failures({ frames: ["#f"] }, { frames: [{ css: "iframe", host: "" }] })).toEqual([]);
    expect(failures({ frames: [] }, { frames: [{ css: "iframe", host: "" }] })).toEqual(["frames 0/1/0"]);
    expect(failures({ saveCard: [{ css: "#s", checked: true }] }, { saveCard: [{ css: "#s", checked: true }] })).toEqual([]);
    expect(failures({ saveCard: [{ css: "#s", checked: true }] }, { saveCard: [{ css: "#s", checked: false }] })).toEqual(["saveCard 1/1/0"]);
    expect(failures({ giftCardCode: ["#c"] }, {})).toEqual(["giftCardCode 0/0/1"]);
  });
});

describe("the list of expected failures", () => {
  const outcomes = scorePage(page({ total: usd, checkout: true }), nothing, loaded);

  it("is met exactly", () => {
    expect(surprises(outcomes, { "x/y": { fails: ["total"], why: "not read" } })).toEqual([]);
  });

  it("names a regression", () => {
    expect(surprises(outcomes, {})).toEqual([expect.stringContaining("x/y total: regression")]);
  });

  it("names an improvement that is still listed, and a page that is gone", () => {
    const listed = { "x/y": { fails: ["total", "checkout"], why: "" }, "x/gone": { fails: ["total"], why: "" } };
    expect(surprises(outcomes, listed)).toEqual([
      "x/y checkout: is met now, take it off the list", "x/gone total: is not judged, take it off the list",
    ]);
  });

  it("can be read", () => {
    for (const { fails, why } of Object.values(expectedFailures())) {
      expect(fails.length).toBeGreaterThan(0);
      expect(why).not.toBe("");
    }
  });
});
