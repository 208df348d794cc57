import type { Text, Words } from "../kit/speech";

export const links = {
  page: {
    title: ["链路与网关", "Links and gateways"],
    about: ["给运维：哪台网关快要丢数据、已经丢了多少、时钟和信号好不好。", "For maintenance: which gateway is about to lose readings, what has been lost, how clocks and signals are."],
  },
  horizon: {
    title: ["最短余量", "Shortest horizon"],
    about: ["按目前速度，发件箱最快多久写满。低于 4 小时先恢复该站链路。", "How soon, at the present rate, the first outbox is full. Below 4 h restore that station's link first."],
  },
  waiting: {
    title: ["待发记录", "Records waiting"],
    about: ["一小时内各网关最后上报之和。整体上升说明中枢或主干链路有问题。", "Sum of what gateways last reported within the hour. Rising everywhere: the hub or the trunk is at fault."],
  },
  lost: {
    title: ["丢失的记录", "Records lost"],
    about: ["所选时间内网关因发件箱写满而丢弃的记录数。任何一条都要查原因。", "What gateways dropped in the chosen time because their outbox was full. Find out why, for each."],
  },
  clocks: {
    title: ["时钟不准的网关", "Gateways with a wrong clock"],
    about: ["一小时内最后上报偏差超过 5 秒。检查授时（chrony）。", "Off by more than 5 s in their last report within the hour. Check the time service (chrony)."],
  },
  power: {
    title: ["停电的网关", "Gateways off mains"],
    about: ["靠 UPS 供电。UPS 耗尽后站点失联。", "On their UPS. When it is empty the station is gone."],
  },
  weak: {
    title: ["弱信号网关", "Gateways with a weak signal"],
    about: ["所选时间内平均低于 −105 dBm。", "Mean below −105 dBm in the chosen time."],
  },
  horizons: {
    title: ["余量最短的 20 个发件箱", "The 20 outboxes that are full soonest"],
    about: ["按目前速度多久写满。写满后从最旧的开始丢弃。", "How long at the present rate. When full, the oldest are dropped first."],
  },
  losses: {
    title: ["丢失最多的 20 个站点", "The 20 stations that lost most"],
    about: ["所选时间内丢弃的记录数。完整台账见控制台。", "Dropped in the chosen time. The whole ledger is in the console."],
  },
  ledger: {
    title: ["丢失台账", "Loss ledger"],
    about: ["中枢记账：dropped 为网关丢弃，missing 为无故缺失，damaged 为中枢磁盘损坏。任何增长都要查。", "As the hub counts: dropped by agents, missing without a word, damaged on the hub's disk. Look into every rise."],
  },
  outboxes: {
    title: ["待发记录", "Records waiting over time"],
    about: ["最大值和平均值。", "The largest and the mean."],
  },
  clockList: {
    title: ["时钟偏差最大的 20 台网关", "The 20 clocks that are furthest off"],
    about: ["最后上报的偏差，正为快。超过 120 秒的读数会被隔离。", "As last reported, positive is fast. Readings more than 120 s ahead go to the quarantine."],
  },
  signalList: {
    title: ["信号最弱的 20 台网关", "The 20 weakest signals"],
    about: ["所选时间内的平均。调整天线、换运营商或加装放大器。", "Means of the chosen time. Move the antenna, change the operator, or add an amplifier."],
  },
  powerList: {
    title: ["正在停电的网关", "Gateways off mains now"],
    about: ["UPS 最低的在前。", "Those with the least UPS first."],
  },
  sources: {
    title: ["数据源", "Sources of the gateways"],
    about: [
      "两小时内最后上报的数据源状态，失效的在前。失效时在该网关上运行 waystation-agent check。",
      "How each source (broker, bus, cabinet, command) was last told of within two hours, failing ones first. On that gateway run waystation-agent check.",
    ],
  },
  flaps: {
    title: ["掉线最多的 20 个站点", "The 20 stations that dropped most"],
    about: ["所选时间内的离线次数。与弱信号列表对照。", "Times offline in the chosen time. Compare with the weak signals."],
  },
  versions: {
    title: ["采集代理版本", "Agent versions"],
    about: ["一天内上报的网关，按版本计数。旧版本安排升级。", "Gateways heard within a day, by version. Plan upgrades of old ones."],
  },
  connects: {
    title: ["连接与拒绝", "Connects and refusals"],
    about: ["每秒登录次数。被拒绝的突增：有人试令牌，或一批设备配置错误。", "Logins a second. A burst of refusals: somebody tries tokens, or a lot of devices is misconfigured."],
  },
} as const satisfies Record<string, Words>;

export const linksColumns = {
  horizon: ["余量", "Full in"],
  waiting: ["待发", "Waiting"],
  bytes: ["占用", "Bytes"],
  lost: ["丢失", "Lost"],
  clock: ["偏差", "Off by"],
  signal: ["信号", "Signal"],
  ups: ["UPS", "UPS"],
  times: ["次数", "Times"],
  source: ["数据源", "Source"],
  sourceKind: ["类型", "Kind"],
  sourceState: ["状态", "State"],
  taken: ["已收读数", "Readings taken"],
  refused_readings: ["被拒读数", "Refused"],
  version: ["版本", "Version"],
  gateways: ["网关数", "Gateways"],
  most: ["最大", "largest"],
  mean: ["平均", "mean"],
  dropped: ["网关丢弃", "dropped"],
  missing: ["无故缺失", "missing"],
  damaged: ["磁盘损坏", "damaged"],
  accepted: ["成功", "accepted"],
  refused: ["拒绝", "refused"],
} as const satisfies Record<string, Text>;
