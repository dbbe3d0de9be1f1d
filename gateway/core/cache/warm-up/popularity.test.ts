import { expect, test } from "vitest";
import { Popularity } from "./popularity.ts";

const described = (id: string, team = "support") => () => ({ id, team, feature: "chat", path: "/v1/chat/completions", body: `{"id":"${id}"}` });

/** Asked so often, at `atMs`, with this price. */
function ask(popularity: Popularity, id: string, { times, nanoUsd, atMs = 0, team = "support" }: { times: number; nanoUsd: number; atMs?: number; team?: string }): void {
  for (let time = 0; time < times; time++) popularity.asked(`key ${id}`, atMs, described(id, team));
  popularity.priced(`key ${id}`, nanoUsd);
}

const ids = (popularity: Popularity, nowMs: number) => popularity.ranked(nowMs).map(({ id }) => id);

test("Popularity: the order is popularity times price, and what was asked once is not in it", () => {
  const popularity = new Popularity();
  ask(popularity, "often", { times: 10, nanoUsd: 100 });
  ask(popularity, "dear", { times: 3, nanoUsd: 1_000 });
  ask(popularity, "once", { times: 1, nanoUsd: 1_000_000 });
  ask(popularity, "unpriced", { times: 90, nanoUsd: 0 });
  expect(ids(popularity, 0)).toEqual(["dear", "often", "unpriced"]);
});

test("Popularity: a count halves each ten minutes, so that what was popular once is forgotten", () => {
  const popularity = new Popularity();
  ask(popularity, "old", { times: 8, nanoUsd: 100 });
  ask(popularity, "new", { times: 3, nanoUsd: 100, atMs: 1_200_000 });
  expect(ids(popularity, 1_200_000)).toEqual(["new", "old"]);
  expect(ids(popularity, 1_900_000)).toEqual(["new"]);
});

test("Popularity: lists are by team, outlive their process, and count on in the next one", () => {
  const before = new Popularity();
  ask(before, "a", { times: 3, nanoUsd: 5 });
  ask(before, "b", { times: 2, nanoUsd: 5, team: "search" });
  const lists = before.changedLists(0);
  expect(lists.map(({ team }) => team)).toEqual(["support", "search"]);
  expect(lists[0]!.text).not.toContain('"b"');
  expect(before.changedLists(0)).toEqual([]);
  const after = new Popularity();
  after.load(lists.map(({ text }) => text));
  ask(after, "b", { times: 2, nanoUsd: 5, team: "search" });
  expect(after.ranked(0)).toMatchObject([{ id: "b", count: 4 }, { id: "a", count: 3, nanoUsd: 5 }]);
});

test("Popularity: of a team the best 300 are kept, and a long request never", () => {
  const popularity = new Popularity();
  for (let number = 0; number < 400; number++) ask(popularity, `r${number}`, { times: 2, nanoUsd: number + 1 });
  for (let time = 0; time < 2; time++) popularity.asked("long", 0, () => ({ ...described("long")(), body: "x".repeat(10_000) }));
  popularity.changedLists(0);
  const kept = ids(popularity, 0);
  expect([kept.length, kept[0], kept.at(-1)]).toEqual([300, "r399", "r100"]);
});

test.each(["", "{", "null", '{"schema":2,"requests":[]}', '{"schema":1,"requests":[null,{"id":1}]}'])("Popularity: a list of another form is no list: %s", (text) => {
  const popularity = new Popularity();
  popularity.load([text]);
  expect(popularity.ranked(0)).toEqual([]);
});
