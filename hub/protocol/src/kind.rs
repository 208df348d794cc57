//! The eight kinds of reading.

use crate::names::{names, show_by_name};

names! {
    /// What a reading is about; also the channel that it is published on.
    pub enum Kind {
        Door = "door",
        Cabinet = "cabinet",
        Swap = "swap",
        Occupancy = "occupancy",
        Environment = "environment",
        Amenity = "amenity",
        Fund = "fund",
        Gateway = "gateway",
    }
}

show_by_name!(Kind);
