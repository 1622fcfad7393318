/** What the shopper has at the server: address, devices, settings; and what this browser has sent. */
import type { Address, DeviceView } from "../../../api/types.ts";
import type { Language, SentItem, Settings, Trouble } from "../../../background/requests.ts";
import { formatMoney } from "../../../money/index.ts";
import { h, replaceChildren, type Child } from "../../h.ts";
import { languageOf, LANGUAGE_NAMES, LANGUAGES } from "../../i18n/index.ts";
import { countries } from "../countries.ts";
import { asking, errorNote, form, heading, link, section, serverName, type Field, type Page } from "../kit.ts";
import { logoutButton, recoveryCode } from "./setup.ts";

const orNull = (value: string | undefined): string | null => (value === undefined || value === "" ? null : value);

export async function address(page: Page): Promise<readonly Child[]> {
  const { words: { t, format }, ask } = page;
  const answer = await ask("address_get", {});
  if (!answer.ok) return [heading(t("address_title")), errorNote(page, answer.trouble)];
  const on: Partial<Address> = answer.value ?? {};
  const fields: Field[] = [
    { name: "name", label: t("address_name"), autocomplete: "name", value: on.name ?? "", maxLength: 100 },
    { name: "line1", label: t("address_line1"), autocomplete: "address-line1", value: on.line1 ?? "" },
    { name: "line2", label: t("address_line2"), autocomplete: "address-line2", value: on.line2 ?? "", optional: true },
    { name: "postal", label: t("address_postal"), autocomplete: "postal-code", value: on.postal_code ?? "", optional: true, maxLength: 20 },
    { name: "city", label: t("address_city"), autocomplete: "address-level2", value: on.city ?? "" },
    { name: "region", label: t("address_region"), hint: t("address_region_hint"), autocomplete: "address-level1", value: on.region ?? "", optional: true },
    { name: "country", label: t("address_country"), autocomplete: "country", value: on.country ?? "", options: [["", t("address_choose")], ...countries(format)] },
  ];
  const send = async (v: Readonly<Record<string, string>>): Promise<Trouble | null> => {
    const saved = await ask("address_set", {
      address: { name: v["name"] ?? "", line1: v["line1"] ?? "", line2: orNull(v["line2"]), city: v["city"] ?? "", region: orNull(v["region"]), postal_code: orNull(v["postal"]), country: v["country"] ?? "" },
    });
    if (!saved.ok) return saved.trouble;
    const first = answer.value === null;
    await page.refresh();
    page.say(t("saved"));
    if (first) page.go("");
    return null;
  };
  return [heading(t("address_title"), t("address_text")), section(null, form(page, { fields, submit: t("address_do"), send }))];
}

function deviceItem(page: Page, device: DeviceView): HTMLElement {
  const { words: { t, format }, ask } = page;
  const when = device.live ? t("device_until", { time: format.dateTime(device.expires_at_ms) }) : t("device_ended");
  const end = async (): Promise<Trouble | null> => {
    const answer = await ask("device_end", { id: device.id });
    if (!answer.ok) return answer.trouble;
    await page.refresh();
    return null;
  };
  return h(
    "li",
    { class: "item" },
    h(
      "div",
      { class: "grow" },
      h("b", { class: "break" }, device.name),
      device.this ? h("span", { class: "tag good" }, t("device_this")) : null,
      h("p", { class: "soft small" }, t("device_seen", { time: format.dateTime(device.last_seen_at_ms) })),
      h("p", { class: "soft small" }, when),
    ),
    device.live && !device.this ? asking(page, t("device_end"), "", end, t("device_end_named", { name: device.name })) : null,
  );
}

export async function devices(page: Page): Promise<readonly Child[]> {
  const { t } = page.words;
  const answer = await page.ask("devices", {});
  const head = heading(t("devices_title"), t("devices_text"));
  if (!answer.ok) return [head, errorNote(page, answer.trouble)];
  return [head, h("ul", { class: "stack tight" }, ...answer.value.map((device) => deviceItem(page, device)))];
}

function sentRow(page: Page, item: SentItem): HTMLElement {
  const { t, format } = page.words;
  const asked = item.country === undefined ? null : t("sent_gift_cards", { country: item.country === "" ? "-" : item.country });
  const total = asked ?? (item.totalMinor === null ? t("sent_no_total", { currency: item.currency }) : formatMoney({ minor: item.totalMinor, currency: item.currency }, format.locale));
  return h("tr", null, h("td", null, format.dateTime(item.atMs)), h("td", { class: "break" }, serverName(item.server)), h("td", { class: "break" }, item.store), h("td", { class: "num" }, total));
}

export async function sent(page: Page): Promise<readonly Child[]> {
  const { t } = page.words;
  const answer = await page.ask("sent", {});
  const head = heading(t("sent_title"), t("sent_text"));
  if (!answer.ok) return [head, errorNote(page, answer.trouble)];
  const note = h("p", { class: "soft small" }, t("sent_local"));
  if (answer.value.length === 0) return [head, section(null, h("p", null, t("sent_empty")), note)];
  const cells = (["sent_when", "sent_server", "sent_store", "sent_total"] as const).map((key) => h("th", { attrs: { scope: "col" } }, t(key)));
  const clear = asking(page, t("sent_clear"), "", async () => {
    const done = await page.ask("sent_clear", {});
    if (!done.ok) return done.trouble;
    await page.refresh();
    return null;
  });
  const table = h("table", null, h("thead", null, h("tr", null, ...cells)), h("tbody", null, ...answer.value.map((item) => sentRow(page, item))));
  return [head, section(null, h("div", { class: "scroll", attrs: { tabindex: 0, role: "region", "aria-label": t("sent_title") } }, table), note, clear)];
}

function change(page: Page, settings: Partial<Settings>, trouble: HTMLElement): void {
  void page.ask("settings_set", { settings }).then(async (answer) => {
    replaceChildren(trouble, answer.ok ? null : errorNote(page, answer.trouble));
    if (!answer.ok) return;
    await page.refresh();
    page.say(page.words.t("saved"));
  });
}

function tick(id: string, label: string, hint: string, on: boolean, changed: (now: boolean, box: HTMLInputElement) => void): HTMLElement {
  const box: HTMLInputElement = h("input", { change: () => changed(box.checked, box), attrs: { type: "checkbox", id, checked: on, "aria-describedby": `${id}h` } });
  return h("div", { class: "tick" }, box, h("div", null, h("label", { attrs: { for: id } }, label), h("span", { class: "hint", attrs: { id: `${id}h` } }, hint)));
}

function languageSelect(page: Page, trouble: HTMLElement): HTMLElement {
  const { words: { t }, state } = page;
  const own = LANGUAGE_NAMES[languageOf(navigator.language)];
  const options: readonly (readonly [Language, string])[] = [["auto", t("settings_auto", { language: own })], ...LANGUAGES.map((one) => [one, LANGUAGE_NAMES[one]] as const)];
  const select: HTMLSelectElement = h(
    "select",
    { class: "input", change: () => change(page, { language: select.value as Language }, trouble), attrs: { id: "language" } },
    ...options.map(([value, label]) => h("option", { attrs: { value, selected: value === state.settings.language, lang: value === "auto" ? null : value } }, label)),
  );
  return h("div", { class: "field" }, h("label", { attrs: { for: "language" } }, t("settings_language")), select);
}

function notifications(page: Page, trouble: HTMLElement): HTMLElement {
  const { words: { t }, state } = page;
  return tick("notify", t("settings_notify"), t("settings_notify_hint"), state.settings.notifications, (now, box) => {
    if (!now) return change(page, { notifications: false }, trouble);
    // Asked within the click: the browser allows it only then.
    void page.requestPermission({ permissions: ["notifications"] }).then((granted) => {
      if (granted) return change(page, { notifications: true }, trouble);
      box.checked = false;
      replaceChildren(trouble, h("p", { class: "error", attrs: { role: "alert" } }, t("settings_notify_denied")));
    });
  });
}

function newCode(page: Page): HTMLElement {
  const { t } = page.words;
  const box = h("div", { class: "stack" });
  const ask = form(page, {
    fields: [{ name: "password", label: t("password"), type: "password", autocomplete: "current-password" }],
    submit: t("settings_new_code_do"),
    look: "",
    send: async (values) => {
      const answer = await page.ask("new_recovery_code", { password: values["password"] ?? "" });
      if (!answer.ok) return answer.trouble;
      replaceChildren(box, recoveryCode(page, answer.value.recoveryCode, null, () => void page.refresh()));
      return null;
    },
  });
  replaceChildren(box, h("p", { class: "soft small" }, t("settings_new_code_text")), ask);
  return h("details", { class: "fold" }, h("summary", null, t("settings_new_code")), box);
}

export function settings(page: Page): readonly Child[] {
  const { words: { t }, state } = page;
  const trouble = h("div");
  const account = state.login === null
    ? h("div", { class: "buttons" }, link(t("login_do"), "login", "btn"))
    : h("div", { class: "stack" }, h("p", null, t("logged_in_as", { login: state.login })), logoutButton(page), newCode(page));
  return [
    heading(t("settings_title")),
    section(
      null,
      languageSelect(page, trouble),
      tick("pill", t("settings_pill"), t("settings_pill_hint"), state.settings.showPill, (now) => change(page, { showPill: now }, trouble)),
      notifications(page, trouble),
      trouble,
    ),
    section(t("settings_account"), account),
    section(t("settings_server"), h("p", { class: "break" }, state.server === null ? t("home_pair") : serverName(state.server)), h("div", { class: "buttons" }, link(t(state.server === null ? "pair_title" : "home_change"), "pair", "btn"))),
  ];
}
