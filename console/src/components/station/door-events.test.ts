import { expect, it } from "vitest";
import { older, type DoorEvent } from "./door-events";

const HOUR = 3_600_000;

it("goes back until there are enough, and no further than readings are kept", async () => {
  const now = 100 * HOUR;
  const asked: [number, number][] = [];
  const ask = (from: number, to: number): Promise<DoorEvent[]> => {
    asked.push([(now - from) / HOUR, (now - to) / HOUR]);
    return Promise.resolve([{ ts: from, device: "front", event: "open" }]);
  };
  const first = await older(ask, now, 2, now);
  expect(asked).toEqual([
    [1, 0],
    [3, 1],
  ]);
  expect([first.events.length, first.before]).toEqual([2, now - 3 * HOUR]);
  asked.length = 0;
  const rest = await older(ask, first.before!, 100, now);
  expect(asked.at(-1)).toEqual([48, 34]);
  expect(rest.before).toBeNull();
});
