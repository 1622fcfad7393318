/** Register or log in by scanning a code with a wallet (LNURL-auth). */
import type { WalletBegun } from "../../../api/types.ts";
import type { Trouble } from "../../../background/requests.ts";
import { h, replaceChildren } from "../../h.ts";
import { qr } from "../../qr.ts";
import { copyText, errorNote, form, type Field, type Page } from "../kit.ts";

const LOOK_MS = 1_500;

export interface WalletWay {
  readonly action: "register" | "login";
  readonly fields: readonly Field[];
  /** Logged in; with the code to be kept, after registering. */
  readonly done: (recoveryCode: string | null) => void;
}

/** Whoever scans the code first is logged in here: it is shown on demand, and is over after some minutes. */
export function walletFold(page: Page, way: WalletWay): HTMLElement {
  const { t, format } = page.words;
  const place = h("div", { class: "stack", attrs: { "aria-live": "polite" } });
  /** The newest code; what came of an older one means nothing any more. */
  let newest = "";

  function look(begun: WalletBegun, values: Readonly<Record<string, string>>): void {
    if (newest !== begun.session || !place.isConnected) return;
    if (page.nowMs() >= begun.expires_at_ms) return replaceChildren(place, h("p", null, t("wallet_login_over")));
    void (async () => {
      const answer = await page.ask("wallet_finish", { session: begun.session, deviceName: values["device"] ?? "", invitation: values["invitation"] ?? null });
      if (newest !== begun.session) return;
      if (answer.ok) return way.done(answer.value.recoveryCode);
      if (answer.trouble.code !== "not_ready") return replaceChildren(place, errorNote(page, answer.trouble));
      setTimeout(() => look(begun, values), LOOK_MS);
    })();
  }

  function show(begun: WalletBegun): void {
    replaceChildren(
      place,
      h("div", { class: "qrbox" }, qr(begun.lnurl, t("wallet_login_label"))),
      h("p", null, t("wallet_login_until", { time: format.dateTime(begun.expires_at_ms) })),
      h("div", { class: "buttons" }, copyText(page, t("copy"), begun.lnurl.toLowerCase())),
    );
  }

  const ask = form(page, {
    fields: way.fields,
    submit: t("wallet_login_do"),
    look: "",
    send: async (values): Promise<Trouble | null> => {
      const answer = await page.ask("wallet_begin", { action: way.action });
      if (!answer.ok) return answer.trouble;
      newest = answer.value.session;
      show(answer.value);
      setTimeout(() => look(answer.value, values), LOOK_MS);
      return null;
    },
  });
  return h("details", { class: "fold" }, h("summary", null, t(`wallet_login_${way.action}`)), h("div", { class: "stack" }, h("p", { class: "soft small" }, t("wallet_login_text")), ask, place));
}
