/** A worker that is killed anywhere goes on where it was. */
import { describe, expect, it } from "vitest";
import type { Browser, TestPage } from "./browser.ts";
import { Killed } from "./browser.ts";
import { reading } from "./given.ts";
import type { Till } from "./till.ts";
import { PAN } from "./till.ts";
import { URL_OF, begun, filled, posts, ready } from "./ready.ts";

describe("a worker that is killed", () => {
  it("at any step of beginning begins at most once, and goes on", async () => {
    let steps = 0;
    const counted = await ready();
    counted.browser.onStep(() => void (steps += 1));
    await begun(counted.browser);
    expect(steps).toBeGreaterThan(5);
    let sent = 0;
    for (let at = 1; at <= steps; at++) {
      const { till, browser } = await ready();
      const page = await browser.open(1, URL_OF);
      await page.until("offer");
      let n = 0;
      browser.onStep(() => {
        if (++n === at) throw new Killed();
      });
      await page.press({ do: "begin", way: "card" });
      await browser.restart();
      await page.untilTrue(() => page.stage?.kind === "pay" || page.stage?.kind === "offer", `going on after step ${at}`);
      if (page.stage?.kind === "offer") {
        // Killed before the wish was stored: nothing had left, and the shopper presses again.
        expect(posts(till)).toEqual([]);
        await page.press({ do: "begin", way: "card" });
      } else sent += 1;
      await page.until("pay");
      expect(till.purchases.size, `step ${at}`).toBe(1);
      expect(new Set(posts(till).map((one) => one.key)).size, `step ${at}`).toBe(1);
    }
    expect(sent).toBeGreaterThan(3);
  }, 60_000);
  it("at any step of filling fills when pressed again, and never says still yours of what it revealed under that policy", async () => {
    const atCard = async (): Promise<{ till: Till; browser: Browser; page: TestPage }> => {
      const { till, browser } = await ready();
      till.claimOn = "reveal";
      const page = await browser.open(1, "https://www.later.example/checkout");
      await page.until("offer");
      await page.press({ do: "begin", way: "card" });
      await page.until("pay");
      till.paid();
      await page.until("card_ready");
      return { till, browser, page };
    };
    let steps = 0;
    const counted = await atCard();
    counted.browser.onStep(() => void (steps += 1));
    await counted.page.press({ do: "fill" });
    await counted.page.untilTrue(() => filled(counted.page), "filled");
    expect(steps).toBeGreaterThan(3);
    for (let at = 1; at <= steps; at++) {
      const { till, browser, page } = await atCard();
      let n = 0;
      browser.onStep(() => {
        if (++n === at) throw new Killed();
      });
      await page.press({ do: "fill" });
      await browser.restart();
      await page.until("card_ready");
      const revealed = till.asked.some((one) => one.path.endsWith("/reveal"));
      if (revealed) expect(page.stage, `step ${at}`).toMatchObject({ stillYours: false });
      if (!filled(page)) await page.press({ do: "fill" });
      await page.untilTrue(() => filled(page), `filled after step ${at}`);
      expect(JSON.stringify([...browser.disk, ...browser.session])).not.toContain(PAN);
    }
  }, 60_000);
  it("at any step of a new quote ends with one purchase for the new total", async () => {
    const other = { minor: 3000, currency: "USD" };
    const atChange = async (): Promise<{ till: Till; browser: Browser; page: TestPage }> => {
      const { till, browser } = await ready();
      const page = await begun(browser);
      await page.read(reading({ total: other }));
      await page.until("total_changed");
      return { till, browser, page };
    };
    // Until a page that came back has said its total, the old price may be shown.
    const newPrice = (page: TestPage): boolean => page.stage?.kind === "pay" && page.stage.price.total.minor === other.minor;
    let steps = 0;
    const counted = await atChange();
    counted.browser.onStep(() => void (steps += 1));
    await counted.page.press({ do: "requote" });
    await counted.page.untilTrue(() => newPrice(counted.page), "the new price");
    for (let at = 1; at <= steps; at++) {
      const { till, browser, page } = await atChange();
      let n = 0;
      browser.onStep(() => {
        if (++n === at) throw new Killed();
      });
      await page.press({ do: "requote" });
      await browser.restart();
      await page.untilTrue(() => newPrice(page) || ["total_changed", "offer", "ended"].includes(page.stage?.kind ?? ""), `going on after step ${at}`);
      // Killed before the wish was stored, or between the two halves: the shopper presses what is offered.
      if (page.stage?.kind === "offer") await page.press({ do: "begin", way: "card" });
      else if (!newPrice(page)) await page.press({ do: "requote" });
      await page.untilTrue(() => newPrice(page), `the new price after step ${at}`);
      expect(till.only().quote?.total, `step ${at}`).toEqual(other);
      expect(till.purchases.size, `step ${at}`).toBe(2);
    }
  }, 90_000);
  it("between page and card asks for the card again", async () => {
    const { till, browser } = await ready();
    const page = await begun(browser);
    till.paid();
    await page.until("card_ready");
    await browser.restart();
    await page.until("card_ready");
    await page.press({ do: "fill" });
    await page.untilTrue(() => filled(page), "filled");
    await browser.restart();
    await page.untilTrue(() => filled(page), "still filled");
    till.charges();
    await page.until("charged");
  });
  it("with the whole browser finds the purchase again by its store, in another tab", async () => {
    const { till, browser } = await ready();
    await begun(browser, 11);
    await browser.restart("browser");
    till.paid();
    const elsewhere = await browser.open(11, "https://else.example/checkout");
    await elsewhere.until("offer");
    const page = await browser.open(3, URL_OF);
    await page.until("card_ready");
    till.charges();
    await page.until("charged");
  });
});
