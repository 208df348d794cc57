// An admin sets from afar what a station reports, and gives it a new token; the gateway takes both, and it is noted.

import assert from "node:assert/strict";
import { person } from "../chromium.mjs";
import { dialog, signIn } from "../console.mjs";
import { please } from "../stage.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** @type {import("../run.mjs").Scenario} */
export async function scenario(browser, complaints, { url, tokens, pictures }) {
  complaints.expect(/status of 40[01]/);
  const context = await person(browser, complaints);
  const page = await context.newPage();
  await page.goto(`${url}/#/stations/jb-001`);
  await signIn(page, tokens.admin);
  await isRefused(page);
  await sets(page);
  await renewsTheToken(page);
  await page.screenshot({ path: `${pictures}/configuration.png`, fullPage: true });
  await page.getByRole("navigation").getByRole("link", { name: "审计" }).click();
  await page.getByRole("row").filter({ hasText: "下发远程配置" }).first().waitFor();
  await page.getByRole("row").filter({ hasText: "远程配置已生效" }).first().waitFor();
  await page.getByRole("row").filter({ hasText: "驿站已换用新令牌" }).first().waitFor();
  await context.close();
  await mayLook(await person(browser, complaints), url, tokens.viewer);
}

/** @param {Page} page */
function card(page) {
  return page.getByRole("region", { name: "远程配置" });
}

/** @param {Page} page */
async function isRefused(page) {
  await card(page).getByText("没有设置，网关按自己的配置上报").waitFor();
  await card(page).getByRole("button", { name: "更改远程配置" }).click();
  await dialog(page).getByLabel("环境（秒）").fill("0");
  await dialog(page).getByText("环境的死区").click();
  await dialog(page).getByLabel("CO₂（ppm）").fill("-1");
  await dialog(page).getByRole("button", { name: "保存并下发" }).click();
  // Each mistake stands at its own field, in the language of the page.
  for (const label of ["环境（秒）", "CO₂（ppm）"]) {
    const field = dialog(page).locator(".field", { has: page.getByLabel(label, { exact: true }) });
    assert.match((await field.getByRole("alert").textContent()) ?? "", /^须为.*\p{Script=Han}/u);
  }
}

/** @param {Page} page */
async function sets(page) {
  await dialog(page).getByLabel("环境（秒）").fill("30");
  await dialog(page).getByLabel("CO₂（ppm）").fill("12.5");
  await dialog(page).getByRole("button", { name: "保存并下发" }).click();
  await dialog(page).waitFor({ state: "detached" });
  await card(page).getByText("待网关接收").waitFor();
  await please("take-configuration", "jb-001");
  await card(page).getByText("已生效").waitFor();
  await card(page).getByText("12.5 ppm").waitFor();
  await card(page).getByText("30 s").waitFor();
  // What stands there is what the form begins with.
  await card(page).getByRole("button", { name: "更改远程配置" }).click();
  assert.equal(await dialog(page).getByLabel("CO₂（ppm）").inputValue(), "12.5");
  await dialog(page).getByRole("button", { name: "取消" }).click();
}

/** @param {Page} page */
async function renewsTheToken(page) {
  const token = page.getByRole("region", { name: "驿站令牌" });
  await token.getByText("没有正在进行的更换").waitFor();
  await token.getByRole("button", { name: "远程更换令牌" }).click();
  await dialog(page).getByRole("button", { name: "远程更换令牌" }).click();
  // Whatever is shown meanwhile, it is not that the gateway has it.
  const shown = token.getByRole("status");
  await shown.waitFor();
  assert.match((await shown.textContent()) ?? "", /等待网关连接|已发送/);
  await token.getByText("网关尚未用新令牌登录").waitFor();
  await please("take-token", "jb-001");
  await token.getByText("已换用新令牌").waitFor();
}

/**
 * @param {import("playwright-core").BrowserContext} context
 * @param {string} url
 * @param {string} token
 */
async function mayLook(context, url, token) {
  const page = await context.newPage();
  await page.goto(`${url}/#/stations/jb-001`);
  await signIn(page, token);
  await card(page).getByText("已生效").waitFor();
  assert.equal(await card(page).getByRole("button").count(), 0);
  await context.close();
}
