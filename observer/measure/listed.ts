const namedMax = 3;

/**
 * One sentence with the first few names, in an order that does not depend on the records'. Empty for none. `noun`: what
 * the names are of.
 */
export function listed(names: readonly string[], what: string, noun = "request"): readonly string[] {
  if (names.length === 0) return [];
  const first = [...names].sort().slice(0, namedMax).join(", ");
  return [`${names.length === 1 ? `1 ${noun}` : `${names.length} ${noun}s`} (${first}${names.length > namedMax ? ", …" : ""}): ${what}`];
}
