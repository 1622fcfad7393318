/** The one place where the extension asks for more hosts: on a page of its own, for the frames that are in the way. */
import { h, replaceChildren, type Child } from "../../h.ts";
import { icon } from "../../icons.ts";
import { errorNote, heading, section, type Page } from "../kit.ts";

export async function permission(page: Page): Promise<readonly Child[]> {
  const { t } = page.words;
  const answer = await page.ask("permission_wanted", {});
  if (!answer.ok) return [heading(t("permission_title")), errorNote(page, answer.trouble)];
  const wanted = answer.value;
  if (wanted === null) return [heading(t("permission_title")), section(null, h("p", null, t("permission_none")))];
  const box = h("div", { class: "stack" });
  // What the shopper answered changes the state, upon which pages are drawn anew; but what came of it is to be read here.
  const stays = (): void => box.classList.add("outcome");
  const finish = (granted: boolean): void => {
    stays();
    void page.ask("permission_answered", { tabId: wanted.tabId, granted }).then((told) => {
      const text = t(granted ? "permission_granted" : "permission_denied");
      replaceChildren(box, told.ok ? h("div", { class: `note ${granted ? "good" : ""}`, attrs: { role: "status" } }, icon(granted ? "check" : "arrow"), h("strong", null, text)) : errorNote(page, told.trouble));
    });
  };
  // The browser shows its question only for a call made within the click.
  const allow = (): void => {
    void page.requestPermission({ origins: [...wanted.origins] }).then(finish, () => finish(false));
    stays();
  };
  replaceChildren(
    box,
    h("p", null, t("permission_text", { store: wanted.store })),
    h("ul", { class: "hosts" }, ...wanted.hosts.map((host) => h("li", { class: "code break" }, host))),
    wanted.unknown.length > 0 ? h("div", { class: "note warn" }, icon("alert"), h("strong", null, t("permission_unknown", { hosts: wanted.unknown.join(", ") }))) : null,
    h("p", { class: "soft small" }, t("permission_only")),
    h(
      "div",
      { class: "buttons" },
      h("button", { class: "btn main", click: allow, attrs: { type: "button" } }, t("permission_do")),
      h("button", { class: "btn", click: () => finish(false), attrs: { type: "button" } }, t("permission_no")),
    ),
  );
  return [heading(t("permission_title")), section(null, box)];
}
