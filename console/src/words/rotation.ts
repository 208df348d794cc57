export const rotation = {
  title: ["驿站令牌", "The station's token"],
  about: [
    "网关凭令牌登录中枢。若怀疑令牌被盗，请在设置中立即更换：旧令牌会当场失效。",
    "The gateway logs in with it. If it may have been stolen, renew it in the settings instead: there the old one ends at once.",
  ],
  renew: ["远程更换令牌", "New token, without a visit"],
  renew_title: ["为 {name} 远程更换令牌？", "A new token for {name}, without a visit?"],
  renew_about: [
    "中枢通过加密连接把新令牌发给网关，网关存好后用它登录，旧令牌随即失效。网关不在线也可以，会等到它连接。",
    "The hub sends a new token to the gateway over its encrypted connection; the old one ends when the gateway logs in with the new one. It waits for a gateway that is away.",
  ],
  "state.none": ["没有正在进行的更换", "No new token is under way"],
  "state.done": ["已换用新令牌", "In use"],
  "state.pending": ["等待网关连接", "Waits for the gateway"],
  "state.insecure": ["连接未加密，不能发送", "Not sent: no encryption"],
  "state.sent": ["已发送", "Sent"],
  "state.refused": ["网关拒绝", "Refused by the gateway"],
  "means.done": [
    "网关已用新令牌登录，旧令牌已失效。",
    "The gateway has logged in with it, and the old one has ended.",
  ],
  "means.pending": [
    "网关不在线，或它的采集代理不接收新令牌。",
    "The gateway is away, or its agent takes no new tokens.",
  ],
  "means.insecure": [
    "请让网关以 mqtts:// 连接中枢，随后自动发送。",
    "Have the gateway connect by mqtts://; it is sent then.",
  ],
  "means.sent": ["网关尚未用新令牌登录。", "The gateway has not logged in with it yet."],
  "means.refused": [
    "旧令牌仍有效；排除原因后再试。",
    "The old one is still good. Mend the cause and ask again.",
  ],
  said: ["网关的说明：{detail}", "The gateway says: {detail}"],
} as const;
