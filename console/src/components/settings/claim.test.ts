import { expect, it, vi } from "vitest";

vi.mock("../../api/client", () => ({}));
const { claimCommand, hubAddress } = await import("./claim");

it.each([
  ["https://hub.example:8443/#/settings", "https://hub.example:8443"],
  ["https://192.0.2.7/", "https://192.0.2.7"],
  ["http://hub.example:8080/", null],
  ["https://localhost:8443/", null],
  ["https://127.0.0.1:8443/", null],
  ["https://[::1]:8443/", null],
  ["https://127.example/", "https://127.example"],
])("a page from %s sends gateways to %s", (page, hub) => expect(hubAddress(new URL(page))).toBe(hub));

it("says what to run on the gateway", () => {
  expect(claimCommand("7K3M-Q9TX", "https://hub.example")).toBe(
    "sudo waystation-agent claim 7K3M-Q9TX --hub https://hub.example",
  );
  expect(claimCommand("7K3M-Q9TX", null)).toBe("sudo waystation-agent claim 7K3M-Q9TX --hub https://HUB");
});
