import { Markup, markup } from "../../observer/view/markup.ts";
import { pageText } from "../../observer/view/page/page.ts";
import type { LiveParts } from "./live-parts.ts";
import { liveScript } from "./live-script.ts";
import { liveStyle } from "./live-style.ts";

/** The page of a run that goes on. It has the parts of the moment, and its script replaces them as they come. */
export function livePage(parts: LiveParts): string {
  const part = (name: keyof LiveParts) => Markup.trusted(parts[name]);
  return pageText({
    title: "Blastlab: live",
    header: markup`<a class="skip" href="#by-hand">Skip to the controls</a>
<div class="top"><p class="meta" data-part="stage" role="status">${part("stage")}</p><button type="button" id="stop" class="stop">Stop: lift every fault</button></div>
<p id="lost" class="lost" role="alert" hidden></p>
<h1 data-part="title">${part("title")}</h1>
<div data-part="ended" role="status">${part("ended")}</div>
<p class="clock" data-part="clock">${part("clock")}</p>
<div data-part="troubles">${part("troubles")}</div>
<div data-part="figures">${part("figures")}</div>
<div data-part="timeline">${part("timeline")}</div>`,
    sections: [
      { id: "by-hand", title: "Break something", body: markup`<div data-part="byHand">${part("byHand")}</div>${faultForm(part("offered"))}` },
      { id: "bypass", title: "Break the glass", body: markup`<div data-part="windows">${part("windows")}</div>${glassForm(part("teams"))}` },
      { id: "notes", title: "Notes", body: markup`<div data-part="notes">${part("notes")}</div>${noteForm}` },
      { id: "who", title: "Who is hit", body: markup`<div data-part="cells">${part("cells")}</div>` },
    ],
    footer: markup`<p>A preview: a request is judged when its answer comes. The verdict judges all of them again when the run has ended.</p>`,
    live: { script: liveScript, style: liveStyle },
  });
}

const noteForm = markup`<form id="note-form"><label for="note">What you see, think or do now</label>
<div class="row"><input id="note" name="note" maxlength="2000" autocomplete="off" required disabled><button id="note-button" disabled>Add the note</button></div>
<p class="note">Notes carry the time of the run. They are part of its records, and the report shows them.</p></form>`;

const glassForm = (teams: Markup) => markup`<form id="glass-form"><div class="row">
<div><label for="team">Team</label><select id="team" data-part="teams" disabled>${teams}</select></div>
<div><label for="minutes">Minutes</label><input id="minutes" type="number" min="1" max="240" step="1" value="5" required disabled></div>
<div><label for="operator">Operator</label><input id="operator" maxlength="64" pattern="[A-Za-z0-9][\\w.\\-]*" autocomplete="off" required disabled></div></div>
<label for="reason">Reason, at least 10 characters</label>
<div class="row"><input id="reason" minlength="10" maxlength="500" autocomplete="off" required disabled><button id="glass" disabled>Lead the team past the gateways</button></div>
<p class="note">The team's clients go to its providers directly: nothing is scanned, limited, costed or cached. It ends at its time, when you lead the team back, and with the run. Both steps are recorded, and the report shows them. A team has one window a run, on a stack with a bypass, from the end of the steady state on.</p></form>`;

const faultForm = (offered: Markup) => markup`<form id="fault-form"><div class="row">
<div><label for="fault">Fault</label><select id="fault" data-part="offered" disabled>${offered}</select></div>
<div><label for="seconds">Seconds</label><input id="seconds" type="number" min="1" step="1" value="10" required disabled></div>
<button id="inject" disabled>Inject it now</button></div>
<p class="note">It is recorded as a fault by hand and judged like a planned one. It can be injected from the end of the steady state on, where no other fault acts at the same place.</p></form>`;
