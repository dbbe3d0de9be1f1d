/** As English texts begin them, in lower case. */
export const monthNames = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** From 1; null for a word that is no month. */
export function monthNumber(word: string): number | null {
  const index = monthNames.indexOf(word.slice(0, 3).toLowerCase());
  return index < 0 ? null : index + 1;
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " ", ndash: "–", mdash: "—" };

/** HTML or XML without its tags; entities as what they stand for; one space for any run of white space. */
export function plainText(html: string): string {
  return decoded(html.replaceAll(/<[^>]*>/g, " ")).replaceAll(/\s+/g, " ").replaceAll(/ ,/g, ",").trim();
}

export function decoded(text: string): string {
  return text.replaceAll(/&(#x[0-9a-f]+|#\d+|[a-z]+);/gi, (whole, name: string) => {
    if (!name.startsWith("#")) return entities[name.toLowerCase()] ?? whole;
    const code = name[1]?.toLowerCase() === "x" ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
