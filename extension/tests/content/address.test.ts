import { describe, expect, it } from "vitest";
import { addressCheck, fits, isCheckout } from "../../src/content/address.ts";

describe("a pattern of the manifest", () => {
  it.each([
    ["https://a.example/checkout", "https://a.example/checkout", true],
    ["https://a.example/checkout", "https://a.example/checkout/", false],
    ["https://a.example/checkout?*", "https://a.example/checkout?x=1", true],
    ["https://a.example/p/*/pay/*", "https://a.example/p/1/2/pay/3", true],
    ["https://a.example/p/*/pay/*", "https://a.example/p/pay/3", false],
    ["https://*.a.example/pay", "https://x.a.example/pay", true],
    ["https://*.a.example/pay", "http://x.a.example/pay", false],
    ["https://a.example/x*x", "https://a.example/x", false],
  ])("%s and %s: %s", (pattern, address, is) => {
    expect(fits(pattern, address)).toBe(is);
  });
  it("does not see the fragment", () => {
    expect(isCheckout(["https://a.example/checkout"], "https://a.example/checkout#pay")).toBe(true);
    expect(isCheckout(["https://a.example/checkout"], "https://a.example/#/checkout")).toBe(false);
  });
});

it("the content script is called for when the address becomes a checkout's, and not by a look at the same one", () => {
  let at = "https://a.example/cart";
  let calls = 0;
  const check = addressCheck({ address: () => at, patterns: ["https://a.example/checkout"], checkout: () => void (calls += 1) });
  check();
  expect(calls).toBe(0);
  at = "https://a.example/checkout";
  check();
  check();
  expect(calls).toBe(1);
  // Loaded at a checkout's address, the manifest has brought it.
  addressCheck({ address: () => at, patterns: ["https://a.example/checkout"], checkout: () => void (calls += 1) })();
  expect(calls).toBe(1);
});
