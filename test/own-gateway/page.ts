/** A section of docs/own-gateway.md that a reader can type as it stands: files, and command lines that use them. */
export interface WorkedSection {
  readonly title: string;
  /** Contents by path, from Blastlab's folder. */
  readonly files: ReadonlyMap<string, string>;
  readonly commands: readonly string[];
}

/**
 * The sections whose title ends in ", worked". A file is a block after a paragraph that begins with its path in
 * back-quotes; `sh` blocks are typed, a line each.
 */
export function workedSections(page: string): readonly WorkedSection[] {
  const sections = page.split(/^## /m).slice(1);
  return sections.flatMap((text) => {
    const [, title] = /^(.+), worked\n/.exec(text) ?? [];
    return title === undefined ? [] : [sectionOf(title, text)];
  });
}

function sectionOf(title: string, text: string): WorkedSection {
  const files = new Map<string, string>();
  const commands: string[] = [];
  let named: string | undefined;
  for (const [, path, language, block] of text.matchAll(/^`(my\/[^`]+)`|^```(\w+)\n(.*?)^```$/gms)) {
    if (path !== undefined) named = path;
    else if (language === "sh") commands.push(...block!.split("\n").filter((line) => line !== ""));
    else if (named === undefined || files.has(named)) throw new Error(`${title}: a block of ${language} has no file name before it`);
    else files.set(named, block!);
  }
  return { title, files, commands };
}

/** Every file of the page by its path. */
export const filesOf = (page: string): ReadonlyMap<string, string> => new Map(workedSections(page).flatMap(({ files }) => [...files]));

/** The transcript's file, as the page links to it. */
export const transcriptLink = /results\/outside-gateways-\d{4}-\d\d-\d\d\.md/;

/** The command lines of a transcript, in their order. */
export const typedIn = (transcript: string): readonly string[] => transcript.split("\n").flatMap((line) => (line.startsWith("$ ") ? [line.slice(2)] : []));
