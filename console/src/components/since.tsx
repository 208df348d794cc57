import { showDuration, showTime } from "../format";
import { now } from "../state/now";

const MINUTE_MS = 60_000;

/** How long ago: to the second below a minute, else to the minute, which is how people say it. */
export function ago(ms: number, at = now.value): string {
  const long = Math.max(0, at - ms);
  const unit = long < MINUTE_MS ? 1_000 : MINUTE_MS;
  return showDuration(Math.floor(long / unit) * unit);
}

interface Props {
  at: number;
  /** Puts how long ago it is into words. */
  say(when: string): string;
}

/** How long ago, with the date behind it. */
export function Since({ at, say }: Props) {
  return (
    <time dateTime={new Date(at).toISOString()} title={showTime(at)}>
      {say(ago(at))}
    </time>
  );
}
