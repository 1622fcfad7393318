/**
 * Asks which gift cards a store can be paid with: once for a store and a country, only while the shopper has the panel
 * open at a checkout whose total is known, and written into the list of what was sent.
 */
import type { GiftCardOffer } from "../api/types.ts";
import type { Core } from "./core.ts";
import type { Offers } from "./gifts.ts";
import { addAsked } from "./sent.ts";

/** Kept in memory; a new worker asks again. */
const OFFERS_MS_MAX = 60 * 60_000;
/** What could not be asked is asked again, but not at once. */
const FAILED_MS_MAX = 60_000;
const OFFERS_MAX = 50;

export interface OffersKept {
  readonly country: string | null;
  /** `null`: on its way. */
  readonly offers: readonly GiftCardOffer[] | null;
  readonly untilMs: number;
  readonly asked: Promise<void>;
}

export function offersOf(core: Core, host: string, country: string | null): Offers {
  const kept = core.offers.get(host);
  if (kept === undefined || kept.country !== country || core.env.nowMs() > kept.untilMs) return "unasked";
  return kept.offers ?? "asking";
}

/** What cannot be asked counts as none: the card is still there. */
export async function askOffers(core: Core, host: string, country: string | null): Promise<void> {
  if (offersOf(core, host, country) !== "unasked") return core.offers.get(host)?.asked;
  const keep = (offers: OffersKept["offers"], ms: number): void =>
    void core.offers.set(host, { country, offers, untilMs: core.env.nowMs() + ms, asked });
  const asked = (async () => {
    await addAsked(core, host, country ?? "");
    const result = await core.ask((client) => client.giftCards(host, country));
    const good = result.ok && Array.isArray(result.value.offers);
    keep(good ? result.value.offers.filter(isOffer) : [], good ? OFFERS_MS_MAX : FAILED_MS_MAX);
    core.draw();
  })();
  keep(null, OFFERS_MS_MAX);
  const [oldest] = core.offers.keys();
  if (core.offers.size > OFFERS_MAX && oldest !== undefined) core.offers.delete(oldest);
  return asked;
}

/** What the vendor no longer sells is asked for anew. */
export const forgetOffers = (core: Core, host: string): boolean => core.offers.delete(host);

function isOffer(offer: GiftCardOffer): boolean {
  const { product_id: product, currency, steps_minor: steps } = offer;
  return typeof product === "string" && product !== "" && /^[A-Z]{3}$/.test(currency) && Array.isArray(steps);
}
