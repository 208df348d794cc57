use crate::config::Config;
use crate::config::keys::Keys;
use crate::texts::Language;
use std::path::Path;

/// These lines of configuration have these mistakes, each found by its beginning.
fn check(text: &str, expected: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agent.toml");
    let map = folder.path().join("map.toml");
    std::fs::write(
        &map,
        "[profiles.x]\nkind = \"door\"\n[profiles.x.members]\ncolour = { pointer = \"/c\" }\n",
    )
    .unwrap();
    let text = text.replace("MAP", &map.display().to_string());
    std::fs::write(&path, format!("station = \"a\"\nhub = \"mqtt://h\"\n{text}")).unwrap();
    let found: Vec<_> = Config::load(Some(&path)).err().map_or_else(Vec::new, |mistakes| {
        mistakes.list.iter().map(|mistake| mistake.without_place(Language::En)).collect()
    });
    assert_eq!(found.len(), expected.len(), "{text}\n{found:#?}");
    for wanted in expected {
        assert!(found.iter().any(|mistake| mistake.starts_with(wanted)), "{wanted} in {found:#?}");
    }
}

#[test]
fn the_ready_made_maps_are_sound() {
    for (name, text) in super::mqtt::READY_MAPS {
        let mut keys =
            Keys::of_text(Path::new(name), "[item]\nmap = \"X\"".replace('X', name).as_str()).unwrap();
        let profiles = super::map::profiles(&mut keys, "item", &super::mqtt::READY_MAPS);
        assert!(profiles.len() >= 3, "{name}: {text}");
        assert!(profiles.values().all(|profile| !profile.rules.is_empty()));
        keys.finish(Some(())).unwrap();
    }
}

#[test]
fn no_two_sources_nor_the_gateway_have_one_name() {
    let exec =
        |name: &str| format!("[[sources.exec]]\nname = \"{name}\"\ncommand = [\"true\"]\nevery_s = 1\n");
    check(&exec("seats"), &[]);
    check(&format!("{}{}", exec("seats"), exec("seats")), &["sources.exec[1].name: another source"]);
    check(&exec("gateway"), &["sources.exec[0].name: another source, or the gateway"]);
    check(&exec("http"), &["sources.exec[0].name: another source"]);
    check(&exec("-seats"), &["sources.exec[0].name: must be"]);
    check("[gateway]\ndevice = \"system\"\n", &["gateway.device: another source"]);
    check(&format!("[gateway]\ndevice = \"gw\"\n{}", exec("gateway")), &[]);
}

#[test]
fn mistakes_of_the_mqtt_source() {
    let device = "[[sources.mqtt.devices]]\ntopic = \"t\"\ndevice = \"d\"\n";
    let broker = "[[sources.mqtt]]\nurl = \"mqtt://b\"\n";
    check(&format!("{broker}map = \"shelly\"\n{device}use = \"climate\"\n"), &[]);
    check(
        &format!("{broker}map = \"shely\"\n{device}use = \"climate\"\n"),
        &["sources.mqtt[0].map: must be one of zigbee2mqtt"],
    );
    check(&format!("{broker}map_file = \"MAP\"\n{device}use = \"x\"\n"), &["sources.mqtt[0].map_file: "]);
    check(
        "[[sources.mqtt]]\nurl = \"tcp://b\"\nname = \"A b\"\nreport = \"some\"\n",
        &[
            "sources.mqtt[0].url: must be mqtt://",
            "sources.mqtt[0].name: must be",
            "sources.mqtt[0].report: must be",
            "sources.mqtt[0].devices: is missing",
        ],
    );
    check(
        &format!(
            "{broker}name = \"x\"\n{device}kind = \"door\"\nmembers = {{ contact = {{ pointer = \"\" }} }}\n{broker}name = \"x\"\n{device}kind = \"door\"\n"
        ),
        &[
            "sources.mqtt[1].name: another source, or the gateway, is called x",
            "sources.mqtt[1].devices[0]: has no members",
        ],
    );
    let rules = "members = { contact = { pointer = \"c\", values = { 1 = \"ajar\" } }, colour = { pointer = \"/c\" } }\n";
    check(
        &format!("{broker}{device}kind = \"door\"\nset = {{ lock = \"glued\" }}\n{rules}"),
        &[
            "sources.mqtt[0].devices[0].members.contact.values.1: contact cannot be ajar",
            "sources.mqtt[0].devices[0].members.contact.pointer: must begin with /",
            "sources.mqtt[0].devices[0].members.colour: readings of this kind",
            "sources.mqtt[0].devices[0].set.lock: readings of kind door",
        ],
    );
}

#[test]
fn the_ready_made_registers_are_sound() {
    for (name, _) in super::READY_REGISTERS {
        let device = "url = \"tcp://h\"\ndevice = \"d\"\n";
        check(&format!("[[sources.modbus]]\nmap = \"{name}\"\n{device}"), &[]);
    }
}

#[test]
fn mistakes_of_the_modbus_source() {
    let line = "[[sources.modbus]]\nurl = \"tcp://h\"\ndevice = \"d\"\n";
    check(
        "[[sources.modbus]]\nurl = \"h:502\"\nunit = 0\nevery_s = 0\nmap = \"sdm\"\n",
        &[
            "sources.modbus[0].url: must be tcp://",
            "sources.modbus[0].unit: must be 1 to 247",
            "sources.modbus[0].every_s: must be",
            "sources.modbus[0].device: is missing",
            "sources.modbus[0].map: must be one of climate-rs485",
        ],
    );
    check(
        &format!("{line}map = \"sdm120\"\nkind = \"door\"\n"),
        &["sources.modbus[0].kind: the map is of kind cabinet"],
    );
    check(&format!("{line}kind = \"door\"\n"), &["sources.modbus[0]: has no registers"]);
    let wrong =
        "registers = [{ member = \"foo\", table = \"nix\", address = 70000, type = \"u64\", scale = 2 }]\n";
    check(
        &format!("{line}kind = \"door\"\n{wrong}"),
        &[
            "sources.modbus[0].registers[0].member: readings of kind door have no member foo",
            "sources.modbus[0].registers[0].table: must be one of",
            "sources.modbus[0].registers[0].address: must be 0 to 65535",
            "sources.modbus[0].registers[0].type: must be one of",
            "sources.modbus[0]: has no registers",
        ],
    );
    let registers = "registers = [{ member = \"colour\", address = 1 }, { member = \"contact\", table = \"x\", type = \"u64\", words = \"odd\" }]\n";
    check(
        &format!("{line}kind = \"door\"\n{registers}"),
        &[
            "sources.modbus[0].registers[0].member: readings of kind door have no member colour",
            "sources.modbus[0].registers[1].table: must be one of",
            "sources.modbus[0].registers[1].type: must be one of",
            "sources.modbus[0].registers[1].words: must be one of",
            "sources.modbus[0].registers[1].address: is missing",
            "sources.modbus[0]: has no registers",
        ],
    );
}
