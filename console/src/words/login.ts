export const login = {
  dismissed: ["您的访问令牌已失效，请重新登录。", "Your access token is no longer valid. Sign in again."],
  title: ["登录驿站遥测中枢", "Sign in to Waystation"],
  token: ["访问令牌", "Access token"],
  token_hint: ["以 wst_ 开头，由管理员给您", "It begins with wst_; an administrator gives it to you"],
  show: ["显示令牌", "Show the token"],
  remember: ["在此浏览器中保持登录", "Stay signed in on this browser"],
  remember_hint: ["公用电脑上请不要勾选。", "Not on a computer that others use."],
  wrong: ["令牌不正确或已被撤销", "The token is wrong or was revoked"],
  cannot_read: [
    "这个令牌不能用于控制台：请使用查看者、操作员或管理员令牌",
    "This token is not for the console: use one of role viewer, operator or admin",
  ],
  how_title: ["没有令牌？", "No token?"],
  how: [
    "请管理员在“设置 → 访问令牌”中创建，或在中枢上运行：",
    "An administrator makes one in Settings → Access tokens, or on the hub with:",
  ],
  look: ["不登录，只查看", "Look without signing in"],
  screen: ["打开大屏", "Open the big screen"],
} as const;
