import type { Text, Words } from "../kit/speech";

export const fleet = {
  page: {
    title: ["驿站现况", "Fleet now"],
    about: ["给值班调度：此刻哪些站点失联、为什么、有哪些告警。", "For the operator on duty: which stations are down now, why, and what alerts there are."],
  },
  online: {
    title: ["在线", "Online"],
    about: ["心跳正常的站点，全部区县合计。与控制台同一口径。", "Stations heard of within the limit, all districts together; the same definition as in the console."],
  },
  late: {
    title: ["迟到", "Late"],
    about: ["超过 180 秒没有消息。多数会自己恢复；若持续增加，先看链路页。", "Nothing heard for 180 s. Most come back; if the number keeps rising, look at links first."],
  },
  offline: {
    title: ["离线", "Offline"],
    about: ["超过 15 分钟没有消息。看右侧失联列表，先排除同一链路、同一区县的共同原因。", "Nothing heard for 15 minutes. See the list of those that are down; look for a common link or district before you send anybody."],
  },
  unknown: {
    title: ["未知", "Unknown"],
    about: ["中枢重启后尚未听到的站点，不等于离线。15 分钟内应归零。", "Not heard since the hub was restarted: not offline. Should be nought within 15 minutes."],
  },
  neverSeen: {
    title: ["从未上线", "Never seen"],
    about: ["已登记但从未连接。核对安装进度和令牌。", "Registered, never connected. Check the installation and the token."],
  },
  critical: {
    title: ["严重告警", "Critical alerts"],
    about: ["需要立即有人处理。见下方告警列表。", "Somebody must act now. See the list of alerts below."],
  },
  warning: {
    title: ["警告", "Warnings"],
    about: ["今天之内要看的告警。", "Alerts to be looked at today."],
  },
  people: {
    title: ["在站人数", "People present"],
    about: ["所选区县 15 分钟内有上报的各区域人数之和。", "Sum over zones of the chosen districts that reported within 15 minutes."],
  },
  map: {
    title: ["站点地图", "Map of stations"],
    about: ["颜色为最后一次上线或离线，位置来自登记册（由中枢写入 InfluxDB）。没有底图瓦片，不访问外网；缺点位时在控制台补上经纬度。", "Coloured by the last word on presence; places are those of the registry, which the hub writes to InfluxDB. No tiles, nothing from the internet; if a dot is missing, give the station its position in the console."],
  },
  down: {
    title: ["谁失联了，为什么", "Who is down, and why"],
    about: ["尚未结束的中断、中枢的判断和网关最后的话。停电且 UPS 低，多半是断电；信号低于 −105 dBm，多半是链路；磁盘将满或时钟偏差大，检查网关。", "Outages that last, what the hub takes them for, and the last words of the gateways: off mains with a low UPS is a power cut; below −105 dBm it is the link; a full disk or a wrong clock is the gateway."],
  },
  alerts: {
    title: ["正在告警", "Firing alerts"],
    about: ["最近 30 天开始、尚未恢复的告警，最新在前。确认与静默请在控制台操作。", "Alerts of the last 30 days that still fire, newest first. Acknowledge and silence them in the console."],
  },
  timeline: {
    title: ["失联最久的 20 个站点", "The 20 stations that were silent longest"],
    about: ["所选时间内失联时间最长的站点。同时变红的多半有共同原因。站点超过 5,000 个时没有此图。", "Those with the longest silence in the chosen time. What turns red together has a common cause. Not there above 5,000 stations."],
  },
  states: {
    title: ["不在线的站点数", "Stations that are not online"],
    about: ["按状态统计。台阶式上升意味着一条链路或一个区县同时断开。", "By state. A step means that a link or a district went at once."],
  },
  firing: {
    title: ["告警数", "Alerts firing"],
    about: ["按级别统计。长期不为零的警告应当处理或静默。", "By severity. Warnings that never go away should be mended or silenced."],
  },
} as const satisfies Record<string, Words>;

export const fleetColumns = {
  mains: ["供电", "Power"],
  ups: ["UPS 电量", "UPS"],
  signal: ["信号", "Signal"],
  waiting: ["待发记录", "Records waiting"],
  clock: ["时钟偏差", "Clock off by"],
  disk: ["磁盘余量", "Disk free"],
} as const satisfies Record<string, Text>;
