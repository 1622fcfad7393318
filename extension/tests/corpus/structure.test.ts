import { describe, expect, it } from "vitest";
import { faultsOf, requirements } from "../../corpus/check.ts";
import { loadPages, parseLabel, type LabelledPage } from "../../corpus/labels.ts";

const pages = loadPages();
/** Two seconds on an idle machine; generous for a busy one. */
const RUN_MS_MAX = 60_000;

describe("the corpus itself", () => {
  it("is large, varied, and each selector of a label finds one element", () => {
    expect(faultsOf(pages, requirements())).toEqual([]);
  }, RUN_MS_MAX);

  it("has measured pages for each store that was measured, and for no other", () => {
    const measured = new Set(pages.filter((page) => page.label.evidence === "measured").map((page) => page.directory));
    expect([...measured].sort()).toEqual(["aliexpress", "amazon", "ebay", "shopify"]);
  });
});

describe("the check", () => {
  const few = pages.filter((page) => page.directory === "etsy");
  const first = few[0] as LabelledPage;
  const small = { pagesMin: few.length, stores: ["etsy"], languages: ["de-DE"], traps: requirements().traps };
  const traps = Object.fromEntries(few.flatMap((page) => page.label.traps).map((trap) => [trap, ""]));
  const changed = (at: number, change: (label: LabelledPage["label"]) => LabelledPage["label"]): LabelledPage[] =>
    few.map((page, index) => (index === at ? { ...page, label: change(page.label) } : page));

  it("finds nothing wrong with a few pages that ask for no more", () => {
    expect(faultsOf(few, { ...small, traps })).toEqual([]);
  });

  it("sees a selector that finds nothing, or several, or another kind of element", () => {
    const at = few.findIndex((page) => page.label.expect.fields?.number !== undefined);
    for (const css of ["#nowhere", "input", "form"]) {
      const pages = changed(at, (label) => ({ ...label, expect: { ...label.expect, fields: { number: [css] } } }));
      expect(faultsOf(pages, { ...small, traps })).toEqual([expect.stringMatching(`number: "${css}" (finds (0|4)|is a form)`)]);
    }
  });

  it("sees too few pages, a missing store, language or trap", () => {
    const faults = faultsOf(few, { pagesMin: few.length + 1, stores: ["target"], languages: ["cs-CZ"], traps: { ...traps, tip: "" } });
    expect(faults).toEqual([
      `only ${few.length} pages of ${few.length + 1}`, "no page of target", "no page in cs-CZ", "the trap tip occurs nowhere",
    ]);
  });

  it("sees a trap that nobody described, and a page written twice", () => {
    const unknown = changed(0, (label) => ({ ...label, traps: [...label.traps, "quicksand"] }));
    expect(faultsOf(unknown, { ...small, traps })).toEqual([`${first.name}: unknown trap quicksand`]);
    const twice = [...few, { ...first, name: "etsy/again" }];
    expect(faultsOf(twice, { ...small, traps })).toEqual([`etsy/again: the same page as ${first.name}`]);
  });

  it("sees a total or a store on a page that is no checkout", () => {
    const wrong = changed(0, (label) => ({ ...label, expect: { checkout: false, store: "etsy", total: { minor: 1, currency: "EUR" } } }));
    expect(faultsOf(wrong, { ...small, traps })).toEqual([
      `${first.name}: a total on a page that is no checkout`, `${first.name}: a store on a page that is no checkout`,
    ]);
  });
});

describe("a label", () => {
  const good = { url: "https://a.example/", evidence: "guess", language: "en-US", traps: [], expect: { total: null }, note: "" };
  it.each([
    ["url", { ...good, url: "nowhere" }],
    ["evidence", { ...good, evidence: "sure" }],
    ["language", { ...good, language: "English" }],
    ["total must be given", { ...good, expect: {} }],
    ["total.minor", { ...good, expect: { total: { minor: 27.11, currency: "USD" } } }],
    ["unknown key feilds", { ...good, expect: { total: null, feilds: {} } }],
    ["unknown key cvc", { ...good, expect: { total: null, fields: { cvc: ["#a"] } } }],
    ["fields: places", { ...good, expect: { total: null, fields: { number: [{ frame: "#f" }] } } }],
  ])("with a wrong %s is refused", (why, label) => {
    expect(parseLabel(JSON.stringify(good), "p")).toEqual(good);
    expect(() => parseLabel(JSON.stringify(label), "p")).toThrow(`p: ${why}`);
  });
});
