import type { Plan } from "../../kernel/plan.ts";
import type { World } from "./run-view.ts";

/** Every party and link of the plan, with the titles of the faults that act on it. */
export function worldOf({ components, links, faults }: Plan): World {
  const titlesAt = (kind: "components" | "links", id: string) => faults.filter(({ target }) => target[kind].includes(id)).map(({ title }) => title);
  return {
    components: components.map((component) => ({ ...component, faults: titlesAt("components", component.id) })),
    links: links.map((link) => ({ ...link, faults: titlesAt("links", link.id) })),
  };
}
