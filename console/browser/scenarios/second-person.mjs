// A door that two people have to open: one asks, and another confirms.

import assert from "node:assert/strict";
import { person } from "../chromium.mjs";
import { dialog, signIn } from "../console.mjs";
import { inaccessible, narrow } from "../flaws.mjs";
import { please } from "../stage.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** @type {import("../run.mjs").Scenario} */
export async function scenario(browser, complaints, { url, tokens }) {
  complaints.expect(/status of 401/);
  const asker = await atTheStation(await person(browser, complaints), url, tokens.operator);
  const second = await atTheStation(await person(browser, complaints), url, tokens.admin);
  await asker.getByRole("button", { name: "开门 · front" }).click();
  await dialog(asker).getByRole("button", { name: "开门", exact: true }).click();
  await dialog(asker)
    .getByText(/还没有发出：须由另一位操作员.+2 分钟 内有效/)
    .waitFor();
  await isToldToWait(asker);
  await confirms(second);
  await please("unlock", "jb-001");
  await second.getByText("远程开门 · front：门已打开").waitFor();
  // Nothing waits any more, on either page.
  await asker.getByRole("heading", { name: "等待第二人确认" }).waitFor({ state: "detached" });
  await asker.context().close();
  await second.context().close();
}

/**
 * @param {import("playwright-core").BrowserContext} context
 * @param {string} url
 * @param {string} token
 */
async function atTheStation(context, url, token) {
  const page = await context.newPage();
  await page.goto(`${url}/#/login`);
  await signIn(page, token);
  await page.goto(`${url}/#/stations/jb-001`);
  await page.getByRole("heading", { level: 1, name: "一号驿站" }).waitFor();
  return page;
}

/** @param {Page} page */
async function isToldToWait(page) {
  await dialog(page).getByRole("button", { name: "关闭" }).click();
  const card = page.getByRole("region", { name: "等待第二人确认" });
  await card.getByText("您自己请求的命令须由另一位操作员确认").waitFor();
  assert.equal(await card.getByRole("button").count(), 0);
}

/** @param {Page} page */
async function confirms(page) {
  const card = page.getByRole("region", { name: "等待第二人确认" });
  await card.getByText(/operator于 .+ 请求：远程开门 · front/).waitFor();
  await card.getByText(/还有 .+ 有效/).waitFor();
  assert.deepEqual([...(await inaccessible(page)), ...(await narrow(page))], []);
  await card.getByRole("button", { name: "确认发出 · 远程开门 · front" }).click();
  await dialog(page).getByRole("heading", { name: "确认发出由operator请求的命令？" }).waitFor();
  await dialog(page).getByRole("button", { name: "确认发出" }).click();
  await dialog(page).waitFor({ state: "detached" });
}
