import { CONTROLS, themeCss } from "./theme.ts";

/**
 * The panel in a store's page. `all: initial` keeps the store's inherited styles out; sizes are in pixels because the
 * page decides what a `rem` is. Everything is fixed, so that nothing of the page moves.
 */
export const PANEL_CSS = `
:host{all:initial!important}
${themeCss(":host")}
${CONTROLS}
.panel{direction:ltr;color-scheme:light dark;position:fixed;z-index:2147483647;right:16px;bottom:16px;width:392px;max-width:calc(100vw - 32px);max-height:calc(100vh - 32px);
display:flex;flex-direction:column;overflow:hidden;border:1px solid var(--line);border-radius:18px;background:var(--bg);color:var(--text);
font:400 15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;text-align:start;
box-shadow:0 2px 6px rgba(8,20,17,.14),0 18px 48px rgba(8,20,17,.24);animation:rise .18s ease-out}
@keyframes rise{from{opacity:0;transform:translateY(12px)}}
.head{display:flex;align-items:center;gap:10px;padding:12px 8px 12px 16px;border-bottom:1px solid var(--line)}
.head .logo{flex:none}
.who{flex:1;min-width:0}
.who b{display:block;font-weight:650;line-height:1.3;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.who span{display:block;font-size:13px;line-height:1.35;color:var(--soft);overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.x{flex:none;display:grid;place-items:center;width:40px;height:40px;border:0;border-radius:10px;background:none;color:var(--soft);cursor:pointer}
.x:hover{background:var(--raised);color:var(--text)}
.body:focus{outline:none}
.body{flex:1;min-height:0;overflow-y:auto;overscroll-behavior:contain;padding:16px}
.body>*{flex-shrink:0}
.foot{display:flex;flex-wrap:wrap;align-items:center;justify-content:space-between;gap:2px 12px;padding:7px 16px;border-top:1px solid var(--line);
background:var(--raised);font-size:13px;color:var(--soft)}
.foot .via{display:inline-flex;align-items:center;gap:6px;min-width:0;overflow-wrap:anywhere}
.foot .link{margin:0 -6px}
.live{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.steps{display:flex;gap:5px;margin-bottom:7px}
.steps li{flex:1;height:6px;border-radius:3px;background:var(--line)}
.steps li.done{background:var(--brand)}
.steps li.now{background:linear-gradient(90deg,var(--brand) 50%,var(--line) 50%)}
.steps li.stop{background:var(--bad)}
.steps span{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.where{display:flex;justify-content:space-between;gap:12px;font-size:13px;line-height:1.4;color:var(--soft)}
.where b{color:var(--text);font-weight:600}
.progress{position:relative;margin-bottom:2px}
.price{text-align:center}
.big{font-size:27px;line-height:1.2;font-weight:700;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.big.money{font-size:32px}
.qrbox{width:300px;max-width:100%;margin:0 auto;padding:0;border-radius:12px;border:1px solid var(--line);background:#fff;overflow:hidden}
.qr{display:block;width:100%;height:auto}
.fold>summary{width:fit-content;padding:6px 0;cursor:pointer;font-size:14px;color:var(--soft)}.fold[open]>summary{margin-bottom:8px}
.timer{display:flex;align-items:center;justify-content:center;gap:8px;font-size:14px;color:var(--soft)}
.timer b{color:var(--text);font-weight:650;font-variant-numeric:tabular-nums}
.timer.over b{color:var(--bad)}
.pair{display:flex;flex-wrap:wrap;gap:8px}.pair>.btn{flex:1 1 auto;gap:6px;padding-inline:10px;font-size:14px;white-space:nowrap}
.rule{height:1px;background:var(--line);border:0;margin:2px 0}
.ways{display:grid;gap:8px}.ways legend{padding:0;margin-bottom:8px}
.way{display:flex;align-items:center;gap:12px;padding:11px 13px;border:1px solid var(--edge);border-radius:10px;cursor:pointer;font-weight:400}
.way b{display:block;font-weight:600}.way .soft{display:block;font-size:13px;line-height:1.4}
.way input{flex:none;width:18px;height:18px;margin:0;accent-color:var(--brand)}
.way:has(input:checked){border-color:var(--brand);box-shadow:inset 0 0 0 1px var(--brand);background:var(--good-bg)}
.path{display:grid;gap:9px;counter-reset:p}
.path li{counter-increment:p;display:grid;grid-template-columns:24px 1fr;gap:10px;font-size:14px;line-height:1.45}
.path li::before{content:counter(p);width:24px;height:24px;border-radius:50%;display:grid;place-items:center;background:var(--raised);border:1px solid var(--line);font-size:13px;font-weight:600}
.path li.done::before{content:"✓";background:var(--brand);border-color:var(--brand);color:var(--on-brand)}
.path li.now::before{border-color:var(--brand);color:var(--good);background:var(--good-bg)}
.path li.now{font-weight:600}
.body>*{flex:none}
.fields{display:grid;gap:0;border:1px solid var(--line);border-radius:10px;overflow:hidden}
.fields li{display:flex;align-items:center;gap:10px;min-height:44px;padding:5px 6px 5px 13px;border-top:1px solid var(--line);font-size:14px}
.fields li:first-child{border-top:0}
.fields li>span{flex:1}
.fields li.ok{min-height:38px;color:var(--good);padding-right:13px}
.fields li.ok>span{color:var(--text)}
.btn.little{min-height:34px;padding:4px 12px;font-size:14px}
.busy{display:flex;flex-direction:column;align-items:center;gap:18px;padding:36px 0 40px;text-align:center}
.spin{width:36px;height:36px;border-radius:50%;border:3px solid var(--line);border-top-color:var(--brand);animation:spin .9s linear infinite}
@keyframes spin{to{transform:rotate(1turn)}}
.spin.small{width:18px;height:18px;border-width:2px;flex:none}
.seal{display:grid;place-items:center;width:52px;height:52px;border-radius:50%;background:var(--good-bg);color:var(--good)}
.seal.bad{background:var(--bad-bg);color:var(--bad)}.seal.plain{background:var(--raised);color:var(--soft)}
.owed{padding:12px 13px;border:1px solid var(--line);border-radius:10px;display:grid;gap:3px;font-size:14px;line-height:1.45}
.owed .top{display:flex;justify-content:space-between;gap:12px;font-weight:600}
.owed .btn{margin-top:8px}
.end{display:flex;justify-content:center}
@media (max-width:440px){.panel{right:0;bottom:0;left:0;width:100%;max-width:none;max-height:calc(100vh - 8px);border-radius:18px 18px 0 0;border-width:1px 0 0}}
@media (max-height:420px){.panel{max-height:100vh}.body{padding:12px 16px}}
@media (forced-colors:active){.panel{border:2px solid CanvasText}.steps li{border:1px solid CanvasText}.steps li.done{background:Highlight;forced-color-adjust:none}
.steps li.now{background:Mark;forced-color-adjust:none}.way:has(input:checked){outline:2px solid Highlight}.qrbox{forced-color-adjust:none}.spin{border-top-color:Highlight}}
@media (prefers-reduced-motion:reduce){.spin{border-right-color:var(--brand)}}
`;
