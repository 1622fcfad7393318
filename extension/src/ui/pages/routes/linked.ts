/** The account at an exchange that purchases can be paid from: linked on its provider's own page, unlinked here. */
import type { Links } from "../../../api/types.ts";
import type { Trouble } from "../../../background/requests.ts";
import { h, replaceChildren, type Child } from "../../h.ts";
import { providerName } from "../../providers.ts";
import { asking, describe, errorNote, heading, section, type Page } from "../kit.ts";

const MSAT_PER_SAT = 1_000;

/** As long as the provider's page is good, and this one shows that it is waited for. */
const WAIT_MS_MAX = 10 * 60_000;
const LOOK_EVERY_MS = 3_000;

async function waitForIt(page: Page, shown: HTMLElement): Promise<void> {
  for (let waited = 0; waited < WAIT_MS_MAX; waited += LOOK_EVERY_MS) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    if (!shown.isConnected) return;
    const answer = await page.ask("linked_get", {});
    if (!answer.ok || !answer.value.linked) continue;
    if (shown.isConnected) await page.refresh();
    return;
  }
}

/** Nothing is typed here: name and password are the provider's business, on its own page. */
function toLink(page: Page, provider: string): HTMLElement {
  const { t } = page.words;
  const name = providerName(provider);
  const next = h("p", { attrs: { role: "status" } });
  const begin = async (): Promise<Trouble | null> => {
    const answer = await page.ask("link", { provider });
    if (!answer.ok) return answer.trouble;
    replaceChildren(next, t("linked_opened", { provider: name }));
    void waitForIt(page, next);
    return null;
  };
  return section(null, h("p", null, t("linked_none")), h("p", { class: "soft small" }, t("linked_how", { provider: name })), asking(page, t("linked_do", { provider: name }), "main", begin), next);
}

function linkedNow(page: Page, linked: NonNullable<Links["linked"]>): HTMLElement {
  const { t, format } = page.words;
  const provider = providerName(linked.provider);
  const available = linked.available_sat ?? null;
  const unlink = async (): Promise<Trouble | null> => {
    const answer = await page.ask("unlink", { provider: linked.provider });
    if (!answer.ok) return answer.trouble;
    await page.refresh();
    page.say(t("linked_unlinked"));
    return null;
  };
  return section(
    null,
    describe(
      [t("linked_at"), linked.name ? `${provider}, ${linked.name}` : provider],
      [t("linked_since"), format.dateTime(linked.linked_at_ms)],
      [t("linked_available"), available === null ? t("linked_silent", { provider }) : format.btc(available * MSAT_PER_SAT)],
      available === null ? null : [t("linked_as_of"), format.dateTime(linked.as_of_ms)],
    ),
    h(
      "details",
      { class: "fold" },
      h("summary", null, t("linked_unlink")),
      h("div", { class: "stack" }, h("p", { class: "soft small" }, t("linked_unlink_text", { provider })), asking(page, t("linked_unlink_do"), "", unlink)),
    ),
  );
}

export async function linked(page: Page): Promise<readonly Child[]> {
  const { t } = page.words;
  const head = heading(t("linked_title"), t("linked_text"));
  const answer = await page.ask("linked_get", {});
  if (!answer.ok) return [head, errorNote(page, answer.trouble)];
  const { providers, linked: now } = answer.value;
  if (now) return [head, linkedNow(page, now)];
  if (providers.length === 0) return [head, section(null, h("p", null, t("linked_unserved")))];
  return [head, ...providers.map((provider) => toLink(page, provider))];
}
