//! What goes wrong in the demo, so that there is something to see: each sort within the first minutes, and again every
//! ten.

use waystation_agent::simulate::model::Station;
use waystation_agent::simulate::scenario::{Scenario, ScenarioError};
use waystation_agent::simulate::tokens::StationLogin;

// A link that is gone without a word is noticed after one and a half keep-alives, 180 s: shorter cuts show nothing.

/// From one round of troubles to the next, s, and how many rounds: six hours.
const ROUND_S: u32 = 600;
const ROUNDS: u32 = 36;
/// Streets of the demo; see `stations`.
const STREETS: usize = 8;
/// Fewer stations that go together are no group.
const GROUP_MIN: usize = 5;

/// The scenario for these stations, which are simulated with this seed.
pub(super) fn scenario(stations: &[StationLogin], seed: u64) -> Result<Scenario, ScenarioError> {
    let mut text = String::new();
    for round in 0..ROUNDS {
        let mut event = |at_s: u32, for_s: u32, what: &str, who: &[&StationLogin]| {
            let ids: Vec<&str> = who.iter().map(|login| login.station.as_str()).collect();
            if !ids.is_empty() {
                let at_s = round * ROUND_S + at_s;
                text += &format!(
                    "[[event]]\nat_s = {at_s}\nfor_s = {for_s}\nwhat = \"{what}\"\nstations = {ids:?}\n"
                );
            }
        };
        let nth = |number: usize| stations.get((number + 9 * round as usize) % stations.len().max(1));
        let cabinets = with_cabinets(stations, seed);
        let street: Vec<_> = stations.iter().skip(3).step_by(STREETS).collect();
        event(20, 12, "forced_door", &Vec::from_iter(nth(2)));
        event(40, 60, "smoke", &cabinets[..cabinets.len().min(1)]);
        event(60, 420, "power_cut", &Vec::from_iter(nth(4)));
        event(
            100,
            90,
            "hot_battery",
            &cabinets[cabinets.len() / 2..(cabinets.len() / 2 + 1).min(cabinets.len())],
        );
        if street.len() >= GROUP_MIN {
            event(150, 330, "outage", &street);
        }
    }
    Scenario::parse(&text)
}

fn with_cabinets(stations: &[StationLogin], seed: u64) -> Vec<&StationLogin> {
    let has = |index: usize| Station::new(seed, index as u64, 0).has_cabinets();
    stations.iter().enumerate().filter(|(index, _)| has(*index)).map(|(_, login)| login).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use waystation_agent::simulate::tokens;

    #[test]
    fn every_size_of_demo_has_its_troubles() {
        for count in [1, 3, 10, 60, 200] {
            scenario(&tokens::anonymous("demo-", count).unwrap(), 1).unwrap();
        }
    }
}
