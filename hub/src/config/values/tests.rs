use crate::config::load_with;

/// Takes keys as environment variables would give them, and compares the keys that are found wrong.
fn check(values: &[(&str, &str)], expected: &[&str]) {
    let variables = values.iter().map(|(key, value)| {
        (format!("WAYSTATION_{}", key.to_uppercase().replace('.', "__")), (*value).to_owned())
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("empty.toml");
    std::fs::write(&file, "").unwrap();
    let mistakes = load_with(Some(&file), variables).err().map_or_else(Vec::new, |errors| errors.mistakes);
    let mut keys: Vec<&str> = mistakes.iter().map(|mistake| mistake.key.as_str()).collect();
    keys.sort_unstable();
    assert_eq!(keys, expected, "{values:?} {mistakes:#?}");
}

#[test]
fn the_hub_must_listen_somewhere() {
    check(&[("mqtt.listen", "off")], &["mqtt.listen"]);
    check(&[("mqtt.listen", "off"), ("mqtt.ws_listen", "0.0.0.0:8083")], &[]);
}

#[test]
fn tls_needs_a_certificate_and_a_listener() {
    check(&[("mqtt.tls_listen", "0.0.0.0:8883")], &["mqtt.tls_listen"]);
    check(&[("mqtt.ws_tls", "true")], &["mqtt.ws_tls"]);
    check(&[("mqtt.tls.cert", "c"), ("mqtt.tls.key", "k")], &["mqtt.tls"]);
    check(&[("http.tls.cert", "c"), ("http.tls.key", "k"), ("http.listen", "off")], &["http.tls"]);
    let tls = [("mqtt.tls_listen", "0.0.0.0:8883"), ("mqtt.tls.cert", "c"), ("mqtt.tls.key", "k")];
    check(&tls, &[]);
    check(&[tls.as_slice(), &[("mqtt.tls.client_ca", "a")]].concat(), &["mqtt.tls.client_ca"]);
    check(&[tls.as_slice(), &[("mqtt.tls.client_auth", "required")]].concat(), &["mqtt.tls.client_auth"]);
    let both = [("mqtt.tls.client_auth", "required"), ("mqtt.tls.client_ca", "a")];
    check(&[tls.as_slice(), &both].concat(), &[]);
}

#[test]
fn listeners_do_not_share_an_address() {
    check(&[("mqtt.listen", "0.0.0.0:8080")], &["http.listen"]);
    check(&[("mqtt.listen", "127.0.0.2:8080")], &[]);
    check(&[("mqtt.listen", "0.0.0.0:0"), ("http.listen", "127.0.0.1:0")], &[]);
    check(&[("mqtt.listen", "[::]:8080"), ("http.listen", "[::1]:8080")], &["http.listen"]);
}

#[test]
fn feeds_name_an_address_that_can_be_written_to() {
    for fine in ["gbfs@example.com", "数据@union.example.cn"] {
        check(&[("gbfs.contact_email", fine)], &[]);
    }
    for wrong in
        ["", "gbfs", "@example.com", "gbfs@localhost", "a@b@example.com", "g bfs@example.com", "a@.cn"]
    {
        check(&[("gbfs.contact_email", wrong)], &["gbfs.contact_email"]);
    }
}

#[test]
fn limits_are_kept() {
    check(&[("mqtt.inflight_max", "0")], &["mqtt.inflight_max"]);
    check(&[("mqtt.packet_bytes_max", "1GiB")], &["log.segment_bytes", "mqtt.packet_bytes_max"]);
    check(&[("mqtt.packet_bytes_max", "64MiB")], &[]);
    check(&[("mqtt.batch_bytes_max", "65MiB")], &["log.segment_bytes"]);
    check(&[("log.segment_bytes", "2GiB")], &["log.segment_bytes"]);
    check(
        &[("mqtt.connect_timeout_s", "0"), ("mqtt.idle_limit_s", "0")],
        &["mqtt.connect_timeout_s", "mqtt.idle_limit_s"],
    );
    check(&[("log.max_bytes", "31MiB")], &["log.max_bytes"]);
    check(&[("log.max_bytes", "32MiB")], &[]);
    check(&[("log.max_bytes", "1MiB"), ("mqtt.batch_bytes_max", "128KiB")], &["log.max_bytes"]);
    check(&[("coverage.radius_m", "0")], &["coverage.radius_m"]);
    check(&[("coverage.radius_m", "50001")], &["coverage.radius_m"]);
    check(&[("presence.warn_after_s", "0")], &["presence.warn_after_s"]);
    check(&[("presence.offline_after_s", "180")], &["presence.offline_after_s"]);
    check(&[("presence.offline_after_s", "181")], &[]);
}

#[test]
fn influx_is_named_completely() {
    check(&[("influx.url", "http://db:8086/influx")], &[]);
    for url in ["db:8086", "ftp://db", "http://", "http:///x", "http://a b"] {
        check(&[("influx.url", url)], &["influx.url"]);
    }
    check(
        &[("influx.org", ""), ("influx.bucket", " "), ("influx.database", "")],
        &["influx.bucket", "influx.org"],
    );
    check(&[("influx.api", "v1"), ("influx.database", "")], &["influx.database"]);
    check(&[("influx.api", "v1"), ("influx.username", "u")], &["influx.username"]);
    check(&[("influx.api", "v1"), ("influx.password", "p")], &["influx.password"]);
    check(&[("influx.api", "v1"), ("influx.username", "u"), ("influx.password", "p")], &[]);
    check(&[("influx.writers", "0"), ("influx.batch_lines", "0")], &["influx.batch_lines", "influx.writers"]);
}
