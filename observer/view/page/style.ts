import { colours, plotStyle } from "../plots/style.ts";

/** How a page looks: a document to be read, on a screen of any width, light or dark, and on paper. */
export const pageStyle = `${colours}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0;background:var(--paper);color:var(--ink);font:17px/1.55 Charter,"Bitstream Charter","Sitka Text",Cambria,Georgia,serif}
main,header,footer{max-width:68rem;margin:0 auto;padding:0 1.5rem}
header{padding-top:1.7rem}
h1{font-size:1.6rem;line-height:1.22;font-weight:600;letter-spacing:-.01em;margin:.2rem 0 .4rem;max-width:60rem;text-wrap:balance}
h2{font-size:1.22rem;line-height:1.3;font-weight:600;margin:3.2rem 0 .6rem;padding-top:.9rem;border-top:1px solid var(--rule)}
h3{font-size:1rem;font-weight:600;margin:1.7rem 0 .35rem}
p,ul,ol{margin:.5rem 0;max-width:44rem}
dl.answers{display:grid;grid-template-columns:12rem minmax(0,1fr);gap:.7rem 1.6rem}
dl.answers dt{font-family:inherit;font-size:1.02rem;line-height:1.5;font-weight:600;color:var(--ink);border-top:1px solid var(--rule);padding-top:.6rem}
dl.answers dd{font-size:1rem;line-height:1.5;border-top:1px solid var(--rule);padding-top:.6rem}
dl.answers ul{margin:0;padding-left:1.1rem;max-width:none}
ul,ol{padding-left:1.25rem}
li{margin:.2rem 0}
a{color:var(--link);text-underline-offset:.15em}
.meta,.note,.legend,th,.plain td,.readout,nav,summary,dt,dd .of,footer{font-family:system-ui,"Segoe UI",Roboto,sans-serif;font-size:.8rem;line-height:1.45}
.meta,.note,figcaption,footer,dd .of{color:var(--soft)}
.verdict{font-family:system-ui,"Segoe UI",Roboto,sans-serif;font-size:.8rem;font-weight:700;letter-spacing:.04em;text-transform:uppercase;border:1.5px solid currentColor;border-radius:3px;padding:.1rem .5rem;margin-right:.6rem;white-space:nowrap}
.is-held{color:var(--good)}.is-deviated,.is-not_recovered{color:var(--bad)}.is-unknown,.is-interrupted{color:var(--fault)}.is-failed{color:var(--silent)}
.lead{font-size:1.12rem;line-height:1.45;max-width:54rem;margin:.2rem 0 .8rem}
dl.figures{display:grid;grid-template-columns:repeat(4,minmax(0,1fr));gap:.4rem 1.8rem;margin:.8rem 0 .7rem}
dl.figures div{border-top:2px solid var(--ink);padding-top:.4rem}
dt{color:var(--soft)}
dd{margin:0;font-size:1.5rem;line-height:1.25;font-variant-numeric:tabular-nums}
dd .of{display:block;margin-top:.15rem}
data{font-variant-numeric:tabular-nums;white-space:nowrap}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;padding:0;margin:1.4rem 0 0;max-width:none}
figure{margin:.8rem 0 1rem}
.plot{position:relative;outline-offset:4px}
.plot:focus-visible,a:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:2px solid var(--link);outline-offset:3px}
.readout{display:block;min-height:1.5em;margin-top:.25rem;font-variant-numeric:tabular-nums}
.readout:empty{display:none}
.legend{list-style:none;padding:0;margin:.5rem 0;max-width:none;display:grid;grid-template-columns:repeat(auto-fill,minmax(19rem,1fr));gap:.15rem 1.6rem}
.legend b{display:inline-block;min-width:1.35em}
.legend.keys{display:flex;flex-wrap:wrap;gap:.15rem 1.2rem}
.keys li{display:flex;align-items:center}
.key{margin-right:.4em}
.reasons{max-width:58rem}
details{margin:.5rem 0}
summary{cursor:pointer;color:var(--link);width:fit-content}
.scroll{overflow-x:auto;max-width:100%;background:linear-gradient(to right,var(--paper) 40%,transparent) left/2.4rem 100%,linear-gradient(to left,var(--paper) 40%,transparent) right/2.4rem 100%,linear-gradient(to right,var(--rule),transparent) left/.7rem 100%,linear-gradient(to left,var(--rule),transparent) right/.7rem 100%;background-repeat:no-repeat;background-attachment:local,local,scroll,scroll}
.twin .scroll{max-height:22rem;overflow:auto}
table{border-collapse:collapse;margin:.5rem 0;font-family:system-ui,"Segoe UI",Roboto,sans-serif;font-size:.82rem;line-height:1.4;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:.28rem 1.1rem .28rem 0;border-bottom:1px solid var(--rule);overflow-wrap:break-word;min-width:3.2rem;max-width:32rem}
th{font-weight:600;color:var(--soft)}
td.number,th.number{text-align:right;white-space:nowrap}
td code,p code,li code{font-size:.92em}
code,kbd{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.85em;overflow-wrap:anywhere}
pre{overflow-x:auto;background:var(--faint);padding:.7rem .9rem;border-radius:3px}
.wide-plot{min-width:40rem}
.sides{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:1.6rem}
.sides .plots .wide{display:none}
.defs{position:absolute;width:0;height:0}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:.5rem;background:var(--paper)}
footer{padding-bottom:3rem;margin-top:3rem}
@media (max-width:46rem){body{font-size:16px}main,header,footer{padding-left:1.05rem;padding-right:1.05rem}header{padding-top:1.3rem}h1{font-size:1.4rem}.lead{font-size:1.07rem}dl.figures{grid-template-columns:repeat(2,minmax(0,1fr));gap:.7rem 1.1rem}dd{font-size:1.25rem}.wide-plot{min-width:40rem}
.sides{grid-template-columns:minmax(0,1fr)}dl.answers{grid-template-columns:minmax(0,1fr);gap:0}dl.answers dd{border-top:0;padding-top:.2rem;margin-bottom:.8rem}.legend{grid-template-columns:minmax(0,1fr)}}
@media print{@page{margin:16mm 15mm}:root{color-scheme:light}body{font-size:10.5pt;background:#fff}main,header,footer{max-width:none;padding:0}h2{break-after:avoid;margin-top:1.6rem}figure,tr,dl.figures{break-inside:avoid}nav,.twin,.readout,.skip{display:none}a{color:inherit;text-decoration:none}.scroll{overflow:visible;background:none}.wide-plot{min-width:0}table,th{font-size:7.5pt}th{overflow-wrap:normal}td{overflow-wrap:anywhere}th,td{min-width:0;padding-right:.5rem}td.number,data{white-space:normal}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
${plotStyle}`;
