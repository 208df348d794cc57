// All pages, in the order in which they link to each other.

import * as fleet from "./pages/fleet";
import * as station from "./pages/station";
import * as swap from "./pages/swap";
import * as utilisation from "./pages/utilisation";
import * as safety from "./pages/safety";
import * as links from "./pages/links";
import * as hub from "./pages/hub";
import { Sheet, type PageInfo } from "./kit/sheet";
import { EDITIONS } from "./kit/speech";

interface Page {
  info: PageInfo;
  build(sheet: Sheet): void;
}

const PAGES: readonly Page[] = [fleet, station, swap, utilisation, safety, links, hub];

/** Each dashboard's JSON, and where it belongs below this folder. */
export function dashboards(): { path: string; text: string }[] {
  const infos = PAGES.map((page) => page.info);
  return EDITIONS.flatMap((edition) =>
    PAGES.map((page) => {
      const sheet = new Sheet(page.info, edition, infos);
      page.build(sheet);
      return { path: `${edition.folder}/${page.info.name}.json`, text: `${JSON.stringify(sheet.build(), null, 2)}\n` };
    }),
  );
}
