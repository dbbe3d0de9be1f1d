import { expect, test } from "vitest";
import { checkListenHost } from "./own-network.ts";

test("checkListenHost: a loopback address is where the lab's parts listen; every address only in a container with a network of its own", () => {
  const forbidden = expect.objectContaining({ exit: "failed", code: "target_forbidden" }) as Error;
  for (const host of ["127.0.0.1", "::1"]) expect(() => checkListenHost(host, {})).not.toThrow();
  for (const host of ["0.0.0.0", "::", "192.0.2.1"]) expect(() => checkListenHost(host, {}), host).toThrow(forbidden);
  expect(() => checkListenHost("0.0.0.0", { BLASTLAB_OWN_NETWORK: "1" })).not.toThrow();
  for (const host of ["::", "192.0.2.1"]) expect(() => checkListenHost(host, { BLASTLAB_OWN_NETWORK: "1" }), host).toThrow(forbidden);
});
