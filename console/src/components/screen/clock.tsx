import { language } from "../../state/session";

const locale = (): string => (language.value === "zh" ? "zh-CN" : "en-GB");

export function timeOfDay(ms: number, seconds = true): string {
  return new Date(ms).toLocaleTimeString(locale(), {
    hour: "2-digit",
    minute: "2-digit",
    ...(seconds ? { second: "2-digit" } : {}),
    hourCycle: "h23",
  });
}

/** Time and date for the whole room. */
export function Clock({ now }: { now: number }) {
  const date = new Date(now).toLocaleDateString(locale(), {
    year: "numeric",
    month: "long",
    day: "numeric",
    weekday: "long",
  });
  return (
    <time class="wall-clock" dateTime={new Date(now).toISOString()}>
      <strong>{timeOfDay(now, false)}</strong> <span>{date}</span>
    </time>
  );
}
