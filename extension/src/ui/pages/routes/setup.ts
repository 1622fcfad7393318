/** The way in: what is still to do, pairing, register, log in, recover. */
import { h, replaceChildren, type Child } from "../../h.ts";
import { icon } from "../../icons.ts";
import type { PagesKey } from "../../i18n/pages.ts";
import { walletFold } from "./wallet_login.ts";
import { asking, copyText, form, heading, link, section, serverName, type Field, type Page } from "../kit.ts";

const PASSWORD_LENGTH_MIN = 10;

export async function home(page: Page): Promise<readonly Child[]> {
  const { words: { t }, state } = page;
  const inForce = state.missing === "pairing" || state.missing === "login" ? null : await page.ask("destination_get", {});
  const address = inForce?.ok ? (inForce.value.in_force ?? null) : null;
  const paired = state.server !== null;
  const loggedIn = paired && state.login !== null;
  const steps: readonly (readonly [done: boolean, text: string, route: string, note?: string])[] = [
    [paired, paired ? t("home_pair_done", { server: serverName(state.server) }) : t("home_pair"), "pair"],
    [loggedIn, loggedIn ? t("home_login_done", { login: state.login ?? "" }) : t("home_login"), state.openRegistration === true ? "register" : "login"],
    [loggedIn && state.missing === null, t(loggedIn && state.missing === null ? "home_address_done" : "home_address"), "address"],
    [address !== null, address === null ? t("home_refunds") : t("home_refunds_done", { address }), "refunds", t("home_refunds_note")],
  ];
  const next = steps.findIndex(([done]) => !done);
  const item = ([done, text, route, note]: (typeof steps)[number], index: number): HTMLElement =>
    h(
      "li",
      { class: done ? "done" : index === next ? "now" : "" },
      h("span", { class: "dot", attrs: { "aria-hidden": "true" } }, done ? icon("check", 16) : String(index + 1)),
      h("span", { class: "say" }, text, note && !done ? h("span", { class: "hint" }, note) : null),
      done ? link(t("home_change"), route) : index === next ? link(t("home_do"), route, "btn main") : null,
    );
  return [
    heading(t("home_title"), t(state.missing === null ? "home_ready" : "home_text")),
    distrust(page),
    section(null, h("ol", { class: "todo" }, ...steps.map(item))),
  ];
}

export function distrust(page: Page): Child {
  const { words, state } = page;
  if (state.distrusted === null) return null;
  const why = words.maybe(`problem_key_set_${state.distrusted}`) ?? words.maybe(`problem_${state.distrusted}`) ?? state.distrusted;
  return h("div", { class: "note bad", attrs: { role: "alert" } }, icon("alert"), h("div", null, h("strong", null, words.t("distrusted")), h("span", { class: "rest" }, why)));
}

/** Where somebody who has just done one thing goes on. */
async function onward(page: Page): Promise<void> {
  await page.refresh();
  page.go("");
}

export function pair(page: Page): readonly Child[] {
  const { words: { t }, state } = page;
  const wait = async (answer: Promise<{ ok: boolean } & ({ ok: true } | { ok: false; trouble: import("../../../background/requests.ts").Trouble })>) => {
    const got = await answer;
    if (!got.ok) return got.trouble;
    await onward(page);
    return null;
  };
  const byCode = form(page, {
    fields: [{ name: "pairing", label: t("pair_code"), hint: t("pair_code_hint"), plain: true, maxLength: 600 }],
    submit: t("pair_do"),
    send: (values) => wait(page.ask("pair", { pairing: values["pairing"] ?? "" })),
  });
  const byHand = form(page, {
    fields: [
      { name: "server", label: t("pair_server"), type: "url", value: "https://", plain: true },
      { name: "rootKey", label: t("pair_key"), hint: t("pair_key_hint"), plain: true },
    ],
    submit: t("pair_do"),
    send: (values) => wait(page.ask("pair", { server: values["server"] ?? "", rootKey: values["rootKey"] ?? "" })),
  });
  const choose = h("details", { class: "fold" }, h("summary", null, t("pair_by_hand")), byHand);
  const forms = section(state.server === null ? null : t("pair_again"), byCode, choose);
  if (state.server === null) return [heading(t("pair_title"), t("pair_text")), forms];
  return [
    heading(t("paired_title"), t("paired_text", { server: serverName(state.server) })),
    distrust(page),
    section(
      null,
      h("p", { class: "code break" }, t("pair_key_short", { key: state.rootKey ?? "" })),
      h("p", { class: "soft small" }, t("unpair_text")),
      asking(page, t("unpair"), "", () => wait(page.ask("unpair", {}))),
    ),
    forms,
  ];
}

function deviceName(page: Page): string {
  const agent = navigator.userAgent;
  const browser = /Firefox\//.test(agent) ? "Firefox" : /Edg\//.test(agent) ? "Edge" : "Chrome";
  const system = /Windows/.test(agent) ? "Windows" : /Mac OS X/.test(agent) ? "macOS" : /Android/.test(agent) ? "Android" : "Linux";
  return page.words.t("device_default", { browser, system });
}

function deviceField(page: Page): Field {
  const { t } = page.words;
  return { name: "device", label: t("device_name"), hint: t("device_name_hint"), value: deviceName(page), maxLength: 64 };
}

function needsServer(page: Page): readonly Child[] | null {
  if (page.state.server !== null) return null;
  return pair(page);
}

function newPassword(page: Page): Field {
  const { t } = page.words;
  return {
    name: "password", label: t("register_password"), hint: t("register_password_hint"), type: "password", autocomplete: "new-password",
    minLength: { length: PASSWORD_LENGTH_MIN, say: t("register_password_short") },
  };
}

export function login(page: Page): readonly Child[] {
  const { words: { t }, state } = page;
  const first = needsServer(page);
  if (first) return first;
  if (state.login !== null) {
    return [heading(t("logged_in_as", { login: state.login })), section(null, logoutButton(page))];
  }
  return [
    heading(t("login_title"), t("register_text", { server: serverName(state.server) })),
    section(
      null,
      form(page, {
        fields: [
          { name: "login", label: t("login_login"), autocomplete: "username", maxLength: 64, plain: true },
          { name: "password", label: t("password"), type: "password", autocomplete: "current-password" },
          deviceField(page),
        ],
        submit: t("login_do"),
        send: async (values) => {
          const answer = await page.ask("login", { login: values["login"] ?? "", password: values["password"] ?? "", deviceName: values["device"] ?? "" });
          if (!answer.ok) return answer.trouble;
          await onward(page);
          return null;
        },
      }),
      walletFold(page, { action: "login", fields: [deviceField(page)], done: () => void onward(page) }),
      h("div", { class: "buttons" }, link(t("login_to_register"), "register"), link(t("login_to_recover"), "recover")),
    ),
  ];
}

export function logoutButton(page: Page): HTMLElement {
  return asking(page, page.words.t("logout"), "", async () => {
    const answer = await page.ask("logout", {});
    if (!answer.ok) return answer.trouble;
    await onward(page);
    return null;
  });
}

/** Shown once, kept nowhere: going on needs the shopper's word that it is kept. */
export function recoveryCode(page: Page, code: string, extra: string | null, next: () => void): HTMLElement {
  const { t } = page.words;
  const go = h("button", { class: "btn main", click: next, attrs: { type: "button", disabled: true } }, t("code_next"));
  const kept = h("input", { change: () => { go.disabled = !kept.checked; }, attrs: { type: "checkbox", id: "kept" } });
  return section(
    t("code_title"),
    h("p", null, t("code_text")),
    extra === null ? null : h("p", { class: "soft small" }, extra),
    h("p", { class: "secret" }, code),
    h("div", { class: "buttons noprint" }, copyText(page, t("copy"), code), h("button", { class: "btn", click: () => print(), attrs: { type: "button" } }, t("print"))),
    h("label", { class: "tick noprint", attrs: { for: "kept" } }, kept, h("span", null, t("code_kept"))),
    h("div", { class: "buttons noprint" }, go),
  );
}

export function register(page: Page): readonly Child[] {
  const { words: { t }, state } = page;
  const first = needsServer(page);
  if (first) return first;
  const invited = state.openRegistration !== true;
  const box = h("div", { class: "stack" });
  const done = (code: string): void => {
    replaceChildren(box, recoveryCode(page, code, null, () => void onward(page)));
    box.querySelector("h2")?.scrollIntoView();
  };
  const both: readonly Field[] = [
    ...(invited ? [{ name: "invitation", label: t("register_invitation"), hint: t("register_invitation_hint"), plain: true } satisfies Field] : []),
    deviceField(page),
  ];
  const fields: Field[] = [
    { name: "login", label: t("login_login"), hint: t("login_hint"), autocomplete: "username", maxLength: 64, plain: true },
    newPassword(page),
    ...both,
  ];
  // Without a code it was the account of this wallet's already.
  const byWallet = walletFold(page, { action: "register", fields: both, done: (code) => (code === null ? void onward(page) : done(code)) });
  const wanted = form(page, {
    fields,
    submit: t("register_do"),
    send: async (values) => {
      const answer = await page.ask("register", {
        login: values["login"] ?? "", password: values["password"] ?? "", invitation: values["invitation"] ?? null, deviceName: values["device"] ?? "",
      });
      if (!answer.ok) return answer.trouble;
      done(answer.value.recoveryCode);
      return null;
    },
  });
  replaceChildren(box, section(null, wanted, byWallet, h("div", { class: "buttons" }, link(t("register_to_login"), "login"))));
  return [heading(t("register_title"), t("register_text", { server: serverName(state.server) })), box];
}

export function recover(page: Page): readonly Child[] {
  const { t } = page.words;
  const first = needsServer(page);
  if (first) return first;
  const box = h("div", { class: "stack" });
  const label: PagesKey = "recover_code";
  replaceChildren(box, section(null, form(page, {
    fields: [
      { name: "login", label: t("login_login"), autocomplete: "username", maxLength: 64, plain: true },
      { name: "code", label: t(label), plain: true },
      newPassword(page),
    ],
    submit: t("recover_do"),
    send: async (values) => {
      const answer = await page.ask("recover", { login: values["login"] ?? "", recoveryCode: values["code"] ?? "", newPassword: values["password"] ?? "" });
      if (!answer.ok) return answer.trouble;
      const revoked = t("code_revoked", { count: String(answer.value.devicesRevoked) });
      replaceChildren(box, recoveryCode(page, answer.value.recoveryCode, revoked, () => page.go("login")));
      return null;
    },
  })));
  return [heading(t("recover_title"), t("recover_text")), box];
}
