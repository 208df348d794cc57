import { expect, it, vi } from "vitest";

vi.mock("../../state/fleet", () => ({ hubZone: { value: null }, stations: { value: new Map() } }));
vi.mock("../../state/session", () => ({ language: { value: "en" } }));
vi.mock("../report/choices", () => ({ KINDS: [] }));
const { bodyOf, changesOf, valuesOf } = await import("./station-fields");

it("leaves out what was left empty", () =>
  expect(bodyOf({ id: "jb-1", name_zh: " 一号 ", latitude: "29.9", capacity: " " })).toEqual({
    id: "jb-1",
    name_zh: "一号",
    latitude: 29.9,
  }));

it("sends what differs, and null for what was emptied", () => {
  const before = valuesOf({ id: "jb-1", name_zh: "一号", district: "江北区", capacity: 20, latitude: null });
  expect(changesOf(before, { ...before })).toEqual({});
  expect(changesOf(before, { ...before, capacity: "24", district: " ", name_zh: "一号 " })).toEqual({
    capacity: 24,
    district: null,
  });
});
