// Somebody who may only look is offered nothing else, and somebody whose token is withdrawn is asked who they are.

import assert from "node:assert/strict";
import { person, until } from "../chromium.mjs";
import { PAGES, settled, signIn } from "../console.mjs";
import { please } from "../stage.mjs";

/** Buttons that change something. */
const ACTS = /^(确认|静默|开门.*|添加.*|结束|登记.*|编辑.*|修改|删除|移除|撤销|更换.*|创建.*|发送.*|测试)$/;

/** @type {import("../run.mjs").Scenario} */
export async function scenario(browser, complaints, { url, tokens }) {
  const context = await person(browser, complaints);
  const page = await context.newPage();
  complaints.expect(/status of 401/);
  // What only operators and admins may ask for is not asked for, so no 403 is expected.
  await page.goto(`${url}/#/alerts`);
  await signIn(page, tokens.viewer);
  await page.getByRole("heading", { level: 1, name: "告警" }).waitFor();
  assert.deepEqual(await acts(page, url), [], "a viewer is offered what is not theirs");
  await actsOfAnAdmin(browser, complaints, url, tokens.admin);
  await withdrawn(page, url, tokens);
  await context.close();
}

/**
 * What every page offers to change.
 * @param {import("playwright-core").Page} page
 * @param {string} url
 */
async function acts(page, url) {
  const offered = [];
  for (const [name, path] of Object.entries(PAGES)) {
    if (name === "login" || name === "screen") continue;
    await page.goto(`${url}/#${path}`);
    await settled(page);
    const buttons = await page.locator("main").getByRole("button").allTextContents();
    offered.push(...buttons.filter((text) => ACTS.test(text.trim())).map((text) => `${name}: ${text}`));
  }
  return offered;
}

/**
 * The same look finds what an admin is offered; otherwise it would prove nothing.
 * @param {import("playwright-core").Browser} browser
 * @param {import("../chromium.mjs").Complaints} complaints
 * @param {string} url
 * @param {string} token
 */
async function actsOfAnAdmin(browser, complaints, url, token) {
  const context = await person(browser, complaints);
  const page = await context.newPage();
  await page.goto(`${url}/#/login`);
  await signIn(page, token);
  const offered = await acts(page, url);
  for (const wanted of [
    "station: 开门",
    "silences: 添加静默",
    "station: 编辑资料",
    "settings: 编辑",
    "settings: 移除",
    "tokens: 撤销",
  ]) {
    assert.ok(
      offered.some((each) => each.startsWith(wanted)),
      `${wanted} is not among ${offered.join(", ")}`,
    );
  }
  await context.close();
}

/**
 * @param {import("playwright-core").Page} page
 * @param {string} url
 * @param {import("../stage.mjs").Stage["tokens"]} tokens
 */
async function withdrawn(page, url, tokens) {
  await page.goto(`${url}/#/ledger`);
  await page.getByRole("heading", { level: 1, name: "台账" }).waitFor();
  await please("revoke", "viewer");
  const headers = { Authorization: `Bearer ${tokens.viewer}` };
  await until("the hub knows that the token is withdrawn", async () => {
    const answer = await page.request.get(`${url}/api/v1/me`, { headers });
    return answer.status() === 401;
  });
  // Nobody has touched the page.
  await page.getByRole("alert").filter({ hasText: "您的访问令牌已失效" }).waitFor();
  // Back to where they wanted to go.
  await signIn(page, tokens.operator);
  await page.getByRole("heading", { level: 1, name: "台账" }).waitFor();
}
