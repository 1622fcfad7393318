/** The server is away for longer than any connection is waited for: nothing is lost, nothing is done twice. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { makeBrowser, type Browser, type TestPage } from "./browser.ts";
import { FORM, HOST, NOW, reading } from "./given.ts";
import { PAIRING, PAN, makeTill, type Till } from "./till.ts";

const AWAY_MS = 90_000;
/** The longest pause between two tries, and the time for what follows. */
const BACK_MS = 20_000;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, shouldAdvanceTime: true, toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

async function opened(): Promise<{ till: Till; browser: Browser; page: TestPage }> {
  const till = makeTill();
  const browser = makeBrowser({ fetch: till.fetch, realTime: true });
  await browser.ask("pair", { pairing: PAIRING });
  await browser.ask("login", { login: "ella", password: "correct horse", deviceName: "test" });
  const page = await browser.open(1, `https://${HOST}/checkout`, reading(FORM));
  await page.until("offer");
  return { till, browser, page };
}

/** Goes away with every connection that stands, and comes back. */
async function minute(till: Till, page: TestPage, meanwhile: () => void = () => undefined): Promise<void> {
  till.away = true;
  till.cut();
  await vi.advanceTimersByTimeAsync(AWAY_MS / 2);
  await page.untilTrue(() => page.view?.trouble?.kind === "server_unreachable", "said to be away");
  meanwhile();
  await vi.advanceTimersByTimeAsync(AWAY_MS / 2);
  till.away = false;
}

async function comesTo(page: TestPage, kind: NonNullable<TestPage["stage"]>["kind"]): Promise<void> {
  for (let waited = 0; waited < BACK_MS && page.stage?.kind !== kind; waited += 500) await vi.advanceTimersByTimeAsync(500);
  await page.until(kind);
}

it("between the press and the price: it is begun once", async () => {
  const { till, page } = await opened();
  till.away = true;
  await page.press({ do: "begin", way: "card" });
  await minute(till, page);
  await comesTo(page, "pay");
  expect(till.purchases.size).toBe(1);
  const begins = till.asked.filter((one) => one.method === "POST" && one.path === "/v1/purchases");
  expect(new Set(begins.map((one) => one.key)).size).toBe(1);
});

it("while the wallet pays: the last view stays meanwhile, and the card is ready afterwards", async () => {
  const { till, page } = await opened();
  await page.press({ do: "begin", way: "card" });
  await page.until("pay");
  await minute(till, page, () => {
    expect(page.stage?.kind).toBe("pay");
    till.paid();
  });
  await comesTo(page, "card_ready");
  expect(page.view?.trouble).toBeUndefined();
  expect(till.purchases.size).toBe(1);
});

it("when the card is to be filled in: nothing is, then it is, and the store's charge is seen", async () => {
  const { till, page } = await opened();
  await page.press({ do: "begin", way: "card" });
  await page.until("pay");
  till.paid();
  await page.until("card_ready");
  till.away = true;
  await page.press({ do: "fill" });
  await minute(till, page);
  expect(page.fills).toEqual([]);
  await comesTo(page, "card_ready");
  await page.press({ do: "fill" });
  await page.untilTrue(() => page.fills.length === 1, "filled");
  expect(page.fills[0]?.number).toBe(PAN);
  await minute(till, page, () => void till.charges());
  await comesTo(page, "charged");
});
