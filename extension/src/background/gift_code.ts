/**
 * A gift card's claim code, from the shopper's press to the store's box or the clipboard.
 *
 * Invariant: code, PIN and link are in memory only, in no state, log, error or view, and are dropped after use or after
 * some minutes. The store's own buttons are never pressed.
 */
import { openCode } from "../trust/reveal.ts";
import type { OpenedCode } from "../trust/reveal.ts";
import type { CodeFilled } from "../types/messages.ts";
import type { GiftField } from "../types/panel.ts";
import type { Core, PageState } from "./core.ts";
import { once, ours } from "./core.ts";
import { doing, pageHere, pageIsSafe } from "./fill.ts";
import type { FillHint, LocalPurchase } from "./model.ts";
import { reveal } from "./reveal.ts";

const CODE_MS_MAX = 3 * 60_000;
const FILL_MS_MAX = 12_000;

export async function fillGift(core: Core, local: string, page: PageState): Promise<void> {
  await once(core, `fill ${local}`, async () => {
    try {
      const here = await pageHere(core, local, page);
      if (here === null) return;
      const { purchase } = here;
      doing(core, local, "revealing");
      const opened = await codeOf(core, purchase);
      if (opened === null) return;
      const { code, pin } = opened;
      if (code === null) {
        await core.store.changePurchase(local, (one) => ({ ...one, fill: { kind: "copy", fields: fieldsOf(opened) } }));
        return;
      }
      doing(core, local, "filling");
      page.port.say({ say: "fill_code", code: { code, pin } });
    } finally {
      if (core.doing.get(local) !== "filling") doing(core, local, null);
    }
  });
  core.env.later(() => {
    // The page was gone before it answered.
    if (core.doing.get(local) === "filling") doing(core, local, null);
  }, FILL_MS_MAX);
}

/** What came of it in the page. What could not be filled in is left to be copied. */
export async function codeFilled(core: Core, local: string, result: CodeFilled): Promise<void> {
  if (core.doing.get(local) !== "filling") return;
  const has = core.codes.get(local) ?? null;
  const pinned = has !== null && has.pin !== null;
  const hint: FillHint = !result.code
    ? { kind: "copy", fields: has === null ? ["giftCode"] : fieldsOf(has) }
    : {
        kind: "filled",
        fields: pinned && result.pin ? ["giftCode", "giftPin"] : ["giftCode"],
        missing: pinned && !result.pin ? ["giftPin"] : [],
        storeSavesCard: false,
      };
  await core.store.changePurchase(local, (one) => ({ ...one, fill: hint }));
  if (hint.kind === "filled" && hint.missing.length === 0) core.codes.delete(local);
  doing(core, local, null);
}

const fieldsOf = (opened: OpenedCode): readonly GiftField[] => [
  ...(opened.code === null ? [] : ["giftCode" as const]),
  ...(opened.pin === null ? [] : ["giftPin" as const]),
  ...(opened.link === null ? [] : ["giftLink" as const]),
];

export async function codeOf(core: Core, purchase: LocalPurchase, password?: string): Promise<OpenedCode | null> {
  const { local } = purchase;
  const kept = core.codes.get(local);
  if (kept !== undefined) return kept;
  const opened = await reveal(core, purchase, password, openCode, "code_unreadable");
  if (opened === null) return null;
  core.codes.set(local, opened);
  core.env.later(() => {
    if (core.codes.get(local) === opened && core.codes.delete(local)) core.draw();
  }, CODE_MS_MAX);
  await core.store.changePurchase(local, (one) => (one.gift === undefined ? one : { ...one, gift: { ...one.gift, has: fieldsOf(opened) } }));
  return opened;
}

/** One value for the clipboard, to the page whose button the shopper just pressed. */
export async function copyGift(core: Core, purchase: LocalPurchase, page: PageState, field: GiftField): Promise<void> {
  if (purchase.store !== page.host || !pageIsSafe(page)) return;
  const opened = await codeOf(core, purchase);
  const value = opened === null ? null : { giftCode: opened.code, giftPin: opened.pin, giftLink: opened.link }[field];
  if (value !== null) page.port.say({ say: "copy", field, value });
}

/** The link goes to the browser, never into the store's page. */
export async function openGiftLink(core: Core, purchase: LocalPurchase, page: PageState): Promise<void> {
  if (purchase.store !== page.host) return;
  const opened = await codeOf(core, purchase);
  if (opened === null) return;
  if (opened.link !== null) await core.env.openLink(opened.link);
  else await core.store.changePurchase(purchase.local, (one) => ({ ...one, problem: ours("code_unreadable") }));
}

/** "The order is placed", or "I need it once more": nothing at the server depends on it. */
export async function giftUsed(core: Core, local: string, used: boolean): Promise<void> {
  if (used) core.codes.delete(local);
  await core.store.changePurchase(local, (one) => (one.gift === undefined ? one : { ...one, problem: null, gift: { ...one.gift, used } }));
}
