import { readFileSync } from "node:fs";
import { JSDOM } from "jsdom";
import { describe, expect, it } from "vitest";
import { checkRecipe, FIELD_KINDS, LIMITS, parsesIn, pathMatches } from "../../src/detect/recipe.ts";
import { checkAll } from "../../tools/recipes.ts";
import { readHtml, recipes } from "./page.ts";

const parses = parsesIn(new JSDOM("").window.document);
const amazon = (): Record<string, unknown> => JSON.parse(readFileSync(new URL("../../stores/amazon.json", import.meta.url), "utf8")) as Record<string, unknown>;
const faultsOf = (change: Record<string, unknown>): readonly string[] => {
  const checked = checkRecipe({ ...amazon(), ...change }, parses);
  return "faults" in checked ? checked.faults : [];
};

describe("recipes", () => {
  it("are all right, one for each store that is named", () => {
    expect(checkAll().faults).toEqual([]);
    expect(recipes.map(({ id }) => id)).toEqual(expect.arrayContaining(["amazon", "ebay", "target", "etsy", "aliexpress", "dominos", "shopify", "woocommerce", "magento2", "prestashop", "solidus", "medusa", "shopware"]));
  });

  it("say of Amazon what the purchase has to know", () => {
    expect(recipes.find(({ id }) => id === "amazon")).toMatchObject({ charges: "shipment", splits: true, cardFirst: true, takesGiftCards: true });
  });

  it.each([
    ["an unknown member", { script: "alert(1)" }, "script"],
    ["an unknown field kind", { fields: { pin: ["#pin"] } }, "pin"],
    ["an unknown member of evidence", { evidence: { kind: "guess", seen: "2026-01", by: "me" } }, "by"],
    ["a selector that does not parse", { total: ["div[["] }, "total"],
    ["a selector that is too long", { total: [`#${"a".repeat(LIMITS.selectorLen)}`] }, "total"],
    ["too many selectors", { total: Array.from({ length: LIMITS.selectors + 1 }, (_, i) => `#a${i}`) }, "total"],
    ["one selector twice", { total: ["#a", "#a"] }, "total"],
    ["a host that is a country", { hosts: ["com"] }, "hosts"],
    ["a host that is everything", { hosts: ["*"] }, "hosts"],
    ["a host with a path", { hosts: ["a.com/b"] }, "hosts"],
    ["a path that is a pattern of ours only", { paths: ["^/x(.*)+$"] }, "paths"],
    ["no path", { paths: [] }, "paths"],
    ["version nought", { version: 0 }, "version"],
    ["a version that is no number", { version: "2" }, "version"],
    ["an odd charge", { charges: "never" }, "charges"],
    ["a flag that is no flag", { splits: 1 }, "splits"],
    ["a month that is none", { evidence: { kind: "guess", seen: "2026-13" } }, "evidence"],
    ["neither hosts nor marks", { hosts: [] }, "hosts or marks"],
  ])("refuse %s", (_, change, where) => {
    expect(faultsOf(change).join("; ")).toContain(where);
  });

  it.each([null, 3, "recipe", [], { id: "a" }])("refuse %j", (value) => {
    expect(checkRecipe(value, parses)).toHaveProperty("faults");
  });

  it("have the members that the schema has", () => {
    const schema = JSON.parse(readFileSync(new URL("../../stores/recipe.schema.json", import.meta.url), "utf8")) as {
      properties: Record<string, { properties?: Record<string, unknown>; maxItems?: number }>;
      required: string[];
      definitions: { selectors: { maxItems: number; items: { maxLength: number } } };
    };
    for (const name of Object.keys(schema.properties)) {
      const full = Object.fromEntries(Object.entries(amazon()).filter(([member]) => member !== name));
      expect("faults" in checkRecipe(full, parses), name).toBe(schema.required.includes(name));
    }
    for (const recipe of recipes) for (const name of Object.keys(recipe)) expect(schema.properties).toHaveProperty(name);
    expect(Object.keys(schema.properties["fields"]?.properties ?? {})).toEqual([...FIELD_KINDS]);
    expect(schema.definitions.selectors).toMatchObject({ maxItems: LIMITS.selectors, items: { maxLength: LIMITS.selectorLen } });
    expect(schema.properties["hosts"]?.maxItems).toBe(LIMITS.hosts);
    expect(schema.properties["paths"]?.maxItems).toBe(LIMITS.paths);
  });

  it.each([
    ["/checkout", "", "/checkout", true],
    ["/checkout/", "", "/checkout", true],
    ["/checkout/pay", "", "/checkout", false],
    ["/checkout/pay/x", "", "/checkout/**", true],
    ["/checkout", "", "/checkout/**", true],
    ["/co-review", "?precheckout=true", "/co-*", true],
    ["/us/checkout", "", "/*/checkout", true],
    ["/checkout", "?step=payment", "/checkout?step=payment", true],
    ["/checkout", "?step=address", "/checkout?step=payment", false],
    ["/checkouts", "", "/checkout", false],
  ])("%s%s and %s: %s", (path, search, pattern, wanted) => {
    expect(pathMatches(path, search, pattern)).toBe(wanted);
  });

  it("match in linear time", () => {
    const began = performance.now();
    expect(pathMatches(`/${"a".repeat(5_000)}`, "", `/${"a*".repeat(50)}b`)).toBe(false);
    expect(performance.now() - began).toBeLessThan(200);
  });

  it("are not believed against the page's own label", () => {
    const { total } = readHtml(`<h1>Checkout</h1><ul id="subtotals-marketplace-table"><li>Items (2): <b data-shimmer-target="ordertotals-amount">$64.98</b></li></ul><input type="submit" name="placeYourOrder1" value="Place your order">`, {
      url: "https://www.amazon.com/checkout/p/p-1-2-3/spc",
    });
    expect(total).toBeNull();
  });
});
