use super::{Lines, Origin, write_other, write_reading};
use crate::entry::{Entry, PresenceChange, What};
use waystation_protocol::{Decoded, Kind, Limits, PresenceState, Reading, decode_channel};

const TS: i64 = 1_763_800_000_123;
const HOME: Origin<'_> = Origin { station: "hp-001", district: Some("黄浦") };

/// A reading as a station would send it; `json` is what follows `ts` and `device`.
fn reading(kind: Kind, json: &str) -> Reading {
    let payload = format!(r#"{{"ts":{TS},"device":"d-1",{json}}}"#);
    let mut decoded = Decoded::default();
    decode_channel(kind, payload.as_bytes(), TS, &Limits::default(), &mut decoded);
    assert!(decoded.rejected.is_empty(), "{kind}: {payload}: {:?}", decoded.rejected[0].reason);
    decoded.accepted.remove(0).reading
}

fn text(lines: &mut Lines) -> String {
    String::from_utf8(lines.drain().next_body(100, usize::MAX, None).unwrap().bytes.to_vec()).unwrap()
}

/// The lines of one reading, with the timestamp left out.
fn check_from(origin: Origin<'_>, kind: Kind, json: &str, expected: &[&str]) {
    let mut lines = Lines::default();
    write_reading(origin, &reading(kind, json), &mut lines);
    assert_eq!(lines.count(), expected.len(), "{json}");
    let expected: String = expected.iter().map(|line| format!("{line} {TS}\n")).collect();
    assert_eq!(text(&mut lines), expected, "{json}");
}

fn check(kind: Kind, json: &str, expected: &[&str]) {
    check_from(HOME, kind, json, expected);
}

#[test]
fn every_kind_has_its_measurement_with_sorted_tags_and_typed_fields() {
    check(
        Kind::Environment,
        r#""temperature_c":23.4,"humidity_pct":50,"co2_ppm":1e3,"illuminance_lx":0"#,
        &["environment,device=d-1,district=黄浦,station=hp-001 \
           temperature_c=23.4,humidity_pct=50.0,co2_ppm=1000.0,illuminance_lx=0.0"],
    );
    check(
        Kind::Door,
        r#""event":"denied","method":"qr","deny_reason":"blocked","contact":"closed","lock_battery_pct":80"#,
        &["door,device=d-1,district=黄浦,event=denied,method=qr,station=hp-001 \
           events=1i,deny_reason=\"blocked\",contact=\"closed\",lock_battery_pct=80.0"],
    );
    check(
        Kind::Swap,
        r#""swap":"s-1","class":"60V","result":"ok","slot_in":3,"soc_in_pct":12.5,"duration_s":41"#,
        &["swap,class=60V,device=d-1,district=黄浦,result=ok,station=hp-001 \
           swap=\"s-1\",slot_in=3.0,soc_in_pct=12.5,duration_s=41.0"],
    );
    check(
        Kind::Occupancy,
        r#""people":3,"capacity":10,"entries_total":9007199254740991,"exits_total":0"#,
        &["occupancy,device=d-1,district=黄浦,station=hp-001 \
           people=3.0,capacity=10.0,entries_total=9007199254740991i,exits_total=0i"],
    );
    check(
        Kind::Amenity,
        r#""amenity":"microwave","state":"in_use","uses_total":7"#,
        &["amenity,amenity=microwave,device=d-1,district=黄浦,station=hp-001 state=\"in_use\",uses_total=7i"],
    );
    check(
        Kind::Fund,
        r#""sales_total":1,"fund_total_fen":1234,"breakfasts_total":5"#,
        &[
            "fund,device=d-1,district=黄浦,station=hp-001 sales_total=1i,fund_total_fen=1234i,breakfasts_total=5i",
        ],
    );
    check(
        Kind::Gateway,
        r#""agent":"1.2.0","uptime_s":5,"lost_total":2,"clock_offset_ms":-120,"mains":true"#,
        &["gateway,device=d-1,district=黄浦,station=hp-001 \
           agent=\"1.2.0\",uptime_s=5.0,lost_total=2i,clock_offset_ms=-120.0,mains=true"],
    );
    check(
        Kind::Gateway,
        r#""source":"modbus","source_state":"failing","source_readings_total":7,"source_refused_total":0"#,
        &["gateway,device=d-1,district=黄浦,station=hp-001 source=\"modbus\",source_state=\"failing\",\
           source_readings_total=7i,source_refused_total=0i"],
    );
}

#[test]
fn a_cabinet_has_a_line_for_each_slot_and_one_for_itself_if_it_says_something() {
    let home = "device=d-1,district=黄浦";
    check(
        Kind::Cabinet,
        r#""status":"idle","smoke":false,"slots":[
            {"slot":1,"state":"ready","class":"48V","soc_pct":99.5,"cycles":12,"battery":"B\"1\\"},
            {"slot":12,"state":"empty"}]"#,
        &[
            &format!("cabinet,{home},station=hp-001 status=\"idle\",smoke=false"),
            &format!(
                "slot,class=48V,{home},slot=1,station=hp-001 \
                 state=\"ready\",soc_pct=99.5,cycles=12.0,battery=\"B\\\"1\\\\\""
            ),
            &format!("slot,{home},slot=12,station=hp-001 state=\"empty\""),
        ],
    );
    check(
        Kind::Cabinet,
        r#""slots":[{"slot":1,"state":"fault"},{"slot":2,"class":"48V"}]"#,
        &[&format!("slot,{home},slot=1,station=hp-001 state=\"fault\"")],
    );
}

#[test]
fn an_event_that_is_all_tags_still_has_a_field() {
    check(
        Kind::Door,
        r#""event":"open""#,
        &["door,device=d-1,district=黄浦,event=open,station=hp-001 events=1i"],
    );
}

#[test]
fn a_district_is_free_text_and_may_be_absent() {
    for (district, written) in [
        (Some("a b,c=d"), ",district=a\\ b\\,c\\=d"),
        (Some("a\nb\tc"), ",district=a\\ b\\ c"),
        (Some("end\\"), ",district=end/"),
        (Some(""), ""),
        (None, ""),
    ] {
        check_from(
            Origin { station: "hp-001", district },
            Kind::Fund,
            r#""sales_total":1"#,
            &[&format!("fund,device=d-1{written},station=hp-001 sales_total=1i")],
        );
    }
}

#[test]
fn presence_is_written_and_what_is_no_reading_is_not() {
    let mut lines = Lines::default();
    let mut entry = Entry {
        station: "hp-001".try_into().unwrap(),
        received_ms: 0,
        what: What::Presence(PresenceChange {
            state: PresenceState::Online,
            ts: TS,
            agent: Some("1\n2".into()),
        }),
    };
    write_other(HOME, &entry, &mut lines);
    entry.what = What::Result(b"{}".to_vec());
    write_other(HOME, &entry, &mut lines);
    assert_eq!(
        text(&mut lines),
        format!("presence,district=黄浦,station=hp-001 state=\"online\",agent=\"1 2\" {TS}\n")
    );
}
