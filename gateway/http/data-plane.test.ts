import { once } from "node:events";
import { chmodSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { dataPlane, gatewayConfig, packageOf, startControl, startProvider } from "../../test/support/data-planes.ts";

/** Kills at random moments of pushes: test/live/data-plane-kill.test.ts. */
test("gateway process: with the control plane dead it serves what it acknowledged, also after a restart", async () => {
  const control = await startControl();
  const config = gatewayConfig(await startProvider());
  const plane = dataPlane(control, config);
  const pushed = packageOf(1, config);
  control.state.current = pushed;
  /** A slow machine reports before it has the package. */
  const kept = once(control.moments, "p1 package_running").then(() => once(control.moments, "p1 reports"));
  const first = await plane.start();
  await kept;
  await expect.poll(() => [...control.acknowledgedBy("p1")]).toEqual([pushed.hash]);
  await expect.poll(async () => (await first.packages()).current).toBe(pushed.hash);
  control.close();
  const named = { status: 200, package: `1@${pushed.hash}` };
  expect(await first.ask()).toEqual(named);
  await first.kill();
  const second = await plane.start();
  expect(await second.packages()).toMatchObject({ current: pushed.hash, isConnected: false });
  expect(await second.ask()).toEqual(named);
  expect(await second.ask("nothing")).toEqual({ ...named, status: 404 });
  await second.kill();
});

test("gateway process: a package with a section of the process is refused with a reason in acknowledgement, state, log and metrics, and a folder that cannot be written stops nothing", async () => {
  const control = await startControl();
  const config = gatewayConfig(await startProvider());
  const plane = dataPlane(control, config);
  /** A file where the folder should be: also root cannot write there. */
  writeFileSync(plane.kept, "");
  chmodSync(plane.kept, 0o400);
  control.state.current = packageOf(1, config);
  const first = once(control.moments, "p1 acks");
  const process = await plane.start();
  await first;
  const good = packageOf(1, config).hash;
  await expect.poll(async () => (await process.packages()).current).toBe(good);
  const second = Promise.all([once(control.moments, "p1 acks"), once(control.moments, "p1 package_refused")]);
  control.state.current = packageOf(2, config, { listen: { port: 1 } });
  await second;
  const reason = "listen: belongs to the gateway's own file, not to a package";
  expect(control.acks.at(-1)).toMatchObject({ accepted: false, reason });
  const metrics = await (await fetch(`${process.url}/metrics`)).text();
  expect(metrics).toContain('blastlab_gateway_package_answers_total{answer="acknowledged"} 1\nblastlab_gateway_package_answers_total{answer="refused"} 1');
  expect(metrics).toContain(`blastlab_gateway_package_share{package="1@${good}",role="current"} 1`);
  expect(metrics).toContain("blastlab_gateway_package_disk_trouble 1");
  expect(await process.packages()).toMatchObject({ packages: [{ state: "current" }, { version: 2, state: "refused", reason }], current: good, diskTrouble: expect.stringContaining("cannot write") as unknown });
  await process.kill();
});
