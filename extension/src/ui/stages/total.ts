/** The total, typed by the shopper: read exactly, said back in words, and only then usable. */
import type { Money, Unsure } from "../../types/money.ts";
import { h } from "../h.ts";
import type { Drawing } from "./parts.ts";

export function totalForm(d: Drawing, candidate: Money | null): HTMLFormElement {
  const { t, format } = d.words;
  const example = format.money(candidate ?? { minor: 2711, currency: "USD" });
  const coded = `${plainAmount(d, candidate)} ${candidate?.currency ?? "USD"}`;
  const said = h("p", { class: "small", attrs: { id: "total-said", "aria-live": "polite" } });
  const use = h("button", { class: "btn main wide", key: "use-total", attrs: { type: "submit" } }, t("total_use"));
  const input = h("input", {
    class: "input", key: "total",
    input: () => look(true),
    attrs: { id: "total", type: "text", autocomplete: "off", spellcheck: "false", maxlength: 40, "aria-describedby": "total-hint total-said" },
  });

  function look(gently: boolean): Money | null {
    const typed = input.value.trim();
    const read = typed === "" ? { unsure: "no_amount" as Unsure } : d.readMoney(typed);
    if ("money" in read && read.money.minor > 0) {
      input.removeAttribute("aria-invalid");
      said.className = "small";
      said.textContent = t("total_understood", { amount: format.money(read.money), currency: format.currencyName(read.money.currency) });
      return read.money;
    }
    const why = "money" in read ? "out_of_range" : read.unsure;
    said.textContent = typed === "" && gently ? "" : t(`unsure_${why}`, { example: coded });
    said.className = gently ? "small soft" : "error";
    if (!gently) input.setAttribute("aria-invalid", "true");
    return null;
  }

  return h(
    "form",
    {
      class: "stack tight",
      submit: () => {
        const total = look(false);
        if (total === null) input.focus();
        else d.act({ do: "confirm_total", total });
      },
      attrs: { novalidate: true },
    },
    h("label", { attrs: { for: "total" } }, t("total_label"), h("span", { class: "hint", attrs: { id: "total-hint" } }, t("total_hint", { example }))),
    input,
    said,
    use,
  );
}

/** The amount as it is written in the shopper's language, without its sign. */
function plainAmount(d: Drawing, candidate: Money | null): string {
  const parts = d.words.format.money(candidate ?? { minor: 2711, currency: "USD" });
  return parts.replace(/[^\d.,'\u2019]/g, "").replace(/^[.,]+|[.,]+$/g, "");
}
