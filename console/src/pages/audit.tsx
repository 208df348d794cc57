// Who did what.

import type { AuditEntry } from "../api/schema";
import { More, usePages, Waiting } from "../components/asked";
import { StationLink } from "../components/place-name";
import { Select } from "../components/select";
import { TextFilter } from "../components/text-filter";
import { showTime } from "../format";
import { stations } from "../state/fleet";
import { useChosen } from "../state/place";
import { who } from "../state/session";
import "../style/lists.css";
import "../style/tools.css";
import { speak, t } from "../words";
import { audit } from "../words/audit";

const w = speak(audit);

/** Beginnings of actions that belong together. */
const GROUPS = [
  "alert.",
  "silence.",
  "maintenance.",
  "command.",
  "station.",
  "configuration.",
  "token.",
  "notice.",
  "channel.",
] as const;
const ROLES = ["viewer", "operator", "admin", "cli", "hub", "station"] as const;

export function Audit() {
  const [chosen, choose] = useChosen();
  const value = (name: string): string => chosen.get(name) ?? "";
  const query = { who: value("who"), role: value("role"), action: value("action"), target: value("target") };
  // The hub refuses viewers; it is kinder to say so than to show its refusal.
  const isViewer = who.value?.role === "viewer" && who.value.name !== null;
  const pages = usePages<AuditEntry>(isViewer ? null : "/api/v1/audit", { ...query, limit: 100 });
  if (isViewer) {
    return (
      <>
        <h1>{t("audit")}</h1>
        <p class="hint">{w("need_operator")}</p>
      </>
    );
  }
  const any = ["", w("any")] as const;
  return (
    <>
      <h1>{t("audit")}</h1>
      <p class="hint">{w("about")}</p>
      <div class="filters no-print" role="search">
        <Select
          label={w("action")}
          value={query.action}
          choices={[any, ...GROUPS.map((each) => [each, w(`action.${each}`)] as const)]}
          choose={(action) => choose({ action })}
        />
        <Select
          label={w("role")}
          value={query.role}
          choices={[any, ...ROLES.map((each) => [each, w(`role.${each}`)] as const)]}
          choose={(role) => choose({ role })}
        />
        <TextFilter
          label={w("who")}
          value={query.who}
          placeholder={w("exact")}
          choose={(who) => choose({ who })}
        />
        <TextFilter
          label={w("target")}
          value={query.target}
          placeholder={w("exact")}
          choose={(target) => choose({ target })}
        />
      </div>
      {pages.items.length > 0 && <Entries items={pages.items} />}
      <Waiting {...pages} empty={pages.items.length === 0} nothing={w("none")} />
      <More more={pages.more} />
    </>
  );
}

function Entries({ items }: { items: AuditEntry[] }) {
  return (
    <div class="scroll card" tabIndex={0} role="group" aria-label={t("audit")}>
      <table class="cards">
        <thead>
          <tr>
            <th scope="col">{w("at")}</th>
            <th scope="col">{w("who")}</th>
            <th scope="col">{w("role")}</th>
            <th scope="col">{w("action")}</th>
            <th scope="col">{w("target")}</th>
            <th scope="col">{w("detail")}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((entry) => (
            <tr key={entry.id}>
              <td class="nowrap">{showTime(entry.at)}</td>
              <td>{entry.who}</td>
              <td data-label={w("role")}>{w(`role.${entry.role}` as "role.hub")}</td>
              <td title={entry.action}>{shownAction(entry.action)}</td>
              <td class="ranges" data-label={w("target")}>
                {stations.value.has(entry.target) ? <StationLink id={entry.target} /> : entry.target}
              </td>
              <td class="ranges">{entry.detail}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The action in words; one that this page does not know yet, as it is written. */
function shownAction(action: string): string {
  const [done, isFailed] = action.endsWith(".failed") ? [action.slice(0, -7), true] : [action, false];
  const key = `action.${done}`;
  const words = key in audit ? w(key as "action.alert.") : done;
  return isFailed ? w("failed", { action: words }) : words;
}
