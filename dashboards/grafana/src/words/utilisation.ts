import type { Text, Words } from "../kit/speech";

export const utilisation = {
  page: {
    title: ["利用率", "Utilisation"],
    about: ["给写月报的人：哪里满、哪里空、数据够不够。数据完整度低于 80% 的数字不要引用。", "For the monthly report: where it is full, where it is empty, and whether the data suffice. Do not quote a figure with less than 80 % coverage."],
  },
  seats: {
    title: ["座位利用率", "Seat utilisation"],
    about: ["开放时间内 ∫min(人数,容量) ÷ ∫容量，所选区县合计。", "∫ min(people, capacity) ÷ ∫ capacity over opening time, all chosen districts."],
  },
  visits: {
    title: ["服务人次", "Visits"],
    about: ["所选时间内的进门人次。", "Entries in the chosen time."],
  },
  perStation: {
    title: ["每站每天人次", "Visits a station and day"],
    about: ["有数据的站点日均人次。全国平均 12.4，仅作参照，不宜用作固定门槛。", "Mean over days of stations that have data. The national mean is 12.4: a reference, not a limit."],
  },
  night: {
    title: ["夜间占比", "Night share"],
    about: ["08–18 点以外进门 ÷ 全部进门。高说明 24 小时开放有价值。", "Entries outside 08–18 ÷ all. When it is high, being open at night is worth it."],
  },
  crowded: {
    title: ["拥挤小时", "Crowded hours"],
    about: ["占用率达到 80% 的小时数，各站合计。", "Hours at 80 % of the capacity or more, over all stations."],
  },
  coverage: {
    title: ["数据完整度", "Data coverage"],
    about: ["观测时间 ÷ 应有时间。低于 80% 时本页数字只能参考：先修设备和链路。", "Observed ÷ due time. Below 80 % the figures of this page are hints only: mend devices and links first."],
  },
  kinds: {
    title: ["各类驿站对比", "Kinds compared"],
    about: ["各类驿站用途不同，只并列、不相加。本页其余面板只含顶部所选的一类。", "Each kind serves another end: side by side, never added up. The other panels of this page are of the kind chosen at the top."],
  },
  districts: {
    title: ["各区县座位利用率", "Seat utilisation by district"],
    about: ["利用率最高的 20 个区县。", "The 20 districts with the highest."],
  },
  comparison: {
    title: ["区县对比", "Districts compared"],
    about: ["完整度标红的区县数据不足，不参与比较。", "Where the coverage is red there is not enough data for a comparison."],
  },
  heat: {
    title: ["一周热力", "The week"],
    about: ["每周各小时的座位利用率（开放时间）。排班和保洁避开高峰。", "Seat utilisation by hour and weekday, in opening time. Clean and change shifts when it is low."],
  },
  daily: {
    title: ["每日人次", "Visits by day"],
    about: ["白天与夜间。", "By day and by night."],
  },
  dailySeats: {
    title: ["每日座位利用率与完整度", "Seat utilisation and coverage by day"],
    about: ["完整度下降的日子，利用率不可比。", "On days of low coverage the utilisation cannot be compared."],
  },
  low: {
    title: ["人次最少的 20 个站点", "The 20 stations with the fewest visits"],
    about: ["完整度不低于 80% 才可作为整改、合并或撤销的依据；同类站点之间比较，由人决定。连续 8 周的正式名单在控制台。", "Grounds for “rectify, merge or delist” only with 80 % coverage, and only among stations of one kind; a person decides. The list over eight weeks is in the console."],
  },
  busy: {
    title: ["最拥挤的 20 个站点", "The 20 most crowded stations"],
    about: ["按拥挤小时排序。考虑扩容或引导到附近站点。", "By crowded hours. Enlarge them, or send people to the next one."],
  },
  gaps: {
    title: ["数据最不完整的 20 个站点", "The 20 stations with the least data"],
    about: ["先查链路页；在线而无人数数据的，检查计数器。", "See links first; when online without counts, check the counter."],
  },
  availability: {
    title: ["每日可用率", "Availability by day"],
    about: ["中枢看到的，和扣除链路中断后站点自身的；已结束的日子，计划维护不计。两条线分开时修链路，一起下降时修站点。", "As the hub saw it, and of the stations themselves without outages of links; of days that are over, planned maintenance left out. When the lines part, mend links; when both fall, mend stations."],
  },
  least: {
    title: ["可用率最低的 20 个站点", "The 20 least available stations"],
    about: ["站点自身可用率最低的在前：先查供电和网关。未知不算正常。", "By the stations' own availability: look at power and gateway first. Unknown is not up."],
  },
  doors: {
    title: ["拒绝开门最多的 20 个站点", "The 20 stations that denied most"],
    about: ["无人值守时段：拒绝 ÷（开门 + 拒绝）。高说明登记流程或读卡器有问题。", "In unstaffed hours: denied ÷ (granted + denied). When high, registration or the reader is at fault."],
  },
} as const satisfies Record<string, Words>;

export const utilisationColumns = {
  seats: ["座位利用率", "Seat utilisation"],
  visits: ["人次", "Visits"],
  perDay: ["日均", "A day"],
  day: ["白天", "by day"],
  night: ["夜间", "at night"],
  nightShare: ["夜间占比", "Night share"],
  crowded: ["拥挤时间", "Crowded"],
  denied: ["拒绝", "Denied"],
  granted: ["开门", "Granted"],
  ratio: ["占比", "Share"],
  seen: ["中枢看到的", "as the hub saw it"],
  own: ["站点自身", "of the stations"],
  down: ["站点停机", "Station down"],
  linkDown: ["链路中断", "Link down"],
  unknown: ["未知", "Unknown"],
  weekday: ["星期", "Day"],
  days: ["天数", "Days"],
} as const satisfies Record<string, Text>;

/** Monday first, as Grafana's `E` counts them. */
export const weekdays: readonly Text[] = [
  ["周一", "Mon"],
  ["周二", "Tue"],
  ["周三", "Wed"],
  ["周四", "Thu"],
  ["周五", "Fri"],
  ["周六", "Sat"],
  ["周日", "Sun"],
];
