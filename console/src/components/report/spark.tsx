import { showNumber } from "../../format";
import { speak } from "../../words";
import { utilisation } from "../../words/utilisation";

const w = speak(utilisation);

const [WIDTH, HEIGHT, GAP] = [120, 32, 3];

interface Props {
  /** Oldest first; null where nothing is known. */
  values: readonly (number | null)[];
  /** What they are compared with: a line across. */
  level: number;
}

/** Weeks as small columns, against the median of the station's kind. */
export function Spark({ values, level }: Props) {
  const top = Math.max(level, ...values.map((value) => value ?? 0), 1e-9);
  const step = WIDTH / values.length;
  const y = (value: number): number => HEIGHT - (value / top) * (HEIGHT - 2);
  const list = values.map((value) => (value === null ? w("week_unknown") : showNumber(value, 1))).join(", ");
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
      role="img"
      aria-label={w("weeks_of", { list })}
    >
      <title>{w("weeks_of", { list })}</title>
      {values.map((value, week) =>
        value === null ? (
          <text key={week} x={(week + 0.5) * step} y={HEIGHT - 2}>
            ?
          </text>
        ) : (
          <rect key={week} x={week * step} y={y(value)} width={step - GAP} height={HEIGHT - y(value)} />
        ),
      )}
      <line x1={0} x2={WIDTH} y1={y(level)} y2={y(level)} />
    </svg>
  );
}
