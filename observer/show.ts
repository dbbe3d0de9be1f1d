import { LabError } from "../kernel/errors.ts";
import { judgedView, type VerdictOptions } from "./write-verdict.ts";
import { diffPage } from "./view/page/diff-page.ts";
import { runPage } from "./view/page/run-page.ts";
import { timelineSvg } from "./view/page/timeline.ts";
import { markdownOf } from "./view/markdown.ts";
import type { RunView } from "./view/run-view.ts";

export const formats = ["html", "markdown", "svg"] as const;

export type ShownAs = (typeof formats)[number];

/** A run judged again and shown, without a word written into its directory. Throws LabError `refused`. */
export function shownRun(directory: string, format: ShownAs, options: VerdictOptions): string {
  const view = judgedView(directory, options).view;
  return showing[format](view, directory);
}

const showing: Readonly<Record<ShownAs, (view: RunView, directory: string) => string>> = {
  html: runPage,
  markdown: markdownOf,
  svg: (view, directory) => {
    if (view.series === null) throw new LabError({ exit: "refused", code: "no_records", message: `Cannot draw run "${directory}": its records cannot be read by its plan`, hint: "Read the report, which names the reason: --markdown -" });
    return timelineSvg({ title: view.title, series: view.series, marks: view.marks });
  },
};

/** Two runs on one page, on the same axes. Throws LabError `refused`. */
export function shownDiff(a: readonly [directory: string, options: VerdictOptions], b: typeof a): string {
  return diffPage([judgedView(...a).view, judgedView(...b).view]);
}
