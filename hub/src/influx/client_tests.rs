use super::{Client, ClientError};
use crate::config::{Influx, InfluxApi};

fn client(url: &str, api: InfluxApi) -> Result<Client, ClientError> {
    Client::new(&Influx {
        url: url.into(),
        api,
        org: "工会".into(),
        bucket: "a&b".into(),
        database: "way station".into(),
        ..Influx::default()
    })
}

#[test]
fn a_base_path_is_kept_and_names_are_escaped() {
    fn check(url: &str, api: InfluxApi, expected: &str) {
        assert_eq!(client(url, api).unwrap().write.as_str(), expected);
    }
    check("http://h:8086", InfluxApi::V1, "http://h:8086/write?db=way+station&precision=ms");
    check("http://h/influx/", InfluxApi::V1, "http://h/influx/write?db=way+station&precision=ms");
    check(
        "https://h/influx",
        InfluxApi::V2,
        "https://h/influx/api/v2/write?org=%E5%B7%A5%E4%BC%9A&bucket=a%26b&precision=ms",
    );
}

#[test]
fn what_is_no_address_is_refused_with_advice() {
    fn check(url: &str, advice: &str) {
        let error = client(url, InfluxApi::V1).err().unwrap().to_string();
        assert!(error.contains(url) && error.contains(advice), "{error}");
    }
    check("influx:8086/x", "http://");
    check("127.0.0.1:8086", "write it like http://127.0.0.1:8086");
    check("ftp://h", "http:// or https://");
}

#[test]
fn compression_is_left_out_on_the_same_machine() {
    for (url, compresses) in [
        ("http://127.0.0.1:8086", false),
        ("http://localhost:8086", false),
        ("http://[::1]:8086", false),
        ("http://10.0.0.5:8086", true),
        ("https://influx.example", true),
    ] {
        assert_eq!(client(url, InfluxApi::V2).unwrap().compresses(), compresses, "{url}");
    }
}
