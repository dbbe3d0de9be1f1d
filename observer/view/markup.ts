/**
 * HTML and SVG as text that cannot be mixed up with other text: whatever a template takes in is escaped, unless it is
 * markup itself. Records hold prompts' answers, error bodies and names from outside, so that no page may be put
 * together from plain strings.
 */
export class Markup {
  readonly text: string;

  private constructor(text: string) {
    this.text = text;
  }

  /** Only for text that the lab itself has written, such as a style sheet. */
  static trusted(text: string): Markup {
    return new Markup(text);
  }
}

export type Part = string | number | Markup | null | readonly Part[];

/** A template of markup: strings and numbers in it are escaped, lists are joined, null is left out. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return Markup.trusted(strings.map((text, index) => (index === 0 ? text : partText(parts[index - 1]!) + text)).join(""));
}

function partText(part: Part): string {
  if (part === null) return "";
  if (typeof part === "string" || typeof part === "number") return escapeText(String(part));
  return part instanceof Markup ? part.text : part.map(partText).join("");
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/**
 * Fit for an element's content and for a quoted attribute. Control characters, which no page may hold, become spaces.
 */
export function escapeText(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, " ").replaceAll(/[&<>"']/g, (character) => entities[character]!);
}
