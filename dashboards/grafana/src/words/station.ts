import type { Text, Words } from "../kit/speech";

export const station = {
  page: {
    title: ["单个驿站", "Station"],
    about: ["给处理一个站点的人：门禁、换电柜、人数、环境、网关，一页看完。", "For whoever looks after one station: door, cabinets, people, environment and gateway on one page."],
  },
  name: {
    title: ["名称", "Name"],
    about: ["登记册中的名称。顶部只能按编号选择：InfluxQL 不能同时给出编号和名称。", "As the registry has it. At the top stations are chosen by id, for InfluxQL cannot give id and name at once."],
  },
  state: {
    title: ["状态", "State"],
    about: ["最后一次上线或离线。离线先看网关一栏最后的供电和信号。", "The last word on presence. If offline, look at the last power and signal of the gateway."],
  },
  heard: {
    title: ["网关最后上报", "Gateway last heard"],
    about: ["网关最近一次上报距今。超过 15 分钟即离线。", "How long ago the gateway last reported. Offline after 15 minutes."],
  },
  people: {
    title: ["在站人数", "People present"],
    about: ["15 分钟内有上报的各区域之和。", "Sum over zones that reported within 15 minutes."],
  },
  load: {
    title: ["占用率", "Load"],
    about: ["在站人数 ÷ 容量。长期高于 80% 说明需要分流或扩容。", "People ÷ capacity. Above 80 % for long: send people elsewhere, or enlarge it."],
  },
  temperature: {
    title: ["室温", "Room temperature"],
    about: ["开放时间内应在 10–35 °C。", "Should be within 10–35 °C in opening hours."],
  },
  co2: {
    title: ["CO₂", "CO₂"],
    about: ["高于 1,000 ppm 应通风（GB/T 18883，仅供参考）。", "Above 1,000 ppm open the windows (GB/T 18883, indicative)."],
  },
  ready: {
    title: ["可换电池", "Batteries ready"],
    about: ["各仓位最近一次上报为“可换”的数量，不分电压等级。", "Slots whose last word within an hour was “ready”, both classes."],
  },
  firing: {
    title: ["正在告警", "Alerts firing"],
    about: ["本站尚未恢复的告警，最近 30 天内开始。", "Alerts of this station of the last 30 days that still fire."],
  },
  alerts: {
    title: ["本站告警", "Alerts of this station"],
    about: ["所选时间内开始的告警。反复出现的同一告警说明设备需要检修。", "Alerts that began in the chosen time. The same one again and again means that a device needs repair."],
  },
  doorEvents: {
    title: ["门禁事件", "Door events"],
    about: ["按事件统计。出现“强行开门”请立即核实现场。", "By event. If “forced” shows, check on site at once."],
  },
  doorState: {
    title: ["门与锁", "Door and lock"],
    about: ["门磁和锁的状态。长时间“开”说明门未关好。", "Contact and lock. “Open” for long means that the door does not close."],
  },
  doorLog: {
    title: ["门禁记录", "Door log"],
    about: ["最近 100 条，不含任何人员身份。拒绝较多时看原因一列。", "The last 100, without anybody's identity. If many are denied, see the reason."],
  },
  slots: {
    title: ["各仓位", "Slot by slot"],
    about: ["每个仓位最后的状态和电池。50 °C 以上派人查看，健康度低于 80% 安排更换。", "The last state of each slot and its battery. Above 50 °C send somebody; below 80 % of health plan a replacement."],
  },
  readyOverTime: {
    title: ["可换电池数", "Batteries ready over time"],
    about: ["每 20 分钟按电压等级统计。降到 0 时骑手换不到电。", "By class, every 20 minutes. At nought a rider goes away without a battery."],
  },
  cells: {
    title: ["电芯最高温度", "Hottest cell"],
    about: ["50 °C 警告，60 °C 严重：断电并派人。", "Warning at 50 °C; at 60 °C cut the power and send somebody."],
  },
  cabinets: {
    title: ["柜内温度", "Cabinet temperature"],
    about: ["正常范围 0–55 °C。", "Should be within 0–55 °C."],
  },
  power: {
    title: ["换电柜功率", "Cabinet power"],
    about: ["长时间为零而仓位显示“充电中”，检查充电器。", "Nought for long while slots say “charging”: check the charger."],
  },
  peopleOverTime: {
    title: ["各区域人数", "People by zone"],
    about: ["与容量对照。持续高于容量 10 分钟会告警。", "Beside the capacity. Above it for 10 minutes raises an alert."],
  },
  visits: {
    title: ["每小时服务人次", "Visits by hour"],
    about: ["进门人次，按小时。长期为零而门有开关，检查计数器。", "Entries by hour. Nought while the door moves: check the counter."],
  },
  climate: {
    title: ["温度", "Temperature"],
    about: ["按传感器。开放时间内低于 10 °C 或高于 35 °C 会告警。", "By sensor. Below 10 °C or above 35 °C in opening hours raises an alert."],
  },
  humidity: {
    title: ["湿度", "Humidity"],
    about: ["长期高于 80% 容易发霉。", "Above 80 % for long, mould will grow."],
  },
  air: {
    title: ["CO₂", "CO₂"],
    about: ["1,000 ppm 通风，2,000 ppm 持续 15 分钟告警（仅供参考）。", "Air the room at 1,000 ppm; 2,000 ppm for 15 minutes is an alert (indicative)."],
  },
  dust: {
    title: ["PM2.5 与 PM10", "PM2.5 and PM10"],
    about: ["PM2.5 日均高于 50 µg/m³ 告警（仅供参考）。", "A 24-hour mean of PM2.5 above 50 µg/m³ is an alert (indicative)."],
  },
  gases: {
    title: ["甲醛与 TVOC", "Formaldehyde and TVOC"],
    about: ["甲醛 1 小时均值高于 0.08、TVOC 8 小时均值高于 0.60 mg/m³ 时通风并查找来源（仅供参考）。", "Above 0.08 (formaldehyde, 1 h) or 0.60 mg/m³ (TVOC, 8 h) air the room and look for the source (indicative)."],
  },
  noise: {
    title: ["噪声", "Noise"],
    about: ["长期高于 70 dB(A) 影响休息。", "Above 70 dB(A) for long nobody can rest."],
  },
  amenities: {
    title: ["设施状态", "Amenities"],
    about: ["“故障”请报修。", "Have what is faulty repaired."],
  },
  fund: {
    title: ["爱心基金", "Fund"],
    about: ["基金累计金额，元。", "What the fund has taken in so far, yuan."],
  },
  signal: {
    title: ["信号", "Signal"],
    about: ["低于 −105 dBm 会断线：调整天线或换运营商。", "Below −105 dBm the link breaks: move the antenna or change the operator."],
  },
  outbox: {
    title: ["待发记录", "Records waiting"],
    about: ["持续增加说明链路送不出去，看“链路与网关”页的余量。", "Rising for long: the link does not carry it; see how long the outbox lasts on the page of links."],
  },
  clock: {
    title: ["时钟偏差", "Clock off by"],
    about: ["偏差超过 5 秒会告警：检查授时（chrony）。", "More than 5 s is an alert: check the time service (chrony)."],
  },
  machine: {
    title: ["CPU 与 UPS", "CPU and UPS"],
    about: ["UPS 低于 20% 且停电时，站点即将失联。", "UPS below 20 % without mains: the station will soon be gone."],
  },
  disk: {
    title: ["磁盘余量", "Disk free"],
    about: ["低于 500 MB 时断网期间会丢数据。", "Below 500 MB readings will be lost in the next outage."],
  },
  mains: {
    title: ["供电", "Power"],
    about: ["停电时由 UPS 供电。反复停电请报修线路。", "Without mains the UPS carries it. If it comes again and again, have the line repaired."],
  },
} as const satisfies Record<string, Words>;

export const stationRows = {
  door: ["门禁", "Door"],
  cabinet: ["换电柜", "Swap cabinets"],
  people: ["人数与使用", "People and use"],
  environment: ["环境", "Environment"],
  amenity: ["设施与爱心基金", "Amenities and fund"],
  gateway: ["网关", "Gateway"],
} as const satisfies Record<string, Text>;

export const stationColumns = {
  event: ["事件", "Event"],
  method: ["方式", "Method"],
  reason: ["拒绝原因", "Reason"],
  cabinet: ["换电柜", "Cabinet"],
  soc: ["电量", "Charge"],
  soh: ["健康度", "Health"],
  voltage: ["电压", "Voltage"],
  current: ["电流", "Current"],
  cell: ["电芯温度", "Cell"],
  cycles: ["循环次数", "Cycles"],
  people: ["人数", "People"],
  capacity: ["容量", "Capacity"],
  cpu: ["CPU", "CPU"],
  ups: ["UPS", "UPS"],
  lock: ["锁", "lock"],
  contact: ["门", "door"],
  formaldehyde: ["甲醛", "formaldehyde"],
} as const satisfies Record<string, Text>;
