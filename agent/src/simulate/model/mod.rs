//! A believable station: people come and go with the rhythm of the day, and everything else follows from them.
//!
//! Pure: no clock, no I/O. [`Station::step`] takes the simulated moment and appends the readings that the station's
//! devices send. The same seed gives the same station and, step by step, the same day.

mod amenity;
mod battery;
mod cabinet;
mod door;
mod fund;
mod gateway;
mod rhythm;
mod room;
mod schedule;
#[cfg(test)]
mod tests;

pub use gateway::GatewayFacts;
pub use schedule::{Moment, STEP_MS};

use crate::dice::Dice;
use amenity::AmenityModel;
use cabinet::CabinetModel;
use door::DoorModel;
use fund::FundModel;
use gateway::GatewayModel;
use room::Room;
use waystation_protocol::Reading;

/// One in six smart stations has swap cabinets (2,000 of 11,800).
const WITH_CABINETS: f64 = 1.0 / 6.0;
/// The largest known site has six cabinets of 13 batteries.
const CABINETS_MAX: i64 = 6;

/// One station with its devices.
#[derive(Debug)]
pub struct Station {
    dice: Dice,
    room: Room,
    door: DoorModel,
    amenities: Vec<AmenityModel>,
    cabinets: Vec<CabinetModel>,
    fund: Option<FundModel>,
    gateway: GatewayModel,
}

impl Station {
    /// The station numbered `index` of the fleet with this seed, at the simulated moment `start_ms`.
    pub fn new(seed: u64, index: u64, start_ms: i64) -> Self {
        let mut dice = Dice::new(seed).split(index);
        let cabinets = if dice.chance(WITH_CABINETS) { cabinet_count(&mut dice) } else { 0 };
        let room = Room::new(&mut dice, start_ms);
        Self {
            door: DoorModel::new(&mut dice, start_ms),
            amenities: AmenityModel::equip(&mut dice, start_ms),
            cabinets: (1..=cabinets)
                .map(|number| CabinetModel::new(&mut dice, index, number, start_ms))
                .collect(),
            fund: dice.chance(0.2).then(|| FundModel::new(&mut dice, start_ms)),
            gateway: GatewayModel::new(&mut dice, start_ms),
            room,
            dice,
        }
    }

    #[must_use]
    pub fn has_cabinets(&self) -> bool {
        !self.cabinets.is_empty()
    }

    /// Lives through one step of [`STEP_MS`] that ends at `moment` and appends what the devices report.
    pub fn step(&mut self, moment: &Moment, facts: &GatewayFacts, out: &mut Vec<Reading>) {
        let open = self.door.is_open_to_public(moment);
        let visitors = self.room.arrivals(&mut self.dice, moment, open);
        let entered = self.door.step(&mut self.dice, moment, visitors, out);
        let left = self.room.step(&mut self.dice, moment, entered, open, out);
        self.door.let_out(&mut self.dice, moment, left, out);
        for amenity in &mut self.amenities {
            amenity.step(&mut self.dice, moment, self.room.people(), out);
        }
        for cabinet in &mut self.cabinets {
            cabinet.step(&mut self.dice, moment, out);
        }
        if let Some(fund) = &mut self.fund {
            fund.step(&mut self.dice, moment, entered, out);
        }
        self.gateway.step(&mut self.dice, moment, facts, out);
    }
}

fn cabinet_count(dice: &mut Dice) -> i64 {
    if dice.chance(0.1) { CABINETS_MAX } else { dice.whole(1, 3) }
}
