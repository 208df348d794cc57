//! What surrounds an alert's own words in a message. Placeholders are filled by `notify::words`.

pub(super) const TEXTS: &[(&str, &str, &str)] = &[
    ("notify.critical", "严重", "CRITICAL"),
    ("notify.warning", "警告", "WARNING"),
    ("notify.info", "提示", "INFO"),
    ("notify.resolved", "已恢复", "CLEARED"),
    ("notify.heading", "【{tag}】{title}", "[{tag}] {title}"),
    ("notify.changed", "【{tag}·有变化】{title}", "[{tag}, changed] {title}"),
    ("notify.repeated", "【{tag}·仍未恢复】{title}", "[{tag}, still] {title}"),
    ("notify.escalated", "【{tag}·无人确认】{title}", "[{tag}, nobody acknowledged] {title}"),
    ("notify.digest", "{count} 条告警：{first} 等", "{count} alerts: {first} …"),
    ("notify.more", "另有 {count} 条，请在控制台查看", "and {count} more; see the console"),
    ("notify.cut", "消息过长，其余请在控制台查看", "cut short; see the console"),
    ("notify.stations", "驿站：{value}", "Station: {value}"),
    ("notify.station_list", "{names} 等 {count} 个", "{names} and others, {count} in all"),
    ("notify.district", "区县：{value}", "District: {value}"),
    ("notify.since", "开始：{value}", "Since: {value}"),
    ("notify.until", "恢复：{value}", "Cleared: {value}"),
    ("notify.advice", "处置：{value}", "What to do: {value}"),
    ("notify.lasted", "历时 {minutes} 分钟", "after {minutes} min"),
    ("notify.lasted_hours", "历时 {hours} 小时 {minutes} 分钟", "after {hours} h {minutes} min"),
    (
        "notify.test",
        "【测试】驿站遥测中枢：通道测试，没有异常",
        "[TEST] Waystation: this channel is tried, nothing is wrong",
    ),
    (
        "notify.test_line",
        "这是一条测试消息：该通道可以收到告警，无需处理。",
        "This is a test: alerts reach this channel. Nothing needs to be done.",
    ),
];
