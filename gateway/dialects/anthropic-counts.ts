import { addedMember, membersNamed, membersOf, type Patch, patched } from "../core/json-text.ts";

/**
 * A message, or an event of one, with numbers under the names of `counts` in its `usage`, which is in the object at
 * `path`. Where its server wrote none, they are those given: clients read them unasked, and break
 * (anthropics/claude-code issue 40260).
 */
export function withCounts(data: string, path: readonly string[], counts: Readonly<Record<string, number>>): string {
  let from = 0;
  for (const name of path) {
    const [member] = membersNamed(membersOf(data, from), name);
    if (member === undefined || data[member.value.start] !== "{") return data;
    from = member.value.start;
  }
  const members = membersOf(data, from);
  const [usage] = membersNamed(members, "usage");
  const all = JSON.stringify(counts);
  if (usage === undefined) return patched(data, [addedMember(data, members, `"usage":${all}`, from)]);
  if (data[usage.value.start] !== "{") return patched(data, [{ ...usage.value, text: all }]);
  return patched(data, countPatches(data, usage.value.start, counts));
}

function countPatches(data: string, from: number, counts: Readonly<Record<string, number>>): readonly Patch[] {
  const members = membersOf(data, from);
  const absent: string[] = [];
  const patches = Object.entries(counts).flatMap(([name, count]): readonly Patch[] => {
    const [member] = membersNamed(members, name);
    if (member === undefined) absent.push(`${JSON.stringify(name)}:${count}`);
    return member === undefined || /\d/.test(data[member.value.start]!) ? [] : [{ ...member.value, text: String(count) }];
  });
  return absent.length === 0 ? patches : [...patches, addedMember(data, members, absent.join(","), from)];
}
