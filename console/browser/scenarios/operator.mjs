// An operator's shift: log in, see a station go, look at it, acknowledge, export, silence, open a door.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { person, until } from "../chromium.mjs";
import { counted, dialog, signIn } from "../console.mjs";
import { please } from "../stage.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** @type {import("../run.mjs").Scenario} */
export async function scenario(browser, complaints, { url, tokens }) {
  const context = await person(browser, complaints);
  const page = await context.newPage();
  // Without a token, and with a wrong one.
  complaints.expect(/status of 401/);
  await page.goto(`${url}/`);
  await refusedAtTheDoor(page);
  await signIn(page, tokens.operator);
  await seesAStationGo(page);
  await acknowledges(page);
  await exportsTheAlerts(page);
  await silences(page);
  await speaksEnglish(page);
  await seesItComeBack(page);
  await opensADoor(page);
  await context.close();
}

/** @param {Page} page */
async function refusedAtTheDoor(page) {
  await page.getByLabel("访问令牌").fill("wst_wrong");
  await page.getByRole("button", { name: "登录", exact: true }).click();
  await page.getByRole("alert").filter({ hasText: "令牌不正确或已被撤销" }).waitFor();
  assert.match(page.url(), /#\/login/);
}

/** @param {Page} page */
async function seesAStationGo(page) {
  await page.locator(".counts").waitFor();
  assert.match(page.url(), /#\/$/);
  await shows(counted(page, "在线"), "4");
  await page.locator(".live.on").waitFor();
  const before = await drawnMap(page);
  // Lost if the page were loaded anew.
  await page.evaluate(() => Object.assign(window, { sameAsBefore: true }));
  await please("disconnect", "jb-003");
  await shows(counted(page, "离线"), "1");
  await shows(counted(page, "在线"), "3");
  await until("the map is drawn anew", async () => (await drawnMap(page)) !== before);
  assert.equal(await page.evaluate(() => "sameAsBefore" in window), true, "the page was loaded anew");
  await page.locator(".panel").filter({ hasText: "失联" }).getByRole("link", { name: "三号驿站" }).click();
  await page.getByRole("heading", { level: 1, name: "三号驿站" }).waitFor();
  await page.locator(".station-head").getByText("离线").waitFor();
  // Held back for a moment, to see which other stations go with it.
  await page.locator("main .entry").filter({ hasText: "三号驿站" }).first().waitFor();
}

/** @param {Page} page */
async function acknowledges(page) {
  await page.getByRole("link", { name: "本站全部告警" }).click();
  const card = page.locator("article.alert").filter({ hasText: "三号驿站" });
  await card.getByRole("button", { name: "确认" }).click();
  await dialog(page).getByLabel("备注（可不填）").fill("已派人 <b>去看</b>");
  await dialog(page).getByRole("button", { name: "确认" }).click();
  await card.getByText(/operator 于 .+ 确认/).waitFor();
  // As text: what people write is never markup.
  await card.locator("q", { hasText: "已派人 <b>去看</b>" }).waitFor();
  assert.equal(await card.getByRole("button", { name: "确认" }).count(), 0);
}

/** @param {Page} page */
async function exportsTheAlerts(page) {
  const coming = page.waitForEvent("download");
  await page.getByRole("button", { name: "导出 CSV" }).click();
  const download = await coming;
  assert.equal(download.suggestedFilename(), "alerts-firing.csv");
  const text = await readFile(await download.path(), "utf8");
  assert.equal(text.charCodeAt(0), 0xfeff, "without its mark Excel takes it for another encoding");
  const [head = "", ...rows] = text.slice(1).trimEnd().split("\r\n");
  assert.ok(head.split(",").includes("rule"), head);
  assert.ok(head.split(",").includes("station"), head);
  assert.equal(rows.length, 1, text);
  assert.match(rows[0] ?? "", /offline/);
  assert.match(rows[0] ?? "", /jb-003/);
}

/** @param {Page} page */
async function silences(page) {
  const card = page.locator("article.alert").filter({ hasText: "三号驿站" });
  await card.getByRole("button", { name: "静默" }).click();
  await dialog(page).getByText("现在符合的未恢复告警：1 条").waitFor();
  await dialog(page).getByLabel("原因").fill("换网关");
  await dialog(page).locator("button[type=submit]").click();
  await card.getByText("已静默").waitFor();
  await page.getByRole("navigation").getByRole("link", { name: "静默与维护" }).click();
  await page.getByRole("row").filter({ hasText: "换网关" }).getByText("生效中").waitFor();
}

/** @param {Page} page */
async function speaksEnglish(page) {
  assert.equal(await page.locator("html").getAttribute("lang"), "zh-CN");
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("heading", { level: 1, name: "Silences and maintenance" }).waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  await page.getByRole("row").filter({ hasText: "换网关" }).getByText("Active").waitFor();
}

/** @param {Page} page */
async function seesItComeBack(page) {
  await page.getByRole("navigation").getByRole("link", { name: "Fleet" }).click();
  await shows(counted(page, "Offline"), "1");
  await please("connect", "jb-003");
  await shows(counted(page, "Online"), "4");
  await page.getByRole("navigation").getByRole("link", { name: "Alerts" }).click();
  await page.getByText("Nothing is wrong now").waitFor();
  await page.getByRole("link", { name: "Resolved" }).click();
  await page.locator("article.alert").filter({ hasText: "Station Three" }).waitFor();
}

/** @param {Page} page */
async function opensADoor(page) {
  await page.getByRole("navigation").getByRole("link", { name: "Stations" }).click();
  await page.getByLabel("Search id, name, district").fill("three");
  await page.getByText("1 of 4 stations").waitFor();
  await page.getByRole("link", { name: "Station Three" }).click();
  await page.getByRole("button", { name: "Unlock · front" }).click();
  await dialog(page).getByText("Unlock the door “front” of “Station Three”?").waitFor();
  await dialog(page).getByRole("button", { name: "Cancel" }).click();
  await dialog(page).waitFor({ state: "detached" });
  // The focus is where it was: a keyboard goes on from there.
  await page.locator(":focus").getByText("Unlock · front").waitFor();
  await page.getByRole("button", { name: "Unlock · front" }).click();
  await dialog(page).getByRole("button", { name: "Unlock", exact: true }).click();
  await dialog(page).getByText("Delivered; waiting for the station…").waitFor();
  await please("unlock", "jb-003");
  await dialog(page).getByText("The door is unlocked").waitFor();
  await dialog(page).getByRole("button", { name: "Close" }).click();
  await page.getByRole("navigation").getByRole("link", { name: "Audit" }).click();
  await page.getByRole("row").filter({ hasText: "jb-003" }).filter({ hasText: "operator" }).first().waitFor();
}

/**
 * @param {import("playwright-core").Locator} locator
 * @param {string} text
 */
async function shows(locator, text) {
  await until(`${locator} shows ${text}`, async () => (await locator.textContent())?.trim() === text);
}

/** @param {Page} page */
function drawnMap(page) {
  return page
    .locator(".fleet-map canvas")
    .evaluate((canvas) => /** @type {HTMLCanvasElement} */ (canvas).toDataURL());
}
