import type { Text, Words } from "../kit/speech";

export const swap = {
  page: {
    title: ["换电", "Battery swap"],
    about: ["给换电运营：哪里没有可换电池、为什么换不成、哪些电池该更换。", "For whoever runs the cabinets: where no battery is ready, why swaps fail, which batteries are worn out."],
  },
  ready48: {
    title: ["48 V 可换", "48 V ready"],
    about: ["最近一小时内上报、状态为“可换”的 48 V 电池数。", "48 V batteries whose slot said “ready” within the last hour."],
  },
  ready60: {
    title: ["60 V 可换", "60 V ready"],
    about: ["最近一小时内上报、状态为“可换”的 60 V 电池数。", "60 V batteries whose slot said “ready” within the last hour."],
  },
  done: {
    title: ["成功换电", "Swaps done"],
    about: ["所选时间内成功的换电次数。", "Swaps that succeeded in the chosen time."],
  },
  denied: {
    title: ["换电受阻率", "Denied swaps"],
    about: ["（无可换电池 + 无空仓）÷ 尝试次数。高于 5% 时给缺电站点调配电池。", "(no ready battery + no empty slot) ÷ attempts. Above 5 % move batteries to the sites that lack them."],
  },
  faulty: {
    title: ["故障或锁定的仓位", "Slots out of use"],
    about: ["一小时内最后状态为故障、锁定或停用的仓位。安排维修。", "Slots whose last word within the hour was fault, locked or disabled. Have them repaired."],
  },
  hottest: {
    title: ["电芯最高温度", "Hottest cell"],
    about: ["一小时内的最高值。50 °C 警告，60 °C 严重。", "The highest within an hour. Warning at 50 °C, critical at 60 °C."],
  },
  lowest: {
    title: ["可换电池最少的 20 处", "The 20 sites with the fewest ready batteries"],
    about: ["此刻每站每个电压等级的可换数。0 即骑手换不到电，优先补给。站点超过 5,000 个时没有此表。", "Ready now, by station and class. At nought riders go away: supply these first. Not there above 5,000 stations."],
  },
  availability: {
    title: ["有电可换的时间", "Time with a battery ready"],
    about: ["按小时：至少一块可换电池的时间 ÷ 观测时间，各站合计。没有该等级电池的柜子也计入。", "By hour: time with at least one ready battery ÷ observed time, over all sites, those that have none of the class included."],
  },
  attempts: {
    title: ["换电尝试", "Attempts to swap"],
    about: ["按结果统计。“无可换电池”多，补电池；“无空仓”多，取走电池；其余多半是设备故障。", "By result. Many “no ready battery”: bring some; many “no empty slot”: take some away; the rest is mostly the device."],
  },
  deniedSites: {
    title: ["受阻最多的 20 个站点", "The 20 stations with the most denied swaps"],
    about: ["所选时间内换不成的次数和占比。从上往下调配电池。", "Denied swaps and their share in the chosen time. Move batteries from the bottom to the top."],
  },
  availableSites: {
    title: ["有电时间最短的 20 个站点", "The 20 stations with the least time with a battery"],
    about: ["所选时间内每个等级有电可换的时间占观测时间的比例。", "Share of the observed time with a ready battery, by class."],
  },
  worn: {
    title: ["健康度最低的 20 块电池", "The 20 most worn batteries"],
    about: ["最近一小时各仓位上报的健康度。低于 80% 安排更换。", "Health that slots reported within the hour. Below 80 % plan a replacement."],
  },
  healthSpread: {
    title: ["电池健康度分布", "Health of the batteries"],
    about: ["一小时内上报的电池数。80% 以下的安排更换，80–90% 的备好预算。", "Batteries reported within the hour. Replace those below 80 %; plan money for those of 80 to 90 %."],
  },
  hot: {
    title: ["温度最高的 20 个仓位", "The 20 hottest slots"],
    about: ["最近一小时电芯最高温度。60 °C 以上立即断电并派人。", "Hottest cell within the hour. Above 60 °C cut the power at once and send somebody."],
  },
  temperature: {
    title: ["电芯与柜内温度", "Cells and cabinets"],
    about: ["所选区县的最高与平均。最高值持续上升时看右侧列表。", "Highest and mean of the chosen districts. If the highest keeps rising, see the list of slots."],
  },
} as const satisfies Record<string, Words>;

export const swapColumns = {
  ready: ["可换", "Ready"],
  denied: ["受阻", "Denied"],
  attempted: ["尝试", "Attempts"],
  share: ["占比", "Share"],
  v48: ["48 V", "48 V"],
  v60: ["60 V", "60 V"],
  soh: ["健康度", "Health"],
  cycles: ["循环次数", "Cycles"],
  cell: ["电芯温度", "Cell"],
  worn: ["80% 以下", "below 80 %"],
  used: ["80–90%", "80–90 %"],
  fresh: ["90% 及以上", "90 % and more"],
  cellMax: ["电芯最高", "cells, highest"],
  cellMean: ["电芯平均", "cells, mean"],
  cabinetMax: ["柜内最高", "cabinets, highest"],
  cabinetMean: ["柜内平均", "cabinets, mean"],
} as const satisfies Record<string, Text>;
