import { describe, expect, it, vi } from "vitest";

vi.stubGlobal("location", { hash: "" });
vi.stubGlobal("addEventListener", () => undefined);
const { changed, parsePlace } = await import("./place");

describe("place", () => {
  function check(hash: string, path: string, query: string): void {
    const place = parsePlace(hash);
    expect([place.path, place.query.toString()], hash).toEqual([path, query]);
  }

  it("takes the query out of the hash", () => {
    check("", "/", "");
    check("#/alerts", "/alerts", "");
    check("#/alerts?state=firing&rule=offline", "/alerts", "state=firing&rule=offline");
    check("#stations/a?x=1?2", "/stations/a", "x=1%3F2");
  });

  it("leaves out what is empty", () => {
    const query = new URLSearchParams("state=firing&rule=offline");
    expect(changed(query, { rule: "", severity: "critical" }).toString()).toBe(
      "state=firing&severity=critical",
    );
    expect(query.toString()).toBe("state=firing&rule=offline");
  });
});
