import { createHash } from "node:crypto";
import { inflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { checkoutPatterns, manifest, ownFrameHosts } from "../../src/manifest.ts";
import type { Recipe } from "../../src/types/recipe.ts";
import { readRecipes, tooLarge } from "../../tools/build.ts";
import { zip } from "../../tools/zip.ts";

const recipe = (hosts: readonly string[], paths: readonly string[]): Recipe => ({
  id: "shop", version: 1, name: "Shop", hosts, paths, evidence: { kind: "guess", seen: "2026-01" }, total: ["#t"], charges: "order", splits: false, cardFirst: false, takesGiftCards: false,
});

describe("the manifest", () => {
  const recipes = [recipe(["www.shop.example", "*.shop.example"], ["/checkout", "/p/*/pay/**"]), recipe([], ["/cart/**"])];
  it("enters the named stores' checkouts and no other page", () => {
    expect(checkoutPatterns(recipes)).toEqual([
      "https://*.shop.example/checkout",
      "https://*.shop.example/checkout?*",
      "https://*.shop.example/p/*/pay/*",
    ]);
    expect(checkoutPatterns([recipe(["a.example", "b.example"], ["/pay/**", "/pay/x/**", "/pay", "/*/pay/**"])])).toEqual([
      "https://a.example/*/pay/*",
      "https://a.example/pay",
      "https://a.example/pay/*",
      "https://a.example/pay?*",
      "https://b.example/*/pay/*",
      "https://b.example/pay",
      "https://b.example/pay/*",
      "https://b.example/pay?*",
    ]);
  });
  it.each(["chromium", "firefox"] as const)("asks for no host at install beyond them: %s", async (browser) => {
    const made = manifest(browser, "1.0.0", await readRecipes());
    expect(made["host_permissions"]).toBeUndefined();
    expect(made["permissions"]).toEqual(["activeTab", "alarms", "scripting", "storage"]);
    const scripts = (made["content_scripts"] ?? []) as readonly { readonly matches: readonly string[]; readonly all_frames?: boolean; readonly js: readonly string[] }[];
    for (const { matches, all_frames, js } of scripts) {
      expect(all_frames).toBe(js[0] === "frame.js" ? true : undefined);
      for (const pattern of matches) expect(pattern).toMatch(/^https:\/\/(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+\/.+/);
    }
  });
  it("enters frames of a store's own domain, and no provider's", async () => {
    const of = (hosts: readonly string[], frameHosts: readonly string[]): Recipe => ({ ...recipe(hosts, ["/pay"]), frameHosts });
    const shop = of(["www.shop.example", "www.shop.co.example"], ["safe.shop.example", "safe.shop.co.example", "js.stripe.com", "*.shop.example", "notshop.example", "shop.example.evil.example"]);
    expect(ownFrameHosts([shop, of(["shop.example"], ["other.example"]), of([], ["js.stripe.com"])])).toEqual(["safe.shop.co.example", "safe.shop.example"]);
    const real = ownFrameHosts(await readRecipes());
    expect(real).toContain("apx-security.amazon.com");
    expect(real.filter((host) => !host.startsWith("apx-security.amazon."))).toEqual([]);
  });
  it("runs no code from elsewhere", () => {
    const csp = (manifest("firefox", "1.0.0", [])["content_security_policy"] as { extension_pages: string }).extension_pages;
    expect(csp).toContain("default-src 'none'; script-src 'self';");
    expect(csp).not.toContain("unsafe");
  });
});

describe("a package", () => {
  const files = [{ name: "b.txt", data: Buffer.from("b".repeat(1_000)) }, { name: "a/ü.txt", data: Buffer.from("") }];
  it("has the same bytes whatever the order and the time", () => {
    const hash = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
    expect(hash(zip(files))).toBe(hash(zip([...files].reverse())));
  });
  it("can be read again", () => {
    const bytes = zip(files);
    const count = bytes.readUInt16LE(bytes.length - 12);
    let at = bytes.readUInt32LE(bytes.length - 6);
    const read: Record<string, string> = {};
    for (let i = 0; i < count; i++) {
      expect(bytes.readUInt32LE(at)).toBe(0x02014b50);
      const [packed, length, offset] = [bytes.readUInt32LE(at + 20), bytes.readUInt16LE(at + 28), bytes.readUInt32LE(at + 42)];
      const name = bytes.subarray(at + 46, at + 46 + length).toString("utf8");
      read[name] = inflateRawSync(bytes.subarray(offset + 30 + length, offset + 30 + length + packed)).toString("utf8");
      at += 46 + length;
    }
    expect(read).toEqual({ "a/ü.txt": "", "b.txt": "b".repeat(1_000) });
  });
  it("is too large when what runs in pages is", () => {
    const noise = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 7_919 + (i >> 3) * 104_729) & 0xff));
    const random = createHash("shake256", { outputLength: 120_000 }).update(noise).digest();
    expect(tooLarge([{ name: "content.js", data: random.subarray(0, 6_000) }])).toHaveLength(1);
    expect(tooLarge([{ name: "content.js", data: random.subarray(0, 5_000) }, { name: "reader.js", data: random.subarray(0, 26_000) }])).toHaveLength(1);
    expect(tooLarge([{ name: "panel.js", data: random }])).toHaveLength(1);
    expect(tooLarge([{ name: "content.js", data: random.subarray(0, 5_000) }, { name: "background.js", data: random }])).toEqual([]);
  });
});
