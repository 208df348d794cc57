//! Who takes part in the demo: stations with believable names and places, and a reader.

use std::path::Path;

use waystation_agent::simulate::tokens::StationLogin;
use waystation_protocol::StationId;

use crate::registry::{NewStation, Registry, RegistryError, Role, Token, TokenName};

/// Name of the token with which one can listen in.
pub(super) const READER: &str = "demo";

/// Name of the token with which one signs in to the console.
pub(super) const ADMIN: &str = "demo-admin";

/// Streets of Daxing and Jiangbei with the position of their middle, WGS-84 degrees.
const STREETS: [(&str, &str, &str, &str, f64, f64); 8] = [
    ("北京市", "大兴区", "清源街道", "Qingyuan", 39.7412, 116.3304),
    ("北京市", "大兴区", "兴丰街道", "Xingfeng", 39.7301, 116.3437),
    ("北京市", "大兴区", "观音寺街道", "Guanyinsi", 39.7250, 116.3321),
    ("北京市", "大兴区", "天宫院街道", "Tiangongyuan", 39.6704, 116.3199),
    ("宁波市", "江北区", "中马街道", "Zhongma", 29.8836, 121.5555),
    ("宁波市", "江北区", "白沙街道", "Baisha", 29.8949, 121.5650),
    ("宁波市", "江北区", "孔浦街道", "Kongpu", 29.9071, 121.5809),
    ("宁波市", "江北区", "庄桥街道", "Zhuangqiao", 29.9390, 121.5349),
];

/// Who may log in, with fresh tokens.
pub(super) struct Registered {
    pub(super) logins: Vec<StationLogin>,
    pub(super) reader: Token,
    pub(super) admin: Token,
}

/// Registers the stations in the demo's folder, or gives those of an earlier demo new tokens.
pub(super) fn register(data_dir: &Path, count: u32) -> anyhow::Result<Registered> {
    let registry = Registry::open(data_dir)?;
    let mut logins = Vec::new();
    for number in 0..count {
        let new = station(number);
        let station = StationId::try_from(new.id.as_str())?;
        let token = match registry.add(&new) {
            Err(RegistryError::StationExists(_)) => registry.rotate_token(&station)?,
            added => added?,
        };
        logins.push(StationLogin { station, token: Some(token.as_str().to_owned()) });
    }
    let (reader, admin) = (token(&registry, READER, Role::Reader)?, token(&registry, ADMIN, Role::Admin)?);
    Ok(Registered { logins, reader, admin })
}

/// A fresh token of this name.
fn token(registry: &Registry, name: &str, role: Role) -> anyhow::Result<Token> {
    let name: TokenName = name.parse().map_err(anyhow::Error::msg)?;
    match registry.remove_token(&name) {
        Ok(()) | Err(RegistryError::NoSuchToken(_)) => Ok(registry.add_token(&name, role)?),
        Err(error) => Err(error.into()),
    }
}

fn station(number: u32) -> NewStation {
    let (city, district, street, name_en, latitude, longitude) = STREETS[number as usize % STREETS.len()];
    let round = number / STREETS.len() as u32;
    // Around the middle of the street's area, some 400 m apart.
    let (east, north) = (f64::from(round % 7) * 0.004, f64::from(round / 7 % 7) * 0.004);
    let suffix = if round == 0 { String::new() } else { format!(" {}", round + 1) };
    NewStation {
        id: format!("demo-{:04}", number + 1),
        name_zh: format!("{}暖心驿站{suffix}", street.trim_end_matches("街道")),
        name_en: format!("{name_en}{suffix}"),
        city: city.into(),
        district: district.into(),
        street: street.into(),
        latitude: format!("{:.4}", latitude + north),
        longitude: format!("{:.4}", longitude + east),
        kind: "rest".into(),
        host_type: "union".into(),
        opening_hours: if number.is_multiple_of(3) { "24h".into() } else { "08:00-18:00".into() },
        capacity: "20".into(),
        ..NewStation::default()
    }
}

#[cfg(test)]
mod tests {
    use super::{register, station};

    #[test]
    fn every_station_of_the_largest_demo_is_valid() {
        for number in 0..10_000 {
            assert!(station(number).check().is_ok(), "{number}");
        }
    }

    #[test]
    fn a_second_demo_finds_its_stations_again() {
        let folder = tempfile::tempdir().unwrap();
        let first = register(folder.path(), 3).unwrap();
        let second = register(folder.path(), 4).unwrap();
        assert_eq!((first.logins.len(), second.logins.len()), (3, 4));
        assert_ne!(first.logins[0].token, second.logins[0].token);
        assert_ne!(first.reader, second.reader);
    }
}
