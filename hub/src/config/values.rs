//! Checks of values against their limits and against one another. They touch nothing outside the program.

use std::borrow::Cow;
use std::net::SocketAddr;

use super::{
    ByteSize, CalendarConfig, ClientAuth, Config, Gbfs, History, Http, Influx, InfluxApi, Log, Mqtt,
    Presence, Text, Tls,
};
use crate::calendar::Zone;

/// Largest MQTT packet that the protocol can express, bytes (MQTT 5.0, 1.5.5).
const PACKET_BYTES_LIMIT: u64 = 268_435_455;

type Found = Vec<(Cow<'static, str>, Text)>;

impl Config {
    /// Everything that is wrong in a configuration of which each value is right by itself, by key.
    #[must_use]
    pub fn check_values(&self) -> Vec<(Cow<'static, str>, Text)> {
        let mut found = Found::new();
        check_mqtt(&self.mqtt, &mut found);
        check_log(&self.log, &self.mqtt, &mut found);
        if let Some(influx) = &self.influx {
            check_influx(influx, &mut found);
        }
        check_history(&self.history, &mut found);
        check_calendar(&self.calendar, &mut found);
        check_http(&self.http, &mut found);
        check_gbfs(&self.gbfs, &mut found);
        within(&mut found, "coverage.radius_m", self.coverage.radius_m, 1, 50_000);
        check_presence(&self.presence, &mut found);
        super::channels::check(&self.alerts, &mut found);
        check_addresses(self, &mut found);
        found
    }
}

fn require(found: &mut Found, fine: bool, key: &'static str, zh: impl Into<String>, en: impl Into<String>) {
    if !fine {
        found.push((key.into(), Text::new(zh, en)));
    }
}

fn within<N: PartialOrd + std::fmt::Display>(
    found: &mut Found,
    key: &'static str,
    value: N,
    least: N,
    most: N,
) {
    let fine = least <= value && value <= most;
    require(
        found,
        fine,
        key,
        format!("{value} 超出范围；请取 {least} 到 {most}"),
        format!("{value} is out of range; choose {least} to {most}"),
    );
}

fn check_mqtt(mqtt: &Mqtt, found: &mut Found) {
    let listens = mqtt.listen.is_some() || mqtt.tls_listen.is_some() || mqtt.ws_listen.is_some();
    require(
        found,
        listens,
        "mqtt.listen",
        "没有任何 MQTT 监听地址；请设置 listen、tls_listen 或 ws_listen 之一",
        "the hub would listen for MQTT nowhere; set one of listen, tls_listen, ws_listen",
    );
    let needs_tls = [("mqtt.tls_listen", mqtt.tls_listen.is_some()), ("mqtt.ws_tls", mqtt.ws_tls)];
    for (key, used) in needs_tls {
        require(
            found,
            !used || mqtt.tls.is_some(),
            key,
            "需要证书；请添加 [mqtt.tls]，写明 cert 和 key",
            "needs a certificate; add [mqtt.tls] with cert and key",
        );
    }
    require(
        found,
        !mqtt.ws_tls || mqtt.ws_listen.is_some(),
        "mqtt.ws_tls",
        "只有设置了 ws_listen 才有意义；请设置 ws_listen 或删除 ws_tls",
        "means nothing without ws_listen; set ws_listen or remove ws_tls",
    );
    if let Some(tls) = &mqtt.tls {
        require(
            found,
            mqtt.tls_listen.is_some() || mqtt.ws_tls,
            "mqtt.tls",
            "没有监听使用它；请设置 tls_listen 或 ws_tls，或删除这一段",
            "no listener uses it; set tls_listen or ws_tls, or remove the section",
        );
        check_client_auth(tls, ["mqtt.tls.client_ca", "mqtt.tls.client_auth"], found);
    }
    let is_address = |text: &String| text.starts_with("mqtts://") || text.starts_with("mqtt://");
    require(
        found,
        mqtt.advertise.as_ref().is_none_or(is_address),
        "mqtt.advertise",
        "须为 mqtts://主机[:端口] 或 mqtt://主机[:端口]",
        "must be mqtts://HOST[:PORT] or mqtt://HOST[:PORT]",
    );
    within(
        found,
        "mqtt.packet_bytes_max",
        mqtt.packet_bytes_max,
        ByteSize::kib(1),
        ByteSize(PACKET_BYTES_LIMIT),
    );
    within(found, "mqtt.batch_bytes_max", mqtt.batch_bytes_max, ByteSize::kib(1), ByteSize::gib(1));
    within(found, "mqtt.inflight_max", mqtt.inflight_max, 1, u16::MAX);
    within(found, "mqtt.connect_timeout_s", mqtt.connect_timeout_s, 1, 300);
    within(found, "mqtt.idle_limit_s", mqtt.idle_limit_s, 1, 7 * 86_400);
    within(found, "mqtt.threads", mqtt.threads, 0, 1024);
}

fn check_client_auth(tls: &Tls, [ca_key, auth_key]: [&'static str; 2], found: &mut Found) {
    let asks = tls.client_auth != ClientAuth::None;
    require(
        found,
        !asks || tls.client_ca.is_some(),
        auth_key,
        "验证客户端证书需要 client_ca；请写明签发机构的 PEM 文件",
        "client certificates cannot be verified without client_ca; name the PEM file of their authority",
    );
    require(
        found,
        asks || tls.client_ca.is_none(),
        ca_key,
        "client_auth 为 none 时不起作用；请设置 client_auth = \"optional\" 或 \"required\"",
        "has no effect while client_auth is none; set client_auth = \"optional\" or \"required\"",
    );
}

/// The log cuts its segments down to an eighth of its size, and a record must fit into one.
fn check_log(log: &Log, mqtt: &Mqtt, found: &mut Found) {
    within(found, "log.segment_bytes", log.segment_bytes, ByteSize::mib(1), ByteSize::gib(1));
    within(found, "log.commit_delay_ms", log.commit_delay_ms, 0, 1000);
    let record = mqtt.batch_bytes_max.max(mqtt.packet_bytes_max);
    require(
        found,
        log.segment_bytes >= record,
        "log.segment_bytes",
        format!("放不下一个批次（{record}）；请增大，或减小 mqtt.batch_bytes_max"),
        format!("is too small for one batch ({record}); raise it, or lower mqtt.batch_bytes_max"),
    );
    let least = ByteSize(record.0.saturating_mul(8));
    require(
        found,
        log.max_bytes >= least,
        "log.max_bytes",
        format!("太小；至少需要 {least}，或减小 mqtt.batch_bytes_max"),
        format!("is too small; it must be at least {least}, or lower mqtt.batch_bytes_max"),
    );
}

fn check_influx(influx: &Influx, found: &mut Found) {
    let host = influx.url.strip_prefix("http://").or_else(|| influx.url.strip_prefix("https://"));
    require(
        found,
        host.is_some_and(|host| {
            !host.is_empty() && !host.starts_with('/') && !host.contains(char::is_whitespace)
        }),
        "influx.url",
        "不是网址；请写成类似 http://127.0.0.1:8086",
        "is no web address; write it like http://127.0.0.1:8086",
    );
    let named: &[(&'static str, &str)] = match influx.api {
        InfluxApi::V2 => &[("influx.org", &influx.org), ("influx.bucket", &influx.bucket)],
        InfluxApi::V1 => &[("influx.database", &influx.database)],
    };
    for (key, name) in named {
        require(found, !name.trim().is_empty(), key, "是空的；请写上名称", "is empty; give it a name");
    }
    let (username, password) =
        (influx.username.is_some(), influx.password.is_some() || influx.password_file.is_some());
    require(
        found,
        password || !username,
        "influx.username",
        "缺少密码；请设置 password 或 password_file",
        "has no password; set password or password_file",
    );
    require(
        found,
        username || !password,
        "influx.password",
        "缺少用户名；请设置 username",
        "has no user name; set username",
    );
    within(found, "influx.batch_lines", influx.batch_lines, 1, 100_000);
    within(found, "influx.batch_age_ms", influx.batch_age_ms, 1, 60_000);
    within(found, "influx.writers", influx.writers, 1, 64);
    within(found, "influx.timeout_s", influx.timeout_s, 1, 600);
}

fn check_history(history: &History, found: &mut Found) {
    within(found, "history.raw_hours", history.raw_hours, 1, 366 * 24);
    // Backfill may be seven days old, and finds the minutes that it belongs to.
    within(found, "history.minute_days", history.minute_days, 8, 3_660);
}

fn check_calendar(calendar: &CalendarConfig, found: &mut Found) {
    let name = &calendar.time_zone;
    require(
        found,
        Zone::parse(name).is_ok(),
        "calendar.time_zone",
        format!("`{name}` 不是时区名称；请写成类似 Asia/Shanghai"),
        format!("`{name}` is no time zone; write it like Asia/Shanghai"),
    );
}

fn check_http(http: &Http, found: &mut Found) {
    if let Some(tls) = &http.tls {
        require(
            found,
            http.listen.is_some(),
            "http.tls",
            "没有监听使用它；请设置 http.listen，或删除这一段",
            "no listener uses it; set http.listen, or remove the section",
        );
        check_client_auth(tls, ["http.tls.client_ca", "http.tls.client_auth"], found);
    }
}

/// What nobody can write to is worse than no address.
fn check_gbfs(gbfs: &Gbfs, found: &mut Found) {
    let Some(email) = &gbfs.contact_email else { return };
    let (name, domain) = email.split_once('@').unwrap_or_default();
    let fine = !name.is_empty()
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !email.contains(char::is_whitespace)
        && email.matches('@').count() == 1;
    require(
        found,
        fine,
        "gbfs.contact_email",
        format!("`{email}` 不是邮箱地址；请写成类似 gbfs@example.com，或删除它以关闭 GBFS 数据"),
        format!(
            "`{email}` is no e-mail address; write it like gbfs@example.com, or remove it to keep GBFS off"
        ),
    );
}

fn check_presence(presence: &Presence, found: &mut Found) {
    within(found, "presence.warn_after_s", presence.warn_after_s, 1, 30 * 86_400);
    require(
        found,
        presence.offline_after_s > presence.warn_after_s,
        "presence.offline_after_s",
        format!("必须大于 warn_after_s（{}）", presence.warn_after_s),
        format!(
            "must be greater than warn_after_s ({}): a station is late before it is offline",
            presence.warn_after_s
        ),
    );
}

/// Two listeners cannot share an address.
fn check_addresses(config: &Config, found: &mut Found) {
    let used: Vec<(&'static str, SocketAddr)> = [
        ("mqtt.listen", config.mqtt.listen),
        ("mqtt.tls_listen", config.mqtt.tls_listen),
        ("mqtt.ws_listen", config.mqtt.ws_listen),
        ("http.listen", config.http.listen),
    ]
    .into_iter()
    .filter_map(|(key, address)| Some((key, address?)))
    .collect();
    for (index, (key, address)) in used.iter().enumerate() {
        if let Some((other, _)) = used[..index].iter().find(|(_, earlier)| collide(*earlier, *address)) {
            found.push((
                (*key).into(),
                Text::new(
                    format!("{address} 与 {other} 冲突；请换一个端口"),
                    format!("{address} is taken by {other}; choose another port"),
                ),
            ));
        }
    }
}

fn collide(left: SocketAddr, right: SocketAddr) -> bool {
    let same_host = left.ip() == right.ip() || left.ip().is_unspecified() || right.ip().is_unspecified();
    left.port() == right.port() && left.port() != 0 && same_host
}

#[cfg(test)]
mod tests;
