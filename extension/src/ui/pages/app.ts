import { ask } from "../../background/requests.ts";
import { startApp } from "./app-page.ts";

void startApp({
  ask,
  requestPermission: (wanted) => chrome.permissions.request(wanted),
  nowMs: () => Date.now(),
  locale: chrome.i18n.getUILanguage(),
  onChanged: (changed) => {
    chrome.runtime.onMessage.addListener((message: unknown) => {
      if (typeof message === "object" && message !== null && "changed" in message) changed();
    });
  },
});
