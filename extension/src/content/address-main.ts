import { start } from "./address.ts";

if (window.top === window) start();
