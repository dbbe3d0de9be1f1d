import { z } from "zod";
import { prose, stringUses } from "./string-uses.ts";

/**
 * Families of the library, in the order of docs/library.md. A scenario of the library has one of them as its first tag.
 */
export const families = {
  providers: "Providers",
  gateway: "The gateway",
  changes: "Changes",
  recovery: "Recovery and neighbours",
  lab: "The lab itself",
} as const;

/** Who reports an outage: whoever reads the page weighs it by that. */
const sourceKinds = ["post-mortem", "status page", "measurement", "issue", "pull request", "press", "article"] as const;

const url = z.string().regex(/^https:\/\/\S+$/, "Give the URL of a report, from https:// on").register(stringUses, { use: "text" }).describe("Where it is");

const source = z.strictObject({
  is: z.enum(sourceKinds).describe("post-mortem: by whoever had the outage; status page: theirs, or a copy of it; measurement: by somebody who called the service; issue, pull request: of the software that failed; press, article: by others"),
  url,
});

const outage = z.strictObject({
  date: z.string().regex(/^20\d\d-\d\d(-\d\d)?$/, "Give the day of the outage as 2025-06-10, or its month as 2025-06").describe("Its day, or its month where no day is known"),
  title: prose.min(1).describe("What happened, as its sources have it: cause, figures, length"),
  source: z.union([url, z.array(source).min(1)]).describe("Where it is reported: a URL, or some with their kinds, the best first"),
  differs: prose.min(1).optional().describe("What the scenario does otherwise than the outage did, or that no public report of such an outage was found and this is the nearest"),
});

/** What a reader needs before a run: `blastlab scenarios NAME` shows it, and docs/library.md is made of it. */
export const pageSchema = z.strictObject({
  teaches: prose.min(1).describe("What whoever plays it learns"),
  outage: outage.optional().describe("The dated outage behind it; left out where nothing breaks"),
  ends: z.record(z.string(), prose.min(1)).describe("Why it ends so, by stack: the stacks of endsAs"),
  lookAt: prose.min(1).describe("Where in the report its point is seen"),
  next: prose.min(1).optional().describe("What to check or to change in one's own system afterwards; every scenario of the library that breaks something says it"),
});

interface Paged {
  readonly endsAs: Readonly<Record<string, string>>;
  readonly page?: z.infer<typeof pageSchema> | undefined;
}

interface IssueSink {
  addIssue(issue: { code: "custom"; path: (string | number)[]; message: string }): void;
}

/** `endsAs` and the reasons in `page.ends` name the same stacks. */
export function checkPage({ endsAs, page }: Paged, context: IssueSink): void {
  if (page === undefined) return;
  const report = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
  for (const stack of Object.keys(endsAs)) if (!Object.hasOwn(page.ends, stack)) report(["page", "ends"], `Give the reason why it ends as ${endsAs[stack]} on "${stack}"`);
  for (const stack of Object.keys(page.ends)) if (!Object.hasOwn(endsAs, stack)) report(["page", "ends", stack], `Give in endsAs how it ends on "${stack}"; there ${listed(Object.keys(endsAs))}`);
}

const listed = (names: readonly string[]) => (names.length === 0 ? "is none" : names.length === 1 ? `is ${names[0]}` : `are ${names.join(", ")}`);
