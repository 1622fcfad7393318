/** What the browser itself shows of the extension: its stores, its list of extensions, its list of shortcuts. */
import { LANGUAGES, type Catalogues, type Language } from "./language.ts";

type Key = "description" | "open";

const manifestWords: Catalogues<Key> = {
  en: { description: "Pay at any online store with Bitcoin over Lightning, through a server that you choose.", open: "Open Anytill" },
  de: { description: "In jedem Online-Shop mit Bitcoin über Lightning zahlen, über einen Server Ihrer Wahl.", open: "Anytill öffnen" },
  es: { description: "Paga en cualquier tienda en línea con Bitcoin por Lightning, a través de un servidor que tú eliges.", open: "Abrir Anytill" },
  "zh-CN": { description: "通过您选择的服务器，用比特币闪电网络在任何网店付款。", open: "打开 Anytill" },
};

/** The folder names that browsers expect. */
const FOLDER: Readonly<Record<Language, string>> = { en: "en", de: "de", es: "es", "zh-CN": "zh_CN" };

/** The files of `_locales`, as a package has them. */
export function localeFiles(): readonly { readonly name: string; readonly text: string }[] {
  return LANGUAGES.map((language) => {
    const messages = Object.fromEntries(Object.entries(manifestWords[language]).map(([key, message]) => [key, { message }]));
    return { name: `_locales/${FOLDER[language]}/messages.json`, text: `${JSON.stringify(messages, null, 2)}\n` };
  });
}

/** How the manifest refers to them. */
export const MANIFEST_WORDS = {
  default_locale: "en",
  description: "__MSG_description__",
  commands: { _execute_action: { suggested_key: { default: "Alt+Shift+B" }, description: "__MSG_open__" } },
} as const;
