/** Runs in the gallery's page for the extension's own pages: the real pages on a background of fixtures. */
import { startApp } from "../../src/ui/pages/app-page.ts";
import { startPopup } from "../../src/ui/pages/popup-page.ts";
import { NOW_MS } from "./fixtures.ts";
import { fakeBackground, PAGE_NAMES, PAGES, type FakeBackground, type PageFixture, type PageName } from "./pages-fixtures.ts";

interface Gallery {
  readonly names: readonly PageName[];
  background?: FakeBackground;
  readonly went: string[];
  /** The background's state has changed. */
  changed: () => void;
}

const gallery: Gallery = { names: PAGE_NAMES, went: [], changed: () => undefined };
Object.assign(globalThis, { gallery });

const query = new URLSearchParams(location.search);
const wanted = query.get("page") ?? "home_new";
const locale = query.get("lang") ?? "en";
const fixture: PageFixture | undefined = wanted in PAGES ? PAGES[wanted as PageName] : undefined;

async function start(page: PageFixture): Promise<void> {
  const background = fakeBackground(page.state, page.answers, page.refusing);
  gallery.background = background;
  if (page.popup) {
    await startPopup({
      ask: background.ask, locale,
      tab: async () => ({ id: 7, host: "www.shop.example" }),
      openPage: (route) => gallery.went.push(route),
      goToTab: (tab) => gallery.went.push(`tab ${tab}`),
      close: () => gallery.went.push("closed"),
    });
  } else {
    history.replaceState(null, "", `${location.pathname}${location.search}#/${page.route}`);
    await startApp({ ask: background.ask, locale, nowMs: () => NOW_MS, onChanged: (changed) => { gallery.changed = changed; }, requestPermission: async () => false });
  }
  document.documentElement.dataset["drawn"] = wanted;
}

if (fixture) void start(fixture);
