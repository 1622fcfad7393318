import { describe, expect, it } from "vitest";
import { type FieldShape, type FieldShapes, planFill, splitName } from "../../src/plan/plan.ts";
import type { CardToFill } from "../../src/types/messages.ts";

const CARD: CardToFill = {
  number: "4111111111111111",
  securityCode: "123",
  expiryMonth: 3,
  expiryYear: 2031,
  holder: "Ella Jane Example",
  postalCode: "10001",
};

function input(css: string, more: Partial<FieldShape> = {}): FieldShape {
  return { place: css, tag: "input", type: "text", maxLength: null, hints: [], options: [], ...more };
}

function select(css: string, options: readonly (readonly [value: string, text: string])[]): FieldShape {
  return input(css, { tag: "select", options: options.map(([value, text]) => ({ value, text, disabled: false })) });
}

function written(shapes: FieldShapes, card = CARD): Record<string, string> {
  return Object.fromEntries(planFill(shapes, card).writes.map(({ place, value }) => [String(place), value]));
}

describe("the number", () => {
  it("goes whole into one field", () => {
    expect(written({ number: [input("#n", { maxLength: 19 })] })).toEqual({ "#n": "4111111111111111" });
  });
  it("is cut over four", () => {
    const four = ["a", "b", "c", "d"].map((id) => input(`#${id}`, { maxLength: 4 }));
    expect(written({ number: four }, { ...CARD, number: "4111222233334444" })).toEqual({
      "#a": "4111",
      "#b": "2222",
      "#c": "3333",
      "#d": "4444",
    });
  });
  it("is left out where it does not fit", () => {
    const plan = planFill({ number: [input("#n", { maxLength: 12 })] }, CARD);
    expect(plan.writes).toEqual([]);
    expect(plan.missing).toContain("number");
    const three = ["a", "b", "c"].map((id) => input(`#${id}`, { maxLength: 4 }));
    expect(planFill({ number: three }, CARD).missing).toContain("number");
  });
});

describe("the expiry in one field", () => {
  const rows: readonly (readonly [shape: Partial<FieldShape>, text: string])[] = [
    [{}, "03/31"],
    [{ hints: ["MM/YY"] }, "03/31"],
    [{ hints: ["MM / YY"] }, "03/31"],
    [{ hints: ["MM/YYYY"] }, "03/2031"],
    [{ hints: ["MM / JJJJ"] }, "03/2031"],
    [{ hints: ["mm/aaaa"] }, "03/2031"],
    [{ hints: ["MM/YYYY"], maxLength: 5 }, "03/31"],
    [{ hints: ["MMYY"] }, "0331"],
    [{ maxLength: 4 }, "0331"],
    [{ maxLength: 5 }, "03/31"],
    [{ maxLength: 7, hints: ["12/2029"] }, "03/2031"],
    [{ type: "month" }, "2031-03"],
  ];
  it.each(rows)("%o is written %s", (shape, text) => {
    expect(written({ expiry: [input("#e", shape)] })).toEqual({ "#e": text });
  });
  it("can be a select", () => {
    expect(written({ expiry: [select("#e", [["1", "02/31"], ["2", "03 / 31"]])] })).toEqual({ "#e": "2" });
  });
});

describe("month and year", () => {
  const months: readonly (readonly [string, FieldShape, string])[] = [
    ["padded", select("#m", [["", "Month"], ["01", "01"], ["03", "03"]]), "03"],
    ["a value that is not its text", select("#m", [["0", "01"], ["1", "02"], ["2", "03"], ["3", "04"]]), "2"],
    ["German names", select("#m", [["a", "Februar"], ["b", "März"]]), "b"],
    ["number and name", select("#m", [["x2", "02 - February"], ["x3", "03 - March"]]), "x3"],
    ["Japanese", select("#m", [["b", "2月"], ["c", "3月"]]), "c"],
    ["names of another alphabet, by value", select("#m", [["2", "פברואר"], ["3", "מרץ"]]), "3"],
    ["typed", input("#m"), "03"],
  ];
  it.each(months)("month: %s", (_, shape, value) => {
    expect(written({ expiryMonth: [shape] })["#m"]).toBe(value);
  });
  const years: readonly (readonly [string, FieldShape, string])[] = [
    ["four digits", select("#y", [["2030", "2030"], ["2031", "2031"]]), "2031"],
    ["two digits", select("#y", [["30", "30"], ["31", "31"]]), "31"],
    ["another value", select("#y", [["6", "2030"], ["7", "2031"]]), "7"],
    ["typed", input("#y"), "2031"],
    ["typed in two", input("#y", { maxLength: 2 }), "31"],
    ["typed in two by its hint", input("#y", { hints: ["YY"] }), "31"],
    ["typed in four by its hint", input("#y", { hints: ["YYYY"] }), "2031"],
  ];
  it.each(years)("year: %s", (_, shape, value) => {
    expect(written({ expiryYear: [shape] })["#y"]).toBe(value);
  });
  it("a select without the year takes nothing", () => {
    const plan = planFill({ expiryMonth: [input("#m")], expiryYear: [select("#y", [["2027", "2027"]])] }, CARD);
    expect(plan.missing).toContain("expiryYear");
    expect(plan.writes.map((wish) => wish.kind)).toEqual(["expiryMonth"]);
  });
  it("two options that fit are none", () => {
    expect(planFill({ expiryMonth: [select("#m", [["a", "03"], ["b", "3"]])] }, CARD).missing).toContain("expiryMonth");
  });
});

describe("the holder", () => {
  it("is split for two fields", () => {
    expect(written({ givenName: [input("#g")], familyName: [input("#f")] })).toEqual({ "#g": "Ella Jane", "#f": "Example" });
    expect(splitName("Cher")).toEqual({ given: "Cher", family: "Cher" });
  });
  it("stays whole where there is one", () => {
    expect(written({ holder: [input("#h")], givenName: [input("#g")] })).toEqual({ "#h": "Ella Jane Example" });
  });
});

it("a postcode is filled where it is asked for and known", () => {
  expect(written({ postalCode: [input("#p")] })).toEqual({ "#p": "10001" });
  expect(planFill({ postalCode: [input("#p")] }, { ...CARD, postalCode: null }).missing).not.toContain("postalCode");
});
