//! What goes well and wrong between the agent and the devices of a station.

#[rustfmt::skip]
pub const TEXTS: &[super::Row] = &[
    ("found.broker", "已登录 {address}，映射了 {devices} 台设备", "logged in to {address}, {devices} device(s) mapped"),
    ("problem.broker_name", "域名 {host} 无法解析（{error}）。", "The name {host} cannot be resolved ({error})."),
    ("fix.broker_name", "检查该数据源的 url 和 DNS。", "Check the source's url, and DNS."),
    ("problem.broker_tcp", "连不上 {address} 的 MQTT 服务（{error}）。", "The broker {address} cannot be reached ({error})."),
    ("fix.broker_tcp", "确认 MQTT 服务在运行（systemctl status mosquitto），并检查 url。", "Check that the broker runs (systemctl status mosquitto), and the source's url."),
    ("problem.broker_tls", "与 {address} 的 TLS 握手失败（{error}）。", "The TLS handshake with the broker {address} failed ({error})."),
    ("fix.broker_tls", "检查该数据源的 ca 和 url。", "Check the source's ca and url."),
    ("problem.broker_login", "{address} 拒绝登录。", "The broker {address} refused the login."),
    ("fix.broker_login", "检查该数据源的 user 和 password_file。", "Check the source's user and password_file."),
    ("problem.broker_silent", "{address} 在 {seconds} 秒内没有应答。", "The broker {address} did not answer within {seconds} s."),
    ("fix.broker_silent", "检查 url：那里可能不是 MQTT 服务。", "Check the source's url: it may not be a broker."),
    ("problem.broker_lost", "与 {address} 的连接中断（{error}）。", "The connection to the broker {address} ended ({error})."),
    ("fix.broker_lost", "会自动重连；反复出现时查看 MQTT 服务的日志。", "It is tried again; if it comes back, read the broker's log."),
    ("problem.broker_list", "{address} 不允许订阅。", "The broker {address} does not let us subscribe."),
    ("fix.broker_list", "检查 MQTT 服务的访问控制（acl_file）。", "Check the broker's access list (acl_file)."),
    ("problem.source_silent", "设备在 {seconds} 秒内没有应答。", "The device did not answer within {seconds} s."),
    ("fix.source_silent", "检查设备的电源、接线和地址。", "Check the device's power, its wires and its address."),
    ("problem.value_unknown", "设备的 {member} 是映射中没有的值。", "A device's value for {member} is not one that the map knows."),
    ("fix.value_unknown", "在映射的 values 中补上该值，或检查 pointer。", "Add it to the map's values, or check the pointer."),
    ("problem.reading_refused", "一条读数被拒绝：{error}（{member}）。", "A reading was refused: {error} ({member})."),
    ("fix.reading_refused", "检查映射的 scale、offset 和单位；范围见 docs/wire.md。", "Check the map's scale, offset and units; docs/wire.md has the ranges."),
];
