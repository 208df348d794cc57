//! Changes of a station that is registered: some members, and the rest as it is.

use super::{COLUMNS, Mistake, NewStation, Registry, RegistryError, Station};
use waystation_protocol::StationId;

/// Columns with their new texts; an empty one clears. Not `id`, which is the station.
#[derive(Debug, Clone, Default)]
pub struct Edit(Vec<(&'static str, String)>);

impl Edit {
    /// False, and nothing happens, if there is no such column, or it is `id`.
    pub fn set(&mut self, column: &str, text: String) -> bool {
        match COLUMNS.iter().find(|known| **known == column && **known != "id") {
            Some(column) => self.0.push((*column, text)),
            None => return false,
        }
        true
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The station as it would be.
    ///
    /// # Errors
    /// Every mistake in it.
    pub fn of(&self, station: &Station) -> Result<Station, Vec<Mistake>> {
        let mut texts = NewStation::of(station);
        for (column, text) in &self.0 {
            if let Some(member) = texts.column_mut(column) {
                member.clone_from(text);
            }
        }
        texts.check()
    }
}

impl NewStation {
    /// What somebody would have typed for this station.
    #[must_use]
    pub fn of(station: &Station) -> Self {
        let text = |text: &Option<compact_str::CompactString>| text.as_deref().unwrap_or_default().to_owned();
        let number = |number: Option<String>| number.unwrap_or_default();
        Self {
            id: station.id.to_string(),
            name_zh: station.name_zh.to_string(),
            name_en: station.name_en.to_string(),
            city: text(&station.city),
            district: text(&station.district),
            street: text(&station.street),
            grid: text(&station.grid),
            latitude: number(station.latitude.map(|degrees| degrees.to_string())),
            longitude: number(station.longitude.map(|degrees| degrees.to_string())),
            kind: station.kind.to_string(),
            host_type: text(&station.host_type),
            opening_hours: text(&station.opening_hours),
            capacity: number(station.capacity.map(|people| people.to_string())),
            time_zone: text(&station.time_zone),
        }
    }
}

/// The columns in which two stations differ, in their order.
#[must_use]
pub fn differing(one: &Station, other: &Station) -> Vec<&'static str> {
    let (mut one, mut other) = (NewStation::of(one), NewStation::of(other));
    let differs = |column: &&'static str| one.column_mut(column) != other.column_mut(column);
    COLUMNS.into_iter().filter(differs).collect()
}

impl Registry {
    /// Changes a station; its token stays. Gives it as it was and as it is.
    ///
    /// # Errors
    /// If there is no such station, there is any mistake, or the file cannot be written.
    pub fn edit(&self, id: &StationId, edit: &Edit) -> Result<(Station, Station), RegistryError> {
        self.change(id, |station| edit.of(station).map_err(RegistryError::Mistakes))
    }
}
