import type { States, Text, Words } from "../kit/speech";

export const hub = {
  page: {
    title: ["中枢", "Hub"],
    about: ["给中枢的维护者：是否在确认、磁盘和 InfluxDB 跟不跟得上、连接和错误。", "For whoever runs the hub: whether it acknowledges, whether disk and InfluxDB keep up, connections and errors."],
  },
  accepting: {
    title: ["正在确认", "Acknowledging"],
    about: ["0 表示日志写不进去，站点收不到 PUBACK：按运维手册“磁盘满了”处理。", "0: the log takes no writes and no station gets a PUBACK. See “The disk is full” in the operations manual."],
  },
  influxUp: {
    title: ["InfluxDB", "InfluxDB"],
    about: ["最近一次写入是否成功。中断期间数据留在日志里，不会丢。", "Whether it took the last write. While it is away the data wait in the log; nothing is lost."],
  },
  blind: {
    title: ["看得见驿站", "Sees its stations"],
    about: ["看不清时中枢不判定离线，驿站状态没有意义：查看 hub_blind 告警的原因、机器是否休眠或过载，以及网络。", "While it is blind the hub calls no station offline, and states mean nothing: look at the cause in the alert hub_blind, whether the machine sleeps or is overloaded, and at the network."],
  },
  room: {
    title: ["连接占用", "Room for connections"],
    about: ["连接数 ÷ 打开文件数上限所容许的连接数。超过 80% 时提高 LimitNOFILE。", "Connections ÷ those that the limit of open files leaves room for. Above 80 % raise LimitNOFILE."],
  },
  connections: {
    title: ["MQTT 连接", "MQTT connections"],
    about: ["已登录的连接数。突然下降先看网络。", "Connections that are logged in. If it falls at once, look at the network."],
  },
  rate: {
    title: ["读数", "Readings"],
    about: ["每秒落盘的读数。", "Readings put on disk a second."],
  },
  unsent: {
    title: ["日志积压", "Log not passed on"],
    about: ["最慢的消费者还没读到的字节。接近 log.max_bytes 时停止确认。", "Bytes that the slowest consumer has not read. Near log.max_bytes the hub stops acknowledging."],
  },
  oldest: {
    title: ["最旧积压", "Oldest that waits"],
    about: ["积压中最旧一条的时间。持续增加多半是 InfluxDB 停了。", "Age of the oldest record that waits. Rising: InfluxDB is mostly away."],
  },
  puback: {
    title: ["PUBACK 延迟", "PUBACK latency"],
    about: ["从收到到确认。p99 超过 250 ms 检查磁盘 fsync。", "From receipt to acknowledgement. Above 250 ms (p99) look at the disk's fsync."],
  },
  fsync: {
    title: ["日志提交", "Commits of the log"],
    about: ["一次写入加 fdatasync。p99 长期高于 250 ms：磁盘太慢或正在损坏。", "One write and fdatasync. Above 250 ms (p99) for long: the disk is too slow, or failing."],
  },
  kinds: {
    title: ["各类读数", "Readings by kind"],
    about: ["每秒。某一类归零，多半是一批设备固件有问题。", "A second. If one kind falls to nought, a lot of devices has bad firmware."],
  },
  aside: {
    title: ["隔离与重复", "Set aside, and repeats"],
    about: ["每秒被隔离的读数（按原因，最多的 20 种）和重复的读数。原因见运维手册。", "A second: quarantined by reason (the 20 most), and repeats. The reasons are in the operations manual."],
  },
  lost: {
    title: ["丢失", "Lost"],
    about: ["每小时估计丢失的读数，按原因。应为零。", "Readings lost an hour, by cause. Should be nought."],
  },
  refusals: {
    title: ["拒绝原因", "Refusals"],
    about: ["每秒，最多的 20 种。credentials 突增：有人在试令牌。", "A second, the 20 most. A burst of credentials: somebody tries tokens."],
  },
  log: {
    title: ["日志占用", "Log on disk"],
    about: ["占用与积压。", "What it takes, and what waits."],
  },
  writeErrors: {
    title: ["日志写入失败", "Failed commits"],
    about: ["full 为达到上限，no_space 为磁盘已满，io 为磁盘故障。", "full: the limit is reached; no_space: the file system is full; io: the disk fails."],
  },
  points: {
    title: ["写入 InfluxDB 的点", "Points to InfluxDB"],
    about: ["每秒。", "A second."],
  },
  write: {
    title: ["InfluxDB 写入耗时", "Writes to InfluxDB"],
    about: ["一次写入请求。p99 超过 5 秒时检查 InfluxDB 的磁盘和内存。", "One request. Above 5 s (p99) look at InfluxDB's disk and memory."],
  },
  influxErrors: {
    title: ["InfluxDB 错误", "Errors of InfluxDB"],
    about: ["按类别。unauthorised、forbidden、not_found 需要改配置。", "By class. For unauthorised, forbidden and not_found mend the configuration."],
  },
  lag: {
    title: ["落后的记录", "Records behind"],
    about: ["InfluxDB 和内置历史库各落后多少。", "How far InfluxDB and the embedded history are behind."],
  },
  readers: {
    title: ["MQTT 读者", "MQTT readers"],
    about: ["在线读者数和每秒发给他们的消息；skipped 表示读者太慢。", "Readers connected and messages to them a second; skipped means that a reader is too slow."],
  },
  qos0: {
    title: ["QoS 0 上报", "Publishes at QoS 0"],
    about: ["不作任何保证的上报。正式站点不应使用。", "They are promised nothing. No station should use it."],
  },
  http: {
    title: ["HTTP 应答", "HTTP answers"],
    about: ["每秒，按状态码。5xx 请看日志。", "A second, by status. For 5xx see the log."],
  },
  files: {
    title: ["重新建立的文件", "Files begun anew"],
    about: ["1 表示启动时该文件损坏或丢失，已重新建立：按运维手册“数据文件损坏”恢复备份。", "1: this file was damaged or gone at the start and was begun anew. Restore it as the operations manual says."],
  },
  notices: {
    title: ["告警通知", "Alert notices"],
    about: ["按渠道和结果，最多的 20 条。failed 或 dropped 时用 check --send 测试渠道。", "By channel and result, the 20 most. At failed or dropped try the channel with check --send."],
  },
} as const satisfies Record<string, Words>;

export const hubColumns = {
  p50: ["p50", "p50"],
  p95: ["p95", "p95"],
  p99: ["p99", "p99"],
  duplicates: ["重复", "repeats"],
  disk: ["占用", "on disk"],
  waiting: ["积压", "waiting"],
  influx: ["InfluxDB", "InfluxDB"],
  history: ["历史库", "history"],
  skipped: ["历史库跳过", "passed over by the history"],
  readers: ["读者", "readers"],
  points: ["点", "points"],
} as const satisfies Record<string, Text>;

export const sight: States = {
  "0": { text: ["看得见", "sees"], colour: "green" },
  "1": { text: ["看不清", "blind"], colour: "red" },
};
