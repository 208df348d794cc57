export const login = {
  token: ["访问令牌", "Access token"],
  remember: ["在此浏览器中保持登录", "Stay signed in on this browser"],
  wrong: ["令牌不正确或已被撤销", "The token is wrong or was revoked"],
  how: [
    "管理员用 waystation-hub token add 名称 --role operator 创建令牌。",
    "An administrator makes one with waystation-hub token add NAME --role operator.",
  ],
} as const;
