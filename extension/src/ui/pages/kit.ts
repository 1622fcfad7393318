/** What the extension's own pages are put together from. */
import type { Answer, Ask, BackgroundState, Requests, Trouble } from "../../background/requests.ts";
import { h, replaceChildren, type Child } from "../h.ts";
import { icon } from "../icons.ts";
import type { Words } from "../i18n/index.ts";
import type { PagesKey } from "../i18n/pages.ts";

/** On the average. */
export const MINUTES_A_BLOCK = 10;

export type AskFn = <A extends Ask>(name: A, fields: Requests[A]["in"]) => Promise<Answer<A>>;

/** What a page may do. The browser's own calls stand here, so that the gallery can stand in for them. */
export interface Page {
  readonly words: Words<PagesKey>;
  readonly state: BackgroundState;
  readonly ask: AskFn;
  readonly go: (route: string) => void;
  /** Fetches the state anew and draws the route again. */
  readonly refresh: () => Promise<void>;
  readonly say: (text: string) => void;
  readonly nowMs: () => number;
  readonly requestPermission: (wanted: chrome.permissions.Permissions) => Promise<boolean>;
}

export type Drawn = readonly Child[] | Promise<readonly Child[]>;

export function serverName(origin: string | null): string {
  try {
    return origin === null ? "" : new URL(origin).host;
  } catch {
    return origin ?? "";
  }
}

/** A trouble in words that say what to do; the server's own words where we have none. */
export function troubleText(words: Words<PagesKey>, trouble: Trouble): string {
  const said = words.maybe(`problem_${trouble.code}`) ?? trouble.detail ?? words.t("problem_other", { code: trouble.code });
  return trouble.retryAfterMs === null ? said : `${said} ${words.t("retry_in", { time: words.format.clock(trouble.retryAfterMs) })}`;
}

/** Where the way out of a trouble begins. */
const WAY_OUT: Readonly<Record<string, readonly [route: string, key: PagesKey]>> = {
  not_paired: ["pair", "pair_title"], not_logged_in: ["login", "login_do"], unauthorized: ["login", "login_do"],
  token_invalid: ["login", "login_do"], token_expired: ["login", "login_do"], country_needed: ["address", "address_title"], destination_needed: ["refunds", "refunds_title"],
};

export function errorNote(page: Page, trouble: Trouble): HTMLElement {
  const out = Object.hasOwn(WAY_OUT, trouble.code) ? WAY_OUT[trouble.code] : undefined;
  return h(
    "div",
    { class: "note bad", attrs: { role: "alert" } },
    icon("alert"),
    h("div", { class: "stack tight" }, h("span", { class: "rest" }, troubleText(page.words, trouble)), out ? h("div", { class: "rest" }, link(page.words.t(out[1]), out[0], "btn")) : null),
  );
}

let underWay = 0;

/** Something was sent and is not answered yet: what is shown must stay, since the answer is written into it. */
export const isSending = (): boolean => underWay > 0;

/** One at a time for each button. The button keeps its focus, which a disabled one would lose. */
function sending<T>(press: HTMLElement, work: () => Promise<T>, then: (answer: T) => void): void {
  if (press.getAttribute("aria-busy") === "true") return;
  press.setAttribute("aria-busy", "true");
  underWay += 1;
  void work().then(then).finally(() => {
    underWay -= 1;
    press.removeAttribute("aria-busy");
  });
}

export function heading(text: string, intro?: string): HTMLElement {
  return h("header", { class: "stack tight" }, h("h1", { attrs: { tabindex: -1 } }, text), intro ? h("p", { class: "soft" }, intro) : null);
}

export function section(title: string | null, ...children: Child[]): HTMLElement {
  return h("section", { class: "card stack" }, title === null ? null : h("h2", { class: "title" }, title), ...children);
}

export function link(label: string, route: string, look = "link"): HTMLElement {
  return h("a", { class: look, attrs: { href: `#/${route}` } }, label);
}

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly type?: "text" | "password" | "url" | "email";
  readonly autocomplete?: string;
  readonly value?: string;
  readonly optional?: boolean;
  readonly minLength?: { readonly length: number; readonly say: string };
  readonly maxLength?: number;
  readonly options?: readonly (readonly [value: string, label: string])[];
  readonly plain?: boolean;
}

interface Drawn1 {
  readonly box: HTMLElement;
  readonly control: HTMLInputElement | HTMLSelectElement;
  readonly complain: (text: string | null) => void;
}

let ids = 0;

function drawField(page: Page, field: Field): Drawn1 {
  const id = `f${(ids += 1)}`;
  const hintId = field.hint ? `${id}h` : null;
  const error = h("span", { class: "error", attrs: { id: `${id}e`, hidden: true } });
  const attrs = {
    id, name: field.name, autocomplete: field.autocomplete ?? "off", required: !field.optional,
    "aria-describedby": [hintId, `${id}e`].filter(Boolean).join(" "),
  };
  const control = field.options
    ? h("select", { class: "input", attrs }, ...field.options.map(([value, label]) => h("option", { attrs: { value, selected: value === (field.value ?? "") } }, label)))
    : h("input", {
        class: field.plain ? "input code" : "input",
        attrs: { ...attrs, type: field.type ?? "text", maxlength: field.maxLength ?? 200, ...(field.plain ? { spellcheck: "false", autocapitalize: "off" } : {}) },
      });
  if (control instanceof HTMLInputElement) control.defaultValue = field.value ?? "";
  const box = h(
    "div",
    { class: "field" },
    h("label", { attrs: { for: id } }, field.label, field.optional ? h("span", { class: "soft opt" }, ` (${page.words.t("optional")})`) : null),
    hintId && field.hint ? h("span", { class: "hint", attrs: { id: hintId } }, field.hint) : null,
    control,
    error,
  );
  const complain = (text: string | null): void => {
    error.hidden = text === null;
    error.textContent = text ?? "";
    if (text === null) control.removeAttribute("aria-invalid");
    else control.setAttribute("aria-invalid", "true");
  };
  return { box, control, complain };
}

function check(page: Page, field: Field, value: string): string | null {
  if (value === "" && !field.optional) return page.words.t("required");
  const least = field.minLength;
  return least && value.length < least.length ? least.say : null;
}

export interface FormSpec {
  readonly fields: readonly Field[];
  readonly submit: string;
  /** Answers with a trouble to show, or null when it is done. Passwords are cleared either way. */
  readonly send: (values: Readonly<Record<string, string>>) => Promise<Trouble | null>;
  readonly look?: "main" | "";
}

/** A form: labels, what is missing said at the field, what went wrong said above the button, nothing sent twice. */
export function form(page: Page, spec: FormSpec): HTMLFormElement {
  const drawn = spec.fields.map((field) => ({ field, ...drawField(page, field) }));
  const trouble = h("div");
  const press = h("button", { class: `btn ${spec.look ?? "main"}`, attrs: { type: "submit" } }, spec.submit);

  function send(): void {
    replaceChildren(trouble);
    let first: HTMLElement | null = null;
    const values: Record<string, string> = {};
    for (const one of drawn) {
      const value = one.field.type === "password" ? one.control.value : one.control.value.trim();
      values[one.field.name] = value;
      const wrong = check(page, one.field, value);
      one.complain(wrong);
      if (wrong !== null) first ??= one.control;
    }
    if (first) return first.focus();
    sending(press, () => spec.send(values), (answer) => {
      for (const one of drawn) if (one.field.type === "password") one.control.value = "";
      if (answer) replaceChildren(trouble, errorNote(page, answer));
    });
  }

  return h(
    "form",
    { class: "stack", submit: send, attrs: { novalidate: true } },
    ...drawn.map((one) => one.box),
    trouble,
    h("div", { class: "buttons" }, press),
  );
}

/** A button that asks for one thing, shows the trouble beside it and draws anew when done. */
export function asking(page: Page, label: string, look: string, work: () => Promise<Trouble | null>, spoken?: string): HTMLElement {
  const trouble = h("div");
  const press = h(
    "button",
    {
      class: `btn ${look}`, attrs: { type: "button", "aria-label": spoken ?? null },
      click: () => sending(press, work, (answer) => replaceChildren(trouble, answer ? errorNote(page, answer) : null)),
    },
    label,
  );
  return h("div", { class: "stack tight" }, h("div", { class: "buttons" }, press), trouble);
}

export function copyText(page: Page, label: string, text: string): HTMLElement {
  const caption = h("span", null, label);
  return h(
    "button",
    {
      class: "btn", attrs: { type: "button" },
      click: () => {
        const tell = (key: "copied" | "copy_failed") => (): void => {
          caption.textContent = page.words.t(key);
          page.say(page.words.t(key));
        };
        navigator.clipboard.writeText(text).then(tell("copied"), tell("copy_failed"));
      },
    },
    icon("copy", 18),
    caption,
  );
}

export function describe(...pairs: readonly (readonly [string, string] | null)[]): HTMLElement {
  const list = h("dl", { class: "rows" });
  for (const pair of pairs) if (pair) list.append(h("dt", null, pair[0]), h("dd", null, pair[1]));
  return list;
}

/** A list that grows: the next page is fetched when asked for. */
export function growing<T>(page: Page, first: readonly T[], next: number | null, item: (one: T) => HTMLElement, more: (beforeMs: number) => Promise<{ items: readonly T[]; next: number | null } | Trouble>): HTMLElement {
  const list = h("ul", { class: "stack tight" }, ...first.map(item));
  const foot = h("div");
  const offer = (before: number | null): void => {
    if (before === null) return replaceChildren(foot);
    replaceChildren(foot, asking(page, page.words.t("more"), "", async () => {
      const answer = await more(before);
      if ("code" in answer) return answer;
      list.append(...answer.items.map(item));
      offer(answer.next);
      return null;
    }));
  };
  offer(next);
  return h("div", { class: "stack" }, list, foot);
}
