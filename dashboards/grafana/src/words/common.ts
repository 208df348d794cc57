// Words that more than one page uses.

import type { States, Text } from "../kit/speech";

export const common = {
  district: ["区县", "District"],
  station: ["驿站", "Station"],
  name: ["名称", "Name"],
  kind: ["类型", "Kind"],
  why: ["原因", "Why"],
  zone: ["时区", "Time zone"],
  otherLanguage: ["English", "中文"],
  openStation: ["打开驿站", "Open the station"],
  since: ["自", "Since"],
  at: ["时间", "Time"],
  what: ["事项", "What"],
  severity: ["级别", "Severity"],
  state: ["状态", "State"],
  device: ["设备", "Device"],
  slot: ["仓位", "Slot"],
  class: ["电压等级", "Voltage class"],
  coverage: ["数据完整度", "Data coverage"],
  duration: ["持续", "Lasted"],
  stations: ["涉及站点", "Stations"],
  value: ["数值", "Value"],
} as const satisfies Record<string, Text>;

const state = (text: Text, colour: string) => ({ text, colour });

/** Kinds of stations, the most usual first. */
export const kinds: States = {
  rest: state(["暖心驿站", "rest station"], "green"),
  counselling: state(["心灵驿站", "counselling room"], "blue"),
  in_factory: state(["工间活动站", "in-factory room"], "purple"),
};

export const outages: States = {
  station_down: state(["驿站停机", "station down"], "red"),
  link_down: state(["仅链路中断", "link down only"], "orange"),
  unknown: state(["中枢不知", "unknown to the hub"], "purple"),
};

export const sourceStates: States = {
  ok: state(["正常", "ok"], "green"),
  waiting: state(["尚未连上", "not reached yet"], "yellow"),
  failing: state(["失效", "failing"], "red"),
};

export const presence: States = {
  online: state(["在线", "online"], "green"),
  offline: state(["离线", "offline"], "red"),
};

export const up: States = {
  "1": state(["在线", "online"], "green"),
  "0": state(["失联", "silent"], "red"),
};

export const severities: States = {
  critical: state(["严重", "critical"], "red"),
  warning: state(["警告", "warning"], "orange"),
  info: state(["提示", "info"], "blue"),
};

export const alertStates: States = {
  firing: state(["告警中", "firing"], "red"),
  resolved: state(["已恢复", "resolved"], "green"),
};

export const slots: States = {
  ready: state(["可换", "ready"], "green"),
  charging: state(["充电中", "charging"], "blue"),
  empty: state(["空仓", "empty"], "text"),
  locked: state(["锁定", "locked"], "orange"),
  fault: state(["故障", "fault"], "red"),
  disabled: state(["停用", "disabled"], "purple"),
};

export const doors: States = {
  open: state(["开", "open"], "orange"),
  closed: state(["关", "closed"], "green"),
  locked: state(["已锁", "locked"], "green"),
  unlocked: state(["未锁", "unlocked"], "orange"),
  jammed: state(["卡住", "jammed"], "red"),
};

export const doorEvents: States = {
  open: state(["打开", "opened"], "blue"),
  close: state(["关上", "closed"], "text"),
  unlock: state(["开门", "unlocked"], "green"),
  denied: state(["拒绝开门", "denied"], "orange"),
  forced: state(["强行开门", "forced"], "red"),
  held_open: state(["门未关", "held open"], "yellow"),
};

export const methods: States = {
  qr: state(["扫码", "QR code"], "text"),
  id_card: state(["身份证", "ID card"], "text"),
  staff: state(["工作人员", "staff"], "text"),
  remote: state(["远程", "remote"], "text"),
  exit_button: state(["出门按钮", "exit button"], "text"),
};

export const denials: States = {
  not_registered: state(["未登记", "not registered"], "orange"),
  outside_hours: state(["非开放时间", "outside hours"], "text"),
  blocked: state(["被禁止", "blocked"], "red"),
  reader_fault: state(["读卡器故障", "reader fault"], "red"),
};

export const amenityStates: States = {
  ok: state(["正常", "ok"], "green"),
  in_use: state(["使用中", "in use"], "blue"),
  fault: state(["故障", "fault"], "red"),
};

export const results: States = {
  ok: state(["成功", "ok"], "green"),
  no_ready: state(["无可换电池", "no ready battery"], "red"),
  no_empty: state(["无空仓", "no empty slot"], "orange"),
  not_inserted: state(["未放入", "not inserted"], "yellow"),
  not_taken: state(["未取走", "not taken"], "yellow"),
  door_open: state(["仓门未关", "slot door open"], "purple"),
  timeout: state(["超时", "timeout"], "purple"),
  wrong_battery: state(["电池不符", "wrong battery"], "blue"),
  offline: state(["离线", "offline"], "text"),
};

export const alarm: States = {
  true: state(["报警", "alarm"], "red"),
  false: state(["正常", "normal"], "green"),
};

export const mains: States = {
  true: state(["市电", "mains"], "green"),
  false: state(["停电", "on battery"], "red"),
};

export const yesNo: States = {
  "1": state(["是", "yes"], "green"),
  "0": state(["否", "no"], "red"),
};
