//! What the API refuses in addresses and their query strings, and what it wanted instead. Names in backquotes are those
//! of the interface and stay as they are in both languages.

pub(super) const TEXTS: &[(&str, &str, &str)] = &[
    (
        "refusal.path_unreadable",
        "路径无法读取；须为百分号编码的 UTF-8",
        "the path cannot be read; it must be percent-encoded UTF-8",
    ),
    (
        "refusal.query_unreadable",
        "查询串无法读取；请写成 name=value&…",
        "the query string cannot be read; write it as name=value&…",
    ),
    (
        "refusal.parameter_unknown",
        "没有参数 `{name}`；可用的参数：{allowed}",
        "there is no parameter `{name}`; there are: {allowed}",
    ),
    (
        "refusal.parameters_none",
        "没有参数 `{name}`；此处不接受任何参数",
        "there is no parameter `{name}`; none is taken here",
    ),
    ("refusal.parameter_twice", "参数 `{name}` 出现了两次", "the parameter `{name}` stands twice"),
    (
        "refusal.parameter_wrong",
        "`{name}` 的值 `{value}` 有误；请给出{expected}",
        "`{value}` is no {name}; give {expected}",
    ),
    ("refusal.parameter_missing", "缺少 `{name}`；请给出{expected}", "`{name}` is missing; give {expected}"),
    // What a parameter must be, inside of these.
    ("refusal.wants_one_of", "其中之一：{names}", "one of: {names}"),
    ("refusal.wants_number", " {least} 到 {most} 的整数", "a number from {least} to {most}"),
    (
        "refusal.wants_time",
        "自 Unix 纪元起的毫秒数，或 RFC 3339 时间，如 2026-03-01T08:00:00+08:00",
        "a time as ms since the Unix epoch, or as RFC 3339 like 2026-03-01T08:00:00+08:00",
    ),
    ("refusal.wants_flag", " `true` 或 `false`", "`true` or `false`"),
    ("refusal.wants_cursor", "上一页的 `next`，不要改动", "the `next` of the page before, unchanged"),
    ("refusal.wants_rule", "规则名，如 offline", "a rule's name, such as offline"),
    ("refusal.wants_station", "驿站编号", "a station's id"),
    ("refusal.wants_device", "设备名", "a device's name"),
    ("refusal.wants_step", "秒数，或如 5m、1h、1d，最长 28d", "seconds, or like 5m, 1h, 1d, up to 28d"),
    // Parameters that do not go together, or ask for too much.
    (
        "refusal.slot_alone",
        "`slot` 须与 kind=cabinet 和 `step` 一起使用；原始读数本身含全部仓位",
        "`slot` goes with kind=cabinet and a `step`; readings as they came hold all their slots",
    ),
    (
        "refusal.step_small",
        "时间跨度相对 `step` 过长；请增大 `step`",
        "the stretch is too long for its `step`; give a larger one",
    ),
    (
        "refusal.too_many_rows",
        "结果最多会有 {rows} 行，由 {windows} 个时段算出；上限分别为 {rows_max} 和 {windows_max}。请缩短时间、用更粗的 `resolution`，或减少驿站",
        "the answer would have up to {rows} rows, made of {windows} windows; at most {rows_max} and {windows_max} are given. Ask for a shorter time, a coarser resolution, or fewer stations",
    ),
    // Parts of the hub that nobody has switched on.
    (
        "refusal.feeds_off",
        "GBFS 数据源未启用：请在 hub.toml 的 [gbfs] 中设置 contact_email（使用者报告问题的邮箱），并重启中枢",
        "the GBFS feeds are off: set contact_email in [gbfs] of hub.toml to the address at which their readers report faults, and restart the hub",
    ),
    ("refusal.no_feed", "没有这个数据源；可用的：{names}", "there is no such feed; there are: {names}"),
    (
        "refusal.feeds_closed",
        "本中枢的公开数据源需要令牌，除非在 [gbfs] 中设置 `public = true`",
        "the public feeds of this hub need a token, unless its configuration has `public = true` in [gbfs]",
    ),
    (
        "refusal.no_cells",
        "没有需求网格：请在 hub.toml 的 [coverage] 中以 cells 指定 CSV 文件，并重启中枢",
        "there are no demand cells: name a CSV file of them as cells in [coverage] of hub.toml, and restart the hub",
    ),
    (
        "refusal.cells_fail",
        "coverage.cells 无法使用；`waystation-hub check` 会列出文件中的每处错误",
        "coverage.cells cannot be used; `waystation-hub check` names every mistake in the file",
    ),
    ("refusal.no_file", "没有这个文件", "there is no such file"),
];
