use crate::config::{Channel, ChannelKind, load_with};

/// Loads a channel of this text; gives the keys that are wrong, without their prefix.
fn wrong(text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hub.toml");
    std::fs::write(&file, format!("[alerts.channels.duty]\n{text}")).unwrap();
    let mistakes = load_with(Some(&file), []).err().map_or_else(Vec::new, |errors| errors.mistakes);
    let mut keys: Vec<String> = mistakes
        .iter()
        .map(|mistake| {
            assert_ne!(mistake.place, crate::config::Place::Default, "{mistake}");
            mistake.key.trim_start_matches("alerts.channels.duty.").to_owned()
        })
        .collect();
    keys.sort();
    keys
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(wrong(text), expected, "{text}");
}

const URL: &str = "url = \"https://robot.example/x?k=1\"\n";

#[test]
fn a_channel_is_complete_and_says_nothing_vain() {
    check("", &[]);
    check(URL, &["kind"]);
    check(&format!("kind = \"dingtalk\"\n{URL}secret = \"s\"\nmobiles = [\"1\"]\n"), &[]);
    check("kind = \"dingtalk\"\n", &["url"]);
    check("kind = \"telegram\"\n", &["kind"]);
    check(&format!("kind = \"wecom\"\n{URL}secret = \"s\"\nto = [\"a@b\"]\n"), &["secret", "to"]);
    check(&format!("kind = \"feishu\"\n{URL}mobiles = [\"1\"]\n"), &["mobiles"]);
    check(&format!("kind = \"webhook\"\n{URL}timeout_s = 0\nusername = \"u\"\n"), &["timeout_s", "username"]);
    check(
        &format!("kind = \"webhook\"\n{URL}colour = 1\nmin_severity = \"high\"\n"),
        &["colour", "min_severity"],
    );
    check("kind = \"email\"\nserver = \"mail\"\n", &["from", "server", "to"]);
    let mail = "kind = \"email\"\nserver = \"mail.example:587\"\nfrom = \"hub@example.com\"\nto = [\"a@example.com\"]\n";
    check(mail, &[]);
    check(&format!("{mail}{URL}"), &["url"]);
}

#[test]
fn names_and_references_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hub.toml");
    let text = format!("[alerts]\nescalate_to = \"boss\"\n[alerts.channels.Duty]\nkind = \"webhook\"\n{URL}");
    std::fs::write(&file, text).unwrap();
    let errors = load_with(Some(&file), []).unwrap_err().to_string();
    for part in [
        "line 2: alerts.escalate_to: there is no channel `boss`",
        "line 3: alerts.channels.Duty: a channel's",
    ] {
        assert!(errors.contains(part), "{errors}");
    }
}

#[test]
fn secrets_and_lists_come_from_elsewhere_too() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hub.toml");
    let url = folder.path().join("robot");
    std::fs::write(&url, "https://robot.example/x?access_token=1\n").unwrap();
    std::fs::write(&file, "[alerts.channels.duty]\nkind = \"dingtalk\"\n").unwrap();
    let variable =
        |name: &str, value: &str| (format!("WAYSTATION_ALERTS__CHANNELS__DUTY__{name}"), value.to_owned());
    let variables = [
        variable("URL_FILE", url.to_str().unwrap()),
        variable("MOBILES", "13800000000, 13900000000"),
        variable("SECRET", "SEC1"),
    ];
    let config = load_with(Some(&file), variables).unwrap().config;
    let Channel { kind, url, secret, mobiles, .. } = &config.alerts.channels["duty"];
    assert_eq!(*kind, Some(ChannelKind::Dingtalk));
    assert_eq!((url.as_str(), secret.as_deref()), ("https://robot.example/x?access_token=1", Some("SEC1")));
    assert_eq!(mobiles, &["13800000000", "13900000000"]);
}
