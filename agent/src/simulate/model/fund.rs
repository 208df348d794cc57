//! The till: 0.10 yuan of each sale goes to the fund, and breakfasts are handed out in the morning.

use super::rhythm::local_hour;
use super::schedule::{Device, Every, Moment};
use crate::dice::Dice;
use waystation_protocol::{Fund, Reading};

/// What a sale adds to the fund, fen.
const FEN_PER_SALE: i64 = 10;

#[derive(Debug)]
pub struct FundModel {
    device: Device,
    every: Every,
    sales_total: i64,
    breakfasts_total: i64,
}

impl FundModel {
    pub fn new(dice: &mut Dice, start_ms: i64) -> Self {
        Self {
            device: Device::new("till"),
            every: Every::new(dice, start_ms, 900_000),
            sales_total: dice.whole(0, 50_000),
            breakfasts_total: dice.whole(0, 20_000),
        }
    }

    pub fn step(&mut self, dice: &mut Dice, moment: &Moment, entered: i64, out: &mut Vec<Reading>) {
        let morning = (6.0..9.0).contains(&local_hour(moment.simulated_ms));
        for _ in 0..entered {
            self.sales_total += i64::from(dice.chance(0.3));
            self.breakfasts_total += i64::from(morning && dice.chance(0.5));
        }
        if self.every.due(moment) {
            let body = Fund {
                sales_total: Some(self.sales_total),
                fund_total_fen: Some(self.sales_total * FEN_PER_SALE),
                breakfasts_total: Some(self.breakfasts_total),
            };
            out.push(self.device.reading(moment, body));
        }
    }
}
