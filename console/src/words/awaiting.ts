export const awaiting = {
  title: ["等待第二人确认", "Waits for a second person"],
  about: [
    "这里的命令须由另一位操作员确认才会发出；过期作废。",
    "Commands here go out only when another operator confirms them; after their time they are void.",
  ],
  asked: ["{by}于 {at} 请求：{action}", "{by} asked at {at}: {action}"],
  device: ["{action} · {device}", "{action} · {device}"],
  left: ["还有 {left} 有效", "valid for {left} more"],
  late: ["已过期", "too late"],
  confirm: ["确认发出", "Confirm and send"],
  confirm_ask: ["确认发出由{by}请求的命令？", "Confirm and send what {by} has asked for?"],
  own: [
    "您自己请求的命令须由另一位操作员确认。",
    "What you asked for yourself has to be confirmed by another operator.",
  ],
  went: ["{action}：{outcome}", "{action}: {outcome}"],
} as const;
