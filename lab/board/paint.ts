import picocolors from "picocolors";
import type { VerdictKind } from "../../kernel/verdict.ts";

/** Colours, or none: every function gives its text back unchanged then. */
export type Paint = Pick<ReturnType<typeof picocolors.createColors>, "bold" | "dim" | "italic" | "red" | "green" | "yellow" | "cyan" | "inverse">;

/** Colour goes to terminals alone, and `NO_COLOR` (no-color.org), when not empty, switches it off. */
export function paintFor(stream: { readonly isTTY?: boolean }, env: Readonly<Record<string, string | undefined>> = process.env): Paint {
  return picocolors.createColors(stream.isTTY === true && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb");
}

/** Good, bad or neither, by colour. */
export function paintVerdict(paint: Paint, verdict: VerdictKind, text: string): string {
  if (verdict === "held") return paint.green(text);
  return verdict === "deviated" || verdict === "not_recovered" || verdict === "failed" ? paint.red(text) : paint.yellow(text);
}
