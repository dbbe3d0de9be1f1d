import { hashUnit } from "../../../kernel/hash.ts";
import type { Replica } from "./replica.ts";

/** Which replicas a request has been sent to. */
export interface Tried {
  readonly ids: ReadonlySet<string>;
  readonly regions: ReadonlySet<string>;
}

/**
 * The replica for a request; undefined: there is none. The same key goes to the same replica while that lives, and only
 * the keys of a replica that leaves move (weighted rendezvous hashing: Thaler and Ravishankar 1998, weights by
 * -ln(u)/w). After a failure another region comes first: what broke the first replica may break its neighbours.
 */
export function choose(replicas: readonly Replica[], key: string, tried: Tried, shareOf: (replica: Replica) => number): Replica | undefined {
  const draw = hashUnit(key, "ramp");
  const ranked = replicas
    .filter(({ id }) => !tried.ids.has(id))
    .map((replica) => ({ replica, class: classOf(replica, draw < shareOf(replica), tried), score: scoreOf(replica, key) }));
  return ranked.toSorted((a, b) => a.class - b.class || a.score - b.score)[0]?.replica;
}

/** Lower is better. Everything is a candidate in the end: a replica that may be dead is better than a refusal. */
function classOf(replica: Replica, isAccepted: boolean, tried: Tried): number {
  const isRetry = tried.ids.size > 0;
  const isOff = !replica.isIn;
  const isSpare = replica.baseWeight === 0 || replica.factor === 0;
  const isDoubtful = isRetry && replica.isSick;
  return 32 * Number(replica.isDown && isOff) + 16 * Number(isOff) + 8 * Number(isDoubtful) + 4 * Number(!isAccepted) + 2 * Number(isRetry && tried.regions.has(replica.region)) + Number(isSpare);
}

function scoreOf(replica: Replica, key: string): number {
  const weight = replica.factor * replica.baseWeight || 1;
  return -Math.log(1 - hashUnit(key, replica.id)) / weight;
}
