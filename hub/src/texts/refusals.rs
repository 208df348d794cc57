//! What the API refuses, and why: `problem.*` by status, `refusal.*` in the words of one case. Names in backquotes are
//! those of the interface and stay as they are in both languages.

pub(super) const TEXTS: &[(&str, &str, &str)] = &[
    ("problem.400", "请求有误", "Bad Request"),
    ("problem.401", "未登录", "Unauthorized"),
    ("problem.403", "没有权限", "Forbidden"),
    ("problem.404", "不存在", "Not Found"),
    ("problem.405", "不支持的方法", "Method Not Allowed"),
    ("problem.409", "与现状冲突", "Conflict"),
    ("problem.413", "内容过大", "Payload Too Large"),
    ("problem.415", "不支持的内容类型", "Unsupported Media Type"),
    ("problem.429", "请求过于频繁", "Too Many Requests"),
    ("problem.500", "中枢内部错误", "Internal Server Error"),
    ("problem.503", "暂时不可用", "Service Unavailable"),
    // Commands.
    (
        "refusal.same_person",
        "不能确认自己下达的命令；请由另一名操作员确认",
        "nobody confirms what he asked for himself; have another operator confirm it",
    ),
    (
        "refusal.not_awaiting",
        "该命令不在等待确认：不存在、已确认或已过期",
        "no such command waits for confirmation: there is none, it was confirmed, or it has expired",
    ),
    // Remote configuration.
    (
        "refusal.whole_number",
        "须为 {least} 到 {most} 的整数",
        "must be a whole number from {least} to {most}",
    ),
    (
        "refusal.not_measured",
        "{kind} 没有名为此的测量值；成员名见 /openapi.json 的 Reporting",
        "{kind} has no measured number of this name; the names stand in /openapi.json, in Reporting",
    ),
    ("refusal.deadband", "须为不小于 0 的数", "must be a number of at least 0"),
    // Claim codes.
    ("refusal.claim_life", "`expires_s` 须为 1 到 {most}", "`expires_s` must be 1 to {most}"),
    (
        "refusal.no_claim",
        "认领码有误、已使用或已过期；请核对，或由管理员重新生成",
        "the claim code is wrong, used or expired; look at it again, or have an admin make another one",
    ),
    // Members of a station.
    (
        "refusal.station_id",
        "须为 1 到 48 个小写字母、数字或连字符，以字母或数字开头：{pattern}",
        "a station id must match {pattern}",
    ),
    ("refusal.text_too_long", "超过 {most} 个字，请缩短", "longer than {most} characters; shorten it"),
    (
        "refusal.control_character",
        "含有控制字符（换行、制表符等），请删去",
        "holds a control character (a line break, a tab…); remove it",
    ),
    (
        "refusal.half_position",
        "缺少；纬度和经度要么都填，要么都不填",
        "missing; give both latitude and longitude, or neither",
    ),
    (
        "refusal.degrees_range",
        "`{text}` 不在 -{limit} 到 {limit} 之间；纬度和经度是否填反了？",
        "`{text}` is outside -{limit}..{limit}; are latitude and longitude swapped?",
    ),
    (
        "refusal.no_degrees",
        "`{text}` 不是数字；请填 WGS-84 度数，如 39.7284",
        "`{text}` is no number; write WGS-84 degrees like 39.7284",
    ),
    (
        "refusal.no_capacity",
        "`{text}` 不是有效的容量；请填 1 到 {most} 的整数人数",
        "`{text}` is no capacity; write a whole number of people from 1 to {most}",
    ),
    (
        "refusal.no_kind",
        "没有 `{text}` 这一类型；可填 rest（暖心驿站）、counselling（心灵驿站）、in_factory（工间活动站）",
        "`{text}` is no kind; write rest (暖心驿站), counselling (心灵驿站) or in_factory (工间活动站)",
    ),
    (
        "refusal.no_hours",
        "`{text}` 不是开放时间；请写成 08:00-18:00，或 24h",
        "`{text}` are no opening hours; write them like 08:00-18:00, or 24h",
    ),
    (
        "refusal.no_time_zone",
        "`{text}` 不是时区；请写成 Asia/Shanghai 或 Asia/Urumqi 的形式",
        "`{text}` is no time zone; write it like Asia/Shanghai or Asia/Urumqi",
    ),
    ("refusal.give_number", "请填数字", "give a number"),
    ("refusal.give_flag", "请填 true 或 false", "give true or false"),
    ("refusal.give_text", "请填文字", "give a text"),
    ("refusal.no_member", "没有这一项；可填：{members}", "there is no such member; there are: {members}"),
    (
        "refusal.id_stays",
        "驿站编号不能修改；请另行登记驿站",
        "an id stays as it is; register another station",
    ),
    // Stations and tokens.
    ("refusal.no_station", "没有登记驿站 `{id}`", "no station `{id}` is registered"),
    (
        "refusal.station_exists",
        "驿站 `{id}` 已登记；可为它更换令牌，或用另一个编号",
        "station `{id}` exists already; give it a new token, or choose another id",
    ),
    (
        "refusal.token_exists",
        "名为 `{name}` 的令牌已存在；请先撤销它，或换一个名称",
        "a token named `{name}` exists already; remove it first, or choose another name",
    ),
    ("refusal.no_token_of_name", "没有这个名称的令牌", "there is no token of this name"),
    (
        "refusal.token_name",
        "name：令牌名称为 1 到 64 个字符，可用 A-Z a-z 0-9 . _ @ -",
        "name: a token's name has 1 to 64 characters of A-Z a-z 0-9 . _ @ -",
    ),
    (
        "refusal.no_role",
        "role：没有 `{text}` 这一角色；可选 viewer、operator、admin、reader、service",
        "role: `{text}` is no role; choose viewer, operator, admin, reader or service",
    ),
    // Who may.
    ("refusal.invalid_token", "令牌无效，可能已被撤销", "this token is not valid"),
    (
        "refusal.no_bearer",
        "请求头 Authorization 须为 `Bearer` 加令牌",
        "the header Authorization must read `Bearer` and a token",
    ),
    (
        "refusal.no_token",
        "请在请求头中附上令牌：`Authorization: Bearer …`；用 `waystation-hub token add NAME --role {role}` 生成",
        "send a token in the header `Authorization: Bearer …`; `waystation-hub token add NAME --role {role}` makes one",
    ),
    (
        "refusal.role_may_not_read",
        "角色为 {role} 的令牌不能读取；请使用角色 viewer、operator 或 admin 的令牌",
        "a token of role {role} may not read here; use one of role viewer, operator or admin",
    ),
    (
        "refusal.role_may_not_operate",
        "角色为 {role} 的令牌不能执行此操作；请使用角色 operator 或 admin 的令牌",
        "a token of role {role} may not do this; use one of role operator or admin",
    ),
    (
        "refusal.role_may_not_administer",
        "角色为 {role} 的令牌不能执行此操作；请使用角色 admin 的令牌",
        "a token of role {role} may not do this; use one of role admin",
    ),
    (
        "refusal.audit_role",
        "审计日志只对角色 operator 和 admin 开放",
        "the audit log is for the roles operator and admin",
    ),
    (
        "refusal.too_often",
        "该令牌或地址的请求过于频繁；请降低频率，或调高 http.requests_per_second_max",
        "too many requests of this token or address; ask less often, or raise http.requests_per_second_max",
    ),
    (
        "refusal.claims_too_often",
        "认领码尝试过于频繁；请稍候再试，并核对认领码",
        "claim codes are tried too often; wait a little, and compare the code",
    ),
    (
        "refusal.commands_too_often",
        "该站点的指令过于频繁，每分钟至多 {most} 条（commands.per_minute_max）；请稍候",
        "this station is sent too many commands, at most {most} in a minute (commands.per_minute_max); wait a little",
    ),
    // Silences and maintenance.
    ("refusal.end_twice", "请给出 `ends_at` 或 `for_s`，二者选一", "give `ends_at` or `for_s`, one of them"),
    ("refusal.end_past", "结束时间须晚于现在，且晚于开始时间", "the end must lie ahead, and after the begin"),
    (
        "refusal.end_far",
        "时段最长一年，且最晚在一年内结束",
        "no window may be longer, or end later, than a year from now",
    ),
    (
        "refusal.why",
        "why：请用一行文字说明原因，1 到 500 个字",
        "why: say it in 1 to 500 characters, on one line",
    ),
    ("refusal.no_district", "没有登记属于该区县的驿站", "no station of this district is registered"),
    ("refusal.matchers_most", "matchers：最多 {most} 个条件", "matchers: at most {most}"),
    (
        "refusal.matchers_twice",
        "matchers：一条告警的 `{name}` 不会有两个值；请分别添加静默",
        "matchers: no alert has two values of `{name}`; add a silence for each",
    ),
    (
        "refusal.matchers_rule",
        "matchers：没有规则 `{value}`；规则名见 /openapi.json 的 NewMatcher",
        "matchers: `{value}` is no rule; the names stand in /openapi.json, in NewMatcher",
    ),
    (
        "refusal.matchers_severity",
        "matchers：没有 `{value}` 这一级别；可选 {names}",
        "matchers: `{value}` is no severity; choose {names}",
    ),
    ("refusal.matchers_none", "静默至少需要一个条件", "a silence needs at least one matcher"),
    ("refusal.matchers_name", "`{name}` 不在 {names} 之中", "`{name}` is none of {names}"),
    ("refusal.silence_end", "静默的结束须晚于开始", "a silence must end after it begins"),
    (
        "refusal.no_silence",
        "没有这个编号且尚未结束的静默",
        "there is no silence of this id that has not ended",
    ),
    (
        "refusal.maintenance_place",
        "维护时段须针对一个驿站或一个区县",
        "a maintenance window is for a station or for a district",
    ),
    ("refusal.maintenance_end", "维护时段的结束须晚于开始", "a maintenance window must end after it begins"),
    (
        "refusal.no_maintenance",
        "没有这个编号且尚未结束的维护时段",
        "there is no maintenance window of this id that has not ended",
    ),
    // Alerts, commands, channels.
    ("refusal.no_alert", "没有这个编号的告警", "there is no alert of this id"),
    ("refusal.note", "note：最多 {most} 个字，写在一行内", "note: at most {most} characters, on one line"),
    (
        "refusal.command_again",
        "此前已向该驿站发送过这个编号的命令；请换一个编号",
        "this station was sent a command of this id before; use a new id",
    ),
    (
        "refusal.not_connected",
        "驿站未连接，或未订阅命令；什么也没有发送，也不会等它上线再发",
        "the station is not connected, or not subscribed to its commands; nothing was sent, and nothing waits for it",
    ),
    (
        "refusal.command_expires",
        "expires：须晚于现在，最多晚 {most} 秒",
        "expires: must lie ahead, by at most {most} s",
    ),
    ("refusal.no_channel", "没有配置这个名称的通道", "no channel of this name is configured"),
    // The request itself.
    (
        "refusal.no_json",
        "请发送 JSON，并附 `Content-Type: application/json`",
        "send JSON, with `Content-Type: application/json`",
    ),
    (
        "refusal.body_size",
        "请求内容无法读取，或超过 {most} 字节",
        "the body could not be read, or is longer than {most} bytes",
    ),
    (
        "refusal.body_no_json",
        "请求内容不是有效的 JSON（第 {line} 行，第 {column} 列）",
        "the body is no valid JSON (line {line}, column {column})",
    ),
    (
        "refusal.body_no_object",
        "请求内容须为 JSON 对象，如 {…}",
        "the body must be a JSON object, such as {…}",
    ),
    (
        "refusal.body_unknown",
        "没有名为 `{member}` 的成员；可用的成员：{known}",
        "there is no member `{member}`; there are {known}",
    ),
    ("refusal.body_missing", "缺少成员 `{member}`", "the member `{member}` is missing"),
    (
        "refusal.body_twice",
        "成员 `{member}` 出现了不止一次",
        "the member `{member}` stands there more than once",
    ),
    ("refusal.body_text", "{member}：须为文本", "{member}: must be a text"),
    ("refusal.body_count", "{member}：须为不小于 0 的整数", "{member}: must be a whole number, 0 or more"),
    ("refusal.body_number", "{member}：须为整数", "{member}: must be a whole number"),
    ("refusal.body_figure", "{member}：须为数字", "{member}: must be a number"),
    ("refusal.body_flag", "{member}：须为 true 或 false", "{member}: must be true or false"),
    (
        "refusal.body_name",
        "{member}：没有这个名称；见 /openapi.json",
        "{member}: there is no such name; /openapi.json lists them",
    ),
    ("refusal.body_choice", "{member}：须为其中之一：{known}", "{member}: must be one of {known}"),
    ("refusal.body_list", "{member}：须为列表", "{member}: must be a list"),
    ("refusal.body_object", "{member}：须为对象", "{member}: must be an object"),
    ("refusal.body_value", "{member}：内容不符合要求", "{member}: is not as it should be"),
    (
        "refusal.body_time",
        "{member}：须为自 Unix 纪元起的毫秒数，或 RFC 3339 时间，如 2026-03-01T08:00:00+08:00",
        "{member}: must be a time as ms since the Unix epoch, or as RFC 3339 like 2026-03-01T08:00:00+08:00",
    ),
    (
        "refusal.no_path",
        "{path} 处没有内容；见 /openapi.json",
        "there is nothing at {path}; /openapi.json lists what there is",
    ),
    (
        "refusal.no_method",
        "{path} 不支持 {method}；见 /openapi.json",
        "{method} is not possible at {path}; /openapi.json lists what is",
    ),
    ("refusal.year", "from、to：一次最多 366 天", "from, to: at most 366 days in one answer"),
    ("refusal.from_to", "`from` 须早于 `to`", "`from` must lie before `to`"),
    // Parts of the hub that fail.
    (
        "refusal.registry_fails",
        "登记信息暂时不可用；原因见中枢日志",
        "the registry cannot be used now; the hub's log says why",
    ),
    (
        "refusal.operations_fails",
        "operations.db 暂时不可用，无法记录的操作一律不执行；原因见中枢日志",
        "operations.db cannot be used now, and nothing is done that cannot be noted; the hub's log says why",
    ),
    (
        "refusal.state_fails",
        "状态暂时无法读取；原因见中枢日志",
        "the state cannot be read now; the hub's log says why",
    ),
    (
        "refusal.history_fails",
        "历史数据暂时无法读取；原因见中枢日志",
        "the history cannot be read now; the hub's log says why",
    ),
    (
        "refusal.outages_fails",
        "中断记录暂时无法读取；原因见中枢日志",
        "the outages cannot be read now; the hub's log says why",
    ),
    (
        "refusal.quarantine_fails",
        "隔离区暂时无法读取；原因见中枢日志",
        "the quarantine cannot be read now; the hub's log says why",
    ),
    (
        "refusal.no_history",
        "本中枢不保存历史（[history] enabled = false）；请查询它的 InfluxDB",
        "this hub keeps no history ([history] enabled = false); ask its InfluxDB",
    ),
    (
        "refusal.streams",
        "打开的数据流过多；请关闭一个，或改用轮询",
        "too many streams are open; close one, or poll",
    ),
    ("refusal.internal", "中枢未能应答；详见其日志", "the hub failed to answer; its log says more"),
];
