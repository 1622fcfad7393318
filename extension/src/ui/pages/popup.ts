import { ask } from "../../background/requests.ts";
import { startPopup } from "./popup-page.ts";

function webHost(url: string | undefined): string | null {
  if (url === undefined) return null;
  try {
    const { protocol, host } = new URL(url);
    return protocol === "https:" || protocol === "http:" ? host : null;
  } catch {
    return null;
  }
}

void startPopup({
  ask,
  locale: chrome.i18n.getUILanguage(),
  tab: async () => {
    // `activeTab` holds since the shopper has just opened the popup on it, so its address can be read.
    const [tab] = await chrome.tabs.query({ active: true, currentWindow: true });
    return tab?.id === undefined ? null : { id: tab.id, host: webHost(tab.url) };
  },
  openPage: (route) => {
    void chrome.tabs.create({ url: chrome.runtime.getURL(`app.html#/${route}`) }).then(() => close());
  },
  goToTab: (id) => {
    void chrome.tabs.update(id, { active: true }).then(() => close());
  },
  close: () => close(),
});
