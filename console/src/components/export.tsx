import { useState } from "preact/hooks";
import type { Query } from "../api/client";
import { t } from "../words";
import { downloadCsv } from "./csv";

interface Props {
  path: string;
  query: Query;
  file: string;
}

/** Saves a list as a file, with the filters of the page. */
export function Export({ path, query, file }: Props) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const download = () => {
    setBusy(true);
    setError(null);
    downloadCsv(path, query, file)
      .catch(setError)
      .finally(() => setBusy(false));
  };
  return (
    <>
      {error !== null && <span role="alert">{t("failed", { why: error.message })}</span>}
      <button type="button" disabled={busy} onClick={download}>
        {busy ? t("loading") : t("export_csv")}
      </button>
    </>
  );
}
