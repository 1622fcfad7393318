/** The manifest, made from the recipes: at install the extension may enter the named stores' checkouts and nothing else. */
import type { Recipe } from "./types/recipe.ts";
import { MANIFEST_WORDS } from "./ui/i18n/manifest.ts";

export type Browser = "chromium" | "firefox";

/** Match patterns of the named stores' checkout pages. A star in a pattern stands for any characters, so these are no narrower than the recipes. */
export function checkoutPatterns(recipes: readonly Recipe[]): readonly string[] {
  const patterns = recipes.flatMap((recipe) =>
    recipe.hosts.flatMap((host) => recipe.paths.map((path) => `https://${host}${path.replaceAll("**", "*")}`)),
  );
  // A checkout's address often carries a query, which a pattern sees as part of the path.
  const open = patterns.flatMap((pattern) => (pattern.endsWith("*") ? [pattern] : [pattern, `${pattern}?*`]));
  return withoutCovered([...new Set(open)]).sort();
}

/** Leaves out what a wider pattern matches already: a pattern that fits another's text, its stars included, covers it. */
function withoutCovered(patterns: readonly string[]): string[] {
  const kept: { readonly text: string; readonly fits: RegExp }[] = [];
  for (const text of [...patterns].sort((a, b) => a.length - b.length)) {
    if (kept.some(({ fits }) => fits.test(text))) continue;
    kept.push({ text, fits: new RegExp(`^${text.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`) });
  }
  return kept.map(({ text }) => text);
}

/**
 * Frames that are a named store's own, at another host of its domain: a checkout's card form, to its shopper part of the
 * page. A payment provider's are none of these, they are asked for when they are met.
 */
export function ownFrameHosts(recipes: readonly Recipe[]): readonly string[] {
  const own = recipes.flatMap(({ hosts, frameHosts = [] }) => {
    const domains = hosts.map((host) => host.slice(host.indexOf(".") + 1)).filter((domain) => domain.includes("."));
    return frameHosts.filter((host) => !host.includes("*") && domains.some((domain) => host.endsWith(`.${domain}`)));
  });
  return [...new Set(own)].sort();
}

export function manifest(browser: Browser, version: string, recipes: readonly Recipe[]): Record<string, unknown> {
  const icons = { 16: "icons/16.png", 32: "icons/32.png", 48: "icons/48.png", 128: "icons/128.png" };
  const scripts = contentScripts(recipes);
  return {
    manifest_version: 3,
    name: "Anytill",
    version,
    ...MANIFEST_WORDS,
    icons,
    action: { default_popup: "popup.html", default_icon: icons, default_title: "Anytill" },
    options_ui: { page: "app.html#/settings", open_in_tab: true },
    background: browser === "chromium" ? { service_worker: "background.js" } : { scripts: ["background.js"] },
    ...(scripts.length === 0 ? {} : { content_scripts: scripts }),
    permissions: ["activeTab", "alarms", "scripting", "storage"],
    optional_permissions: ["notifications"],
    // Asked for one by one, at the moment they are needed: a provider's frames, or the store whose frames they are.
    optional_host_permissions: ["https://*/*"],
    web_accessible_resources: [{ resources: ["content.js", "panel.js", "reader.js"], matches: ["<all_urls>"], ...(browser === "chromium" ? { use_dynamic_url: true } : {}) }],
    content_security_policy: {
      extension_pages:
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
        "connect-src https: wss: http://localhost:* http://127.0.0.1:* ws://localhost:* ws://127.0.0.1:*; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    },
    incognito: "not_allowed",
    ...(browser === "chromium"
      ? { minimum_chrome_version: "133" }
      : {
          browser_specific_settings: {
            gecko: { id: "anytill@anytill.example", strict_min_version: "140.0", data_collection_permissions: { required: ["authenticationInfo", "financialAndPaymentInfo", "personallyIdentifyingInfo"] } },
          },
        }),
  };
}

function contentScripts(recipes: readonly Recipe[]): readonly Record<string, unknown>[] {
  const pages = { matches: checkoutPatterns(recipes), js: ["content.js"], run_at: "document_idle" };
  // Asleep until the background calls: a frame says nothing before the shopper has pressed "fill" in the page around it.
  const frames = { matches: ownFrameHosts(recipes).map((host) => `https://${host}/*`), js: ["frame.js"], all_frames: true, run_at: "document_idle" };
  // An address check and nothing more: at hosts that the browser names at install already, and at no other.
  const hosts = { matches: [...new Set(pages.matches.map((pattern) => pattern.replace(/^(https:\/\/[^/]+)\/.*$/, "$1/*")))], js: ["address.js"], run_at: "document_idle" };
  return [pages, frames, hosts].filter(({ matches }) => matches.length > 0);
}
