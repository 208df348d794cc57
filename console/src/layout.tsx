// What stands around every page: where one can go, who one is, and whether what is shown is alive.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Link, useLocation } from "wouter-preact";
import { live } from "./state/fleet";
import { language, may, signOut, theme, who, type Theme } from "./state/session";
import { t } from "./words";

const PAGES = [
  ["/", "fleet"],
  ["/stations", "stations"],
  ["/alerts", "alerts"],
  ["/utilisation", "utilisation"],
  ["/silences", "silences"],
  ["/ledger", "ledger"],
  ["/quarantine", "quarantine"],
  ["/audit", "audit"],
  ["/settings", "settings"],
] as const;
/** Where a page's name is too long for the bar. */
const SHORT = { silences: "silences.short" } as const;
const NEXT_THEME: Record<Theme, Theme> = { auto: "dark", dark: "light", light: "auto" };

export function Layout({ children }: { children: ComponentChildren }) {
  const [location] = useLocation();
  const isHere = (path: string) => location === path || (path !== "/" && location.startsWith(`${path}/`));
  const bar = useRef<HTMLElement>(null);
  const here = PAGES.find(([path]) => isHere(path))?.[1] ?? "product";
  const title = here === "product" ? t("product") : `${t(here)} · ${t("product")}`;
  useEffect(() => void (document.title = title), [title]);
  const before = useRef(location);
  useEffect(() => {
    // Another page: who cannot see it is taken to its beginning.
    if (before.current !== location) document.getElementById("content")?.focus();
    before.current = location;
  }, [location]);
  useEffect(() => {
    // Pages that fill the window need to know how many lines the bar has taken.
    const tell = (): void => root.style.setProperty("--bar", `${bar.current?.offsetHeight ?? 0}px`);
    const root = document.documentElement;
    const resized = new ResizeObserver(tell);
    resized.observe(bar.current!);
    return () => resized.disconnect();
  }, []);
  return (
    <>
      <a class="skip" href="#content" onClick={focusContent}>
        {t("skip")}
      </a>
      <header class="bar" ref={bar}>
        <Link href="/" class="brand">
          {t("product")}
        </Link>
        <nav aria-label={t("product")}>
          {PAGES.map(([path, name]) => (
            <Link key={path} href={path} {...(isHere(path) ? { "aria-current": "page" as const } : {})}>
              {t(name in SHORT ? SHORT[name as keyof typeof SHORT] : name)}
            </Link>
          ))}
          <Link href="/screen">{t("screen")}</Link>
        </nav>
        <div class="tools">
          <span
            class={live.value ? "live on" : "live"}
            role="status"
            title={t(live.value ? "live" : "not_live")}
          >
            {t(live.value ? "live" : "not_live")}
          </span>
          <button
            type="button"
            class="plain"
            onClick={() => (language.value = language.value === "zh" ? "en" : "zh")}
          >
            {t("language")}
          </button>
          <button
            type="button"
            class="plain"
            aria-label={`${t("theme")}: ${theme.value}`}
            onClick={() => (theme.value = NEXT_THEME[theme.value])}
          >
            {{ auto: "◐", dark: "☾", light: "☀" }[theme.value]}
          </button>
          {may("viewer") ? (
            <button type="button" class="plain" onClick={signOut}>
              <span class="me">{who.value?.name} ·</span>
              {t("sign_out")}
            </button>
          ) : (
            <Link href="/login">{t("sign_in")}</Link>
          )}
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

/** The address's hash is the page; so the link moves the focus by hand. */
function focusContent(event: Event): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}
