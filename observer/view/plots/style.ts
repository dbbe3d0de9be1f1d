/** Colours by name, for light and for dark; plots and pages use no others. */
const light = `--paper:#fdfdfb;--ink:#1d2125;--soft:#585f69;--rule:#dcdcd6;--faint:#f1f1ec;--good:#2f7d6b;--bad:#b3392f;--silent:#6f459b;--latency:#2b5c9e;--fault:#9a6a0c;--link:#1f5a96;--offered:#585f69`;
const dark = `--paper:#16181b;--ink:#e4e3de;--soft:#a0a6ae;--rule:#363a40;--faint:#1f2226;--good:#5fb39f;--bad:#e5806f;--silent:#bb99df;--latency:#86b0e6;--fault:#d9a441;--link:#8ab8ea;--offered:#a0a6ae`;

export const colours = `:root{color-scheme:light dark;${light}}
@media screen and (prefers-color-scheme:dark){:root{${dark}}}`;

/** How plots look. Every colour has a pattern of its own; none of them suffers from being stretched sideways. */
export const plotStyle = `.plots{display:block;overflow:visible;font:11px/1.2 system-ui,sans-serif;font-variant-numeric:tabular-nums;fill:var(--ink)}
.plots .row-label,.plots .row-scale{paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}
.plots .row-scale,.plots .axis text{fill:var(--soft)}
.plots .axis line{stroke:var(--rule);stroke-width:1}
.plots .ground{stroke:var(--soft);stroke-width:1;opacity:.6}
.plots .top{stroke:var(--rule);stroke-width:1;stroke-dasharray:1 4}
.plots path{vector-effect:non-scaling-stroke}
.plots .line{fill:none;stroke-width:1.5}
.plots .area.tone-good{fill:var(--good);opacity:.55}
.plots .area.tone-bad{fill:url(#p-bad)}
.plots .area.tone-silent{fill:url(#p-silent)}
.plots .area.tone-attempts{fill:var(--latency);opacity:.4}
.plots .area.tone-counted{fill:var(--latency);opacity:.35}
.plots .area.tone-money{fill:var(--fault);opacity:.45}
.plots .line.tone-offered{stroke:var(--offered)}
.plots .line.tone-latency{stroke:var(--latency)}
.plots .line.tone-latency-high{stroke:var(--latency);stroke-dasharray:3 2;opacity:.8}
.plots .line.tone-counted{stroke:var(--latency)}
.plots .line.tone-bad{stroke:var(--bad);stroke-dasharray:4 2}
.plots .line.tone-good{stroke:var(--good)}
.plots .fault-band{fill:url(#p-fault);opacity:.28}
.plots .fault-bar{fill:var(--fault)}
.plots .fault-moment{stroke:var(--fault);stroke-width:1.5;stroke-dasharray:2 3}
.plots .sign{font-weight:600}
.plots .on-fault{fill:var(--paper)}
@media (max-width:46rem){.plots .wide{display:none}}
@media (max-width:68rem){.plots .wider{display:none}}
.plots .mark line{stroke:var(--ink);stroke-width:1.25}
.plots .mark-alarm line{stroke-dasharray:5 3}
.plots .mark-recovery line{stroke:var(--good);stroke-width:1.75}
.plots .mark-action line{stroke-dasharray:1 3}
.plots .mark-exit line{stroke:var(--bad)}
.plots .mark-note line{stroke:var(--soft);stroke-width:1}
.plots .heat-0{fill:var(--faint)}
.plots .heat-1{fill:url(#p-heat-1)}
.plots .heat-2{fill:url(#p-heat-2)}
.plots .heat-3{fill:url(#p-heat-3)}
.plots .heat-4{fill:url(#p-heat-4)}
.plots .heat-5{fill:var(--bad)}
.plots .interval{stroke:var(--ink);stroke-width:3;opacity:.55}
.plots .point{fill:var(--bad);stroke:var(--paper);stroke-width:1}
.plots .cursor{stroke:var(--ink);stroke-width:1}
.plots .node{fill:var(--paper);stroke:var(--soft)}
.plots .node-hit{stroke:var(--fault);stroke-width:2.5;stroke-dasharray:5 2}
.plots .way{fill:none;stroke:var(--soft);opacity:.55}
.plots .way-hit{stroke:var(--fault);stroke-width:2.5;stroke-dasharray:5 2;opacity:1}
`;

/** The patterns that the style names. Once in a page, or in a plot that stands alone. */
export const plotPatterns = `<defs>
<pattern id="p-bad" width="8" height="3" patternUnits="userSpaceOnUse"><rect width="8" height="3" fill="var(--bad)" opacity=".5"/><rect width="8" height="1.4" fill="var(--bad)"/></pattern>
<pattern id="p-silent" width="8" height="7" patternUnits="userSpaceOnUse"><rect width="8" height="7" fill="var(--silent)" opacity=".35"/><rect width="8" height="3.5" fill="var(--silent)"/></pattern>
<pattern id="p-fault" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="7" height="7" fill="var(--fault)" opacity=".3"/><rect width="1.6" height="7" fill="var(--fault)"/></pattern>
<pattern id="p-heat-1" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="var(--bad)" opacity=".12"/><circle cx="3" cy="3" r=".8" fill="var(--bad)"/></pattern>
<pattern id="p-heat-2" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="var(--bad)" opacity=".25"/><circle cx="3" cy="3" r="1.3" fill="var(--bad)"/></pattern>
<pattern id="p-heat-3" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="5" height="5" fill="var(--bad)" opacity=".4"/><rect width="1.3" height="5" fill="var(--bad)"/></pattern>
<pattern id="p-heat-4" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="5" height="5" fill="var(--bad)" opacity=".6"/><rect width="2.6" height="5" fill="var(--bad)"/></pattern>
</defs>`;
