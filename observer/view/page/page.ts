import { Markup, markup, type Part } from "../markup.ts";
import { plotPatterns } from "../plots/style.ts";
import { cursorScript } from "./script.ts";
import { pageStyle } from "./style.ts";

export interface Page {
  /** Of the browser's window; plain text. */
  readonly title: string;
  readonly header: Part;
  readonly sections: readonly Section[];
  readonly footer: Part;
  /**
   * Of a page that goes on talking to the server that it came from: its script and its style, in text that the lab
   * itself has written.
   */
  readonly live?: { readonly script: string; readonly style: string };
}

/** A part of a page, listed in its contents. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Part;
}

/** Nothing is loaded from anywhere, whatever a record has brought into the page. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** The same for a page that talks to its own server, and to no other. */
const livePolicy = `${policy}; connect-src 'self'`;

/** A whole page in one file that makes no request and can be read without its script. */
export function pageText({ title, header, sections, footer, live }: Page): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${live === undefined ? policy : livePolicy}">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${Markup.trusted(`${pageStyle}${live?.style ?? ""}`)}</style>
</head>
<body>
<svg class="defs" aria-hidden="true" focusable="false">${Markup.trusted(plotPatterns)}</svg>
<header>${header}</header>
<main>
${sections.map(({ id, title: heading, body }) => markup`<section id="${id}"><h2>${heading}</h2>
${body}
</section>
`)}</main>
<footer>${footer}</footer>
<script>${Markup.trusted(`${cursorScript}${live?.script ?? ""}`)}</script>
</body>
</html>
`.text;
}

/** Links to the sections of a page. */
export function contentsOf(sections: readonly Section[]): Markup {
  return markup`<nav aria-label="Contents"><ul>${sections.map(({ id, title }) => markup`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>`;
}
