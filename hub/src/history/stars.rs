//! A proposal of one to five stars, with what it rests on. A person decides.
//!
//! Weights are those of domain.md: availability 30, utilisation 25, environment 15, amenities 15, open 24 h 10,
//! safety 5; an open smoke or forced-entry alert caps it at two stars.

use super::report::UptimeOf;
use super::utilisation::Figures;
use super::{History, HistoryError};
use crate::registry::{Station, StationKind};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Score from which on there are so many stars [J].
const STARS: [(f64, u8); 4] = [(85.0, 5), (70.0, 4), (55.0, 3), (40.0, 2)];
/// Stars that a station with an open smoke or forced-entry alert can have.
const CAP: u8 = 2;
/// Of the weights, so much must be known for a proposal, as for every figure.
const KNOWN_MIN: f64 = 80.0;
/// Seat utilisation that earns all its points [J]: rooms that are half full on the average are crowded at noon.
const FULL_UTILISATION: f64 = 0.5;

/// One weighted part of the score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StarWeight {
    pub name: &'static str,
    pub weight: f64,
    /// 0–1; null where nothing is known.
    pub score: Option<f64>,
}

/// A proposal.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StarProposal {
    pub station: String,
    pub district: Option<String>,
    pub kind: StationKind,
    /// Null while too little is known.
    pub stars: Option<u8>,
    /// 0–100, over the weights that are known.
    pub score: Option<f64>,
    pub weights: Vec<StarWeight>,
    /// The alerts that cap it, by rule.
    pub capped_by: Vec<String>,
    /// The stretch, ms since the Unix epoch.
    pub from: i64,
    pub to: i64,
}

/// The rules of the open alerts of each station that matter here: those of smoke and forced entry cap the stars, any
/// critical one costs the points for safety.
#[derive(Debug, Clone, Default)]
pub struct OpenAlerts {
    pub capping: BTreeMap<String, Vec<String>>,
    pub critical: BTreeMap<String, Vec<String>>,
}

impl History {
    /// A proposal for each station that was heard in the stretch, by id. Blocks.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn stars(
        &self,
        from: i64,
        to: i64,
        uptime: UptimeOf<'_>,
        alerts: &OpenAlerts,
    ) -> Result<Vec<StarProposal>, HistoryError> {
        let directory = self.0.directory.load();
        let bases = self.bases(&directory, from, to, uptime)?;
        let zone = &self.0.zone;
        let propose = |(station, basis): (Arc<Station>, _)| {
            let figures = Figures::of(&basis);
            let all_day = station.calendar(zone).hours().is_all_day();
            proposal(&station, &figures, all_day, alerts, from, to)
        };
        Ok(bases.into_iter().map(propose).collect())
    }
}

fn proposal(
    station: &Station,
    figures: &Figures,
    all_day: bool,
    alerts: &OpenAlerts,
    from: i64,
    to: i64,
) -> StarProposal {
    let id = station.id.as_str();
    let capped_by = alerts.capping.get(id).cloned().unwrap_or_default();
    let safe = !alerts.critical.contains_key(id) && capped_by.is_empty();
    let weight = |name, weight, score: Option<f64>| StarWeight { name, weight, score };
    let weights = vec![
        weight("availability", 30.0, figures.availability_station.value),
        weight(
            "utilisation",
            25.0,
            figures.seat_utilisation.value.map(|share| (share / FULL_UTILISATION).min(1.0)),
        ),
        weight("environment", 15.0, figures.air_ok.value),
        weight("amenities", 15.0, figures.amenities_ok.value),
        weight("open_24h", 10.0, Some(f64::from(u8::from(all_day)))),
        weight("safety", 5.0, Some(f64::from(u8::from(safe)))),
    ];
    let known: f64 = weights.iter().filter(|part| part.score.is_some()).map(|part| part.weight).sum();
    let earned: f64 = weights.iter().filter_map(|part| Some(part.weight * part.score?)).sum();
    let score = (known >= KNOWN_MIN).then(|| (earned / known * 1000.0).round() / 10.0);
    let stars =
        score.map(|score| STARS.iter().find(|(least, _)| score >= *least).map_or(1, |(_, stars)| *stars));
    StarProposal {
        station: id.to_owned(),
        district: station.district.as_deref().map(str::to_owned),
        kind: station.kind,
        stars: stars.map(|stars| if capped_by.is_empty() { stars } else { stars.min(CAP) }),
        score,
        weights,
        capped_by,
        from,
        to,
    }
}
