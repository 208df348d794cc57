//! What `waystation-agent claim` says.

#[rustfmt::skip]
pub const TEXTS: &[super::Row] = &[
    ("claim.token", "站点 {station}：令牌已写入 {path}。", "Station {station}: its token is in {path}."),
    ("claim.written", "{path} 已写好；请在其中加上本站的数据源。", "{path} is written; add the sources of this station to it."),
    ("claim.fits", "{path} 与中枢一致。", "{path} fits."),
    ("claim.differs", "{path} 保持原样，请将其中的内容改为：\n  {changes}", "{path} is left as it is; change in it:\n  {changes}"),
    ("claim.instead", "（代替 token）", " instead of token"),
    ("claim.next_service", "下一步：runuser -u waystation-agent -- waystation-agent check，然后 systemctl enable --now waystation-agent。", "Next: runuser -u waystation-agent -- waystation-agent check, then systemctl enable --now waystation-agent."),
    ("claim.next", "下一步：waystation-agent check --config {path}，然后 waystation-agent run --config {path}。", "Next: waystation-agent check --config {path}, then run --config {path}."),
    ("claim.no_folder", "无法建立目录 {path}（{error}）；请以 root 身份运行", "cannot make {path} ({error}); are you root?"),
    ("claim.no_file", "无法写入 {path}（{error}）；请以 root 身份运行。认领码还没有使用", "cannot write {path} ({error}); are you root? The code is not used up"),
    ("claim.used_up", "认领码已经用掉，但 {path} 没有写成（{error}）；请在中枢上再生成一个认领码", "the code is used up, and {path} could not be written ({error}); make another code"),
    ("claim.refused", "中枢拒绝了（{status}）：{detail}", "the hub refused ({status}): {detail}"),
    ("claim.no_hub", "这是中枢的 HTTP 地址吗？", "is this the hub's HTTP address?"),
    ("claim.not_understood", "看不懂中枢的应答（{error}）；中枢的版本更新吗？", "the hub's answer is not understood ({error}); is it a newer one?"),
    ("claim.no_address", "中枢没有说明它的 MQTT 地址；请自己写 {path}，包括 station、token_file 和 hub", "the hub did not say where its MQTT is; write {path} yourself, with station, token_file and hub"),
    ("claim.unreadable", "无法读取 {path}（{error}）", "{path} cannot be read ({error})"),
];
