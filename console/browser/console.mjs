// The console as a person uses it: by what stands on the page.

/**
 * @typedef {import("playwright-core").Page} Page
 */

/** Every page of the console, by its address behind the `#`. */
export const PAGES = {
  fleet: "/",
  stations: "/stations",
  station: "/stations/jb-001",
  alerts: "/alerts",
  resolved: "/alerts?state=resolved",
  utilisation: "/utilisation",
  silences: "/silences",
  ledger: "/ledger",
  quarantine: "/quarantine",
  audit: "/audit",
  settings: "/settings",
  tokens: "/settings?part=tokens",
  channels: "/settings?part=channels",
  appearance: "/settings?part=appearance",
  login: "/login",
  screen: "/screen",
};

/**
 * Fills in the login that is shown, and returns once the hub has let the person in.
 * @param {Page} page
 * @param {string} token
 */
export async function signIn(page, token) {
  await page.getByLabel(/^(访问令牌|Access token)$/).fill(token);
  await page.getByRole("button", { name: /^(登录|Sign in)$/ }).click();
  await page.locator("header.bar").waitFor();
}

/**
 * The number that stands in the fleet's counts under this label.
 * @param {Page} page
 * @param {string} label
 */
export function counted(page, label) {
  return page.locator(".counts .count", { has: page.getByText(label, { exact: true }) }).locator("strong");
}

/**
 * A dialog that is open.
 * @param {Page} page
 */
export function dialog(page) {
  return page.locator("dialog[open]");
}

/**
 * Returns once what the page asks for has come: nothing says that it loads.
 * @param {Page} page
 */
export async function settled(page) {
  await page.locator("#app > *").first().waitFor();
  await page.waitForFunction(() => {
    const said = document.body.innerText;
    return !said.includes("正在加载…") && !said.includes("Loading…");
  });
}
