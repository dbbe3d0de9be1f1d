/** What the live page has besides a report: its stop button, its clock, a form. */
export const liveStyle = `
.top{display:flex;flex-wrap:wrap;align-items:center;justify-content:space-between;gap:.6rem 1.5rem;margin-bottom:.4rem}
.top .meta{margin:0}
button,input,select{font:600 .9rem/1.3 system-ui,"Segoe UI",Roboto,sans-serif}
button{border:1.5px solid var(--ink);border-radius:4px;padding:.45rem .9rem;background:var(--paper);color:var(--ink);cursor:pointer}
button:disabled{opacity:1;border-color:var(--rule);background:var(--faint);color:var(--soft);cursor:default}
button:focus-visible,input:focus-visible,select:focus-visible{outline:2px solid var(--link);outline-offset:3px}
.stop{background:#b3261e;border-color:#b3261e;color:#fff;font-size:1.1rem;padding:.75rem 1.4rem}
.clock,.in-force{font-variant-numeric:tabular-nums;max-width:none}
.in-force{list-style:none;padding:0}
.in-force li{border-left:.35rem solid var(--fault);padding-left:.6rem}
.notes{list-style:none;padding:0}
.notes b{display:inline-block;min-width:3.2em;font-variant-numeric:tabular-nums}
form label{display:block;font:600 .8rem/1.45 system-ui,"Segoe UI",Roboto,sans-serif}
.row{display:flex;flex-wrap:wrap;align-items:end;gap:.5rem;margin:.3rem 0}
input,select{border:1.5px solid var(--soft);border-radius:4px;padding:.45rem .6rem;background:var(--paper);color:var(--ink);font-weight:400}
.row input{flex:1 1 16rem;min-width:0;max-width:44rem}
.row>div{min-width:0;max-width:100%}
.row select{max-width:100%}
.row #seconds,.row #minutes{flex:0 1 6rem;width:6rem}
.in-force button{padding:.15rem .6rem;margin-left:.5rem}
.lost{border:2px solid var(--bad);padding:.5rem .8rem;max-width:none}
.lost[hidden]{display:none}
@media print{.stop,form,button,.lost,#by-hand,#bypass{display:none}.in-force li{break-inside:avoid}}
`;
