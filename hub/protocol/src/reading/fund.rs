//! Tills that feed a station's fund.

use super::{BodyTable, Refusal, some_measurement};
use crate::members::{INTEGER_MAX, Table, member_table};

member_table! {
    /// Sales and the fund they feed. Any member is a measurement.
    pub struct Fund {
        sales_total: i64 [0.0, INTEGER_MAX],
        /// Money in fen, never a float.
        fund_total_fen: i64 [0.0, INTEGER_MAX],
        breakfasts_total: i64 [0.0, INTEGER_MAX],
    }
}

impl BodyTable for Fund {
    fn check(&self) -> Result<(), Refusal> {
        some_measurement(!self.is_empty())
    }
}
