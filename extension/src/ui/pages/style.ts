import { CONTROLS, themeCss } from "../theme.ts";

const BASE = `
${themeCss(":root")}
${CONTROLS}
:root{color-scheme:light dark}
body{margin:0;background:var(--raised);color:var(--text);font:400 16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
h1{font-size:26px;line-height:1.25;font-weight:680;letter-spacing:-.015em;text-wrap:balance}h1:focus{outline:none}
a{color:inherit}
.buttons{display:flex;flex-wrap:wrap;gap:10px;align-items:center}
.buttons .btn.main.alone{width:100%}
.item{display:flex;align-items:center;gap:12px;justify-content:space-between;padding:12px 14px;border:1px solid var(--line);border-radius:12px;background:var(--bg)}
.grow{flex:1;min-width:0}
.split{display:flex;gap:14px;justify-content:space-between}
.tag{display:inline-block;padding:1px 9px;margin-inline-end:4px;border-radius:20px;background:var(--raised);font-size:13px;font-weight:600}
.tag.good{background:var(--good-bg);color:var(--good)}.tag.warn{background:var(--warn-bg);color:var(--warn)}
b+.tag{margin-inline-start:8px}
.brand{display:flex;align-items:center;gap:11px}
.live{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.btn.little{min-height:38px;padding:5px 12px}
.center{text-align:center}
.link{margin:0;padding:4px 0}
@media (forced-colors:active){.item,.card,.tag{border:1px solid CanvasText}}
`;

export const PAGES_CSS = `
${BASE}
.layout{display:grid;grid-template-columns:220px minmax(0,640px);gap:48px;max-width:980px;margin:0 auto;padding:36px 24px 72px}
.side{display:flex;flex-direction:column;gap:16px;position:sticky;top:36px;align-self:start}
.brand b{font-size:20px;font-weight:700;letter-spacing:-.02em}
.who:empty{display:none}
.nav{display:flex;flex-direction:column;gap:2px;margin-left:-12px}
.nav a{padding:9px 12px;border-radius:10px;text-decoration:none;font-size:15px;font-weight:500;color:var(--soft)}
.nav a:hover{background:var(--bg);color:var(--text)}
.nav a[aria-current]{background:var(--good-bg);color:var(--good);font-weight:650}
.main{gap:20px}
.card{padding:22px;border:1px solid var(--line);border-radius:16px;background:var(--bg)}
.code{font-family:ui-monospace,"SF Mono",Consolas,"DejaVu Sans Mono",monospace;font-size:15px;overflow-wrap:anywhere}
.secret{padding:18px;border:2px dashed var(--edge);border-radius:12px;background:var(--raised);font:600 21px/1.5 ui-monospace,"SF Mono",Consolas,"DejaVu Sans Mono",monospace;letter-spacing:.04em;text-align:center;overflow-wrap:anywhere;user-select:all}
.tick{display:flex;gap:11px;align-items:flex-start}
.tick input{flex:none;width:20px;height:20px;margin:1px 0 0;accent-color:var(--brand)}
.tick label,label.tick{font-weight:500;font-size:15px;cursor:pointer}
.opt{font-weight:400}
.fold>summary{width:fit-content;padding:6px 0;cursor:pointer;font-size:15px;font-weight:500;color:var(--soft)}
.fold>summary:hover{color:var(--text)}
.fold[open]>summary{margin-bottom:12px}
.qrbox{width:300px;max-width:100%;border-radius:12px;border:1px solid var(--line);background:#fff;overflow:hidden;forced-color-adjust:none}.qr{display:block}
.todo{display:grid}
.todo li{display:flex;align-items:center;gap:14px;padding:14px 0;border-top:1px solid var(--line)}
.todo li:first-child{border-top:0;padding-top:0}.todo li:last-child{padding-bottom:0}
.todo .dot{flex:none;display:grid;place-items:center;width:30px;height:30px;border-radius:50%;border:1px solid var(--line);background:var(--raised);font-size:14px;font-weight:650}
.todo .done .dot{background:var(--brand);border-color:var(--brand);color:var(--on-brand)}
.todo .now .dot{border-color:var(--brand);background:var(--good-bg);color:var(--good)}
.todo .say{flex:1;min-width:0;overflow-wrap:anywhere}.todo .now .say{font-weight:600}
.scroll{overflow-x:auto;margin:0 -6px;padding:0 6px}
table{width:100%;border-collapse:collapse;font-size:14px}
th,td{padding:9px 12px 9px 0;text-align:start;vertical-align:top;border-bottom:1px solid var(--line)}
th{font-weight:600;color:var(--soft)}td:last-child,th:last-child{text-align:end;padding-inline-end:0}
.wallet{padding:0 16px;border:1px solid var(--line);border-radius:12px;background:var(--bg)}
.wallet>summary{padding:12px 0;cursor:pointer}.wallet>summary .tag{margin-inline-start:10px}.wallet[open]{padding-bottom:16px}
.facts{margin:0}.facts dt{margin-top:10px;font-size:13px;font-weight:600;color:var(--soft)}.facts dd{margin:0;overflow-wrap:anywhere}
.hosts{display:grid;gap:6px}.hosts li{padding:9px 13px;border-radius:10px;background:var(--raised)}
@media (max-width:760px){.layout{grid-template-columns:minmax(0,1fr);gap:20px;padding:18px 16px 48px}.side{position:static;gap:10px}
.nav{flex-direction:row;flex-wrap:wrap;margin-left:-8px}.nav a{padding:7px 9px;font-size:14px}.card{padding:17px}
.todo li{flex-wrap:wrap}.item{flex-wrap:wrap}}
@media (max-width:400px){.split{flex-direction:column;gap:2px}.secret{font-size:18px}}
@media print{.side,.noprint{display:none!important}.layout{display:block;padding:0}.card{border:0;padding:0}body{background:#fff;color:#000}}
`;

export const POPUP_CSS = `
${BASE}
body{width:356px;max-width:100%;padding:16px;background:var(--bg);font-size:15px}
h1{font-size:17px}
.brand{margin-bottom:14px}
.wide{width:100%}
.error:empty{display:none}
.label{font-size:13px;color:var(--soft)}
.press{width:100%;border:0;text-align:start;cursor:pointer;font-weight:500}
.links{display:flex;flex-wrap:wrap;gap:4px 16px;margin-top:16px;padding-top:12px;border-top:1px solid var(--line)}
`;
