/** Colours and sizes, shared by the panel and the extension's pages. Contrast: text 4.5:1 at least, controls 3:1. */
const LIGHT = `
--bg:#fff;--raised:#f4f7f6;--text:#14201d;--soft:#55625e;--line:#dbe3e0;--edge:#75847e;
--brand:#0b5d51;--brand-hover:#084a40;--on-brand:#fff;--focus:#0b5d51;
--good:#0b5d51;--good-bg:#e8f4f1;--warn:#714500;--warn-bg:#fff4df;--bad:#9d1f1c;--bad-bg:#fdeeed;`;
const DARK = `
--bg:#151b19;--raised:#1f2725;--text:#e9efec;--soft:#a9b6b1;--line:#35423d;--edge:#7b8a84;
--brand:#6fd6c1;--brand-hover:#8fe3d2;--on-brand:#06231e;--focus:#6fd6c1;
--good:#84dfcd;--good-bg:#12302a;--warn:#f4c66f;--warn-bg:#352811;--bad:#ff9f98;--bad-bg:#3b1a18;`;

/** `scope` is where the variables are set: `:host` in the store's page, `:root` on our own pages. */
export function themeCss(scope: string): string {
  return `${scope}{${LIGHT}}@media (prefers-color-scheme:dark){${scope}{${DARK}}}`;
}

/** Controls and blocks that look the same everywhere. */
export const CONTROLS = `
*,*::before,*::after{box-sizing:border-box}
h1,h2,h3,p,dl,dd,ol,ul,figure,fieldset{margin:0;padding:0;border:0}
ol,ul{list-style:none}
[hidden]{display:none!important}
.title{font-size:19px;line-height:1.3;font-weight:650;letter-spacing:-.01em;text-wrap:balance}
.soft{color:var(--soft)}.small{font-size:13px;line-height:1.45}.num{font-variant-numeric:tabular-nums}
.break{overflow-wrap:anywhere}
button,input,select{font:inherit;color:inherit;letter-spacing:inherit}
.btn{display:inline-flex;align-items:center;justify-content:center;gap:8px;min-height:44px;padding:9px 18px;border:1px solid var(--edge);
border-radius:10px;background:var(--bg);color:var(--text);font-weight:600;text-align:center;text-decoration:none;cursor:pointer}
.btn:hover{background:var(--raised)}
.btn.main{border-color:transparent;background:var(--brand);color:var(--on-brand)}
.btn.main:hover{background:var(--brand-hover)}
.btn.wide{width:100%}
.btn[disabled]{opacity:.55;cursor:default}.btn[aria-busy]{cursor:progress;opacity:.8}
.link{min-height:32px;padding:4px 6px;margin:-4px -6px;border:0;border-radius:6px;background:none;color:var(--soft);font-size:13px;line-height:1.4;text-decoration:underline;
text-decoration-color:var(--edge);text-underline-offset:3px;cursor:pointer;text-align:left}
.link:hover{color:var(--text)}
:focus-visible{outline:2px solid var(--focus);outline-offset:2px}
.note{display:flex;gap:10px;align-items:flex-start;padding:11px 13px;border-radius:10px;background:var(--raised);font-size:14px;line-height:1.45}
.icon{flex:none}
.note strong{display:block;font-weight:650}.note strong:only-child{font-weight:500}
.note.good{background:var(--good-bg);color:var(--good)}.note.warn{background:var(--warn-bg);color:var(--warn)}.note.bad{background:var(--bad-bg);color:var(--bad)}
.note.good .rest,.note.warn .rest,.note.bad .rest{color:var(--text)}
label,.label{display:block;font-size:14px;font-weight:600}
.hint{display:block;font-size:13px;line-height:1.4;color:var(--soft);font-weight:400}
.input{display:block;width:100%;min-height:44px;margin-top:6px;padding:9px 12px;border:1px solid var(--edge);border-radius:10px;background:var(--bg);color:var(--text)}
.input[aria-invalid=true]{border-color:var(--bad)}
.stack{display:flex;flex-direction:column;gap:14px}.stack.tight{gap:8px}.stack>div:empty{display:none}
.error{color:var(--bad);font-size:14px}
.rows{display:grid;grid-template-columns:auto 1fr;gap:5px 14px;font-size:14px;line-height:1.45}
.rows dt{color:var(--soft)}.rows dd{text-align:right;font-variant-numeric:tabular-nums;overflow-wrap:break-word}
.rows .sum{font-weight:650;color:var(--text)}
@media (forced-colors:active){.btn,.note{border:1px solid ButtonText}.btn.main{border:3px solid ButtonText}.note{border-color:CanvasText}}
@media (prefers-reduced-motion:reduce){*,*::before,*::after{animation:none!important;transition:none!important}}
`;
