// How alerts reach people, whether they do, and a way to try.

import { useState } from "preact/hooks";
import { send, type Page } from "../../api/client";
import type { Channel } from "../../api/pending";
import { showTime } from "../../format";
import { may } from "../../state/session";
import { speak, t } from "../../words";
import { settings } from "../../words/settings";
import { useAsked, Waiting } from "../asked";

const w = speak(settings);
const PATH = "/api/v1/channels";

interface Trial {
  outcome: "delivered" | "busy" | "held" | "refused" | "failed";
  /** What the service answered, in its own words. */
  message: string;
  elapsed_ms: number;
}

export function ChannelList() {
  const asked = useAsked<Page<Channel>>(may("operator") ? PATH : null);
  if (!may("operator")) return <p class="hint">{w("need_operator")}</p>;
  const items = asked.answer?.items ?? [];
  return (
    <section aria-label={w("channels")}>
      <p class="hint">{w("channels_about")}</p>
      <div class="grid">
        {items.map((channel) => (
          <ChannelCard key={channel.name} channel={channel} tried={asked.again} />
        ))}
      </div>
      <Waiting {...asked} empty={items.length === 0} nothing={w("no_channels")} />
    </section>
  );
}

function ChannelCard({ channel, tried }: { channel: Channel; tried(): void }) {
  const { name, kind, address, min_severity, waiting, last_sent_at, last_failed_at, last_error } = channel;
  const isFailing = last_failed_at !== null && last_failed_at > (last_sent_at ?? 0);
  return (
    <article class="card channel" aria-label={name}>
      <h2>
        {name} {kind !== null && <span class="tag idle">{w(`kind.${kind}` as "kind.email")}</span>}
      </h2>
      <dl>
        <dt>{w("address")}</dt>
        <dd>
          <code>{address}</code>
        </dd>
        <dt>{w("min_severity")}</dt>
        <dd>{t(`severity.${min_severity}`)}</dd>
        <dt>{w("waiting")}</dt>
        <dd>{waiting}</dd>
        <dt>{w("last_sent")}</dt>
        <dd>{last_sent_at === null ? w("never") : showTime(last_sent_at)}</dd>
        <dt>{w("last_failed")}</dt>
        <dd class={isFailing ? "bad" : ""}>
          {last_failed_at === null ? w("never") : showTime(last_failed_at)}
          {last_error !== null && <div class="hint">{last_error}</div>}
        </dd>
      </dl>
      {may("admin") && <Try name={name} tried={tried} />}
    </article>
  );
}

function Try({ name, tried }: { name: string; tried(): void }) {
  const [busy, setBusy] = useState(false);
  const [tested, setTested] = useState<Trial | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const test = (): void => {
    setBusy(true);
    setError(null);
    setTested(null);
    send<Trial>("POST", `${PATH}/${encodeURIComponent(name)}/test`)
      .then(setTested)
      .catch(setError)
      .finally(() => {
        setBusy(false);
        tried();
      });
  };
  return (
    <>
      <button type="button" disabled={busy} aria-label={`${w("test")}: ${name}`} onClick={test}>
        {w(busy ? "testing" : "test")}
      </button>
      <p role="status">
        {tested !== null && (
          <>
            <strong class={tested.outcome === "delivered" ? "good" : "bad"}>
              {w("tested", { outcome: w(`outcome.${tested.outcome}`), ms: tested.elapsed_ms })}
            </strong>{" "}
            {tested.message}
          </>
        )}
      </p>
      {error !== null && <p role="alert">{t("failed", { why: error.message })}</p>}
    </>
  );
}
