/** The panel's code, as the background puts it beside the content script: it hands itself over and is done. */

import { mountPanel } from "../ui/panel.ts";
import { world } from "./world.ts";

world.anytill?.panel(mountPanel);
