//! A reading: when, which device, and what it measured.

mod amenity;
mod cabinet;
mod door;
mod environment;
mod fund;
mod gateway;
mod json;
mod occupancy;
mod slot;
mod swap;

pub use amenity::{Amenity, AmenityState, AmenityType};
pub use cabinet::{Cabinet, CabinetStatus};
pub use door::{Access, Contact, DenyReason, Door, DoorEvent, Lock, UnlockMethod};
pub use environment::Environment;
pub use fund::Fund;
pub use gateway::{Gateway, SourceKind, SourceState};
pub use occupancy::Occupancy;
pub use slot::{Slot, SlotState, VoltageClass};
pub use swap::{Swap, SwapResult};

use crate::ids::DeviceId;
use crate::kind::Kind;
use crate::members::{Table, Value, Visit};
use crate::reason::Reason;

/// One measurement of one device, valid by the contract.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Milliseconds since the Unix epoch, UTC: the device's time, or the hub's when the device has no clock.
    pub ts: i64,
    pub device: DeviceId,
    pub body: Body,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    Door(Door),
    Cabinet(Cabinet),
    Swap(Swap),
    Occupancy(Occupancy),
    Environment(Environment),
    Amenity(Amenity),
    Fund(Fund),
    Gateway(Gateway),
}

/// Runs the same expression on the table inside a body, whatever its kind.
macro_rules! each_kind {
    ($body:expr, $table:ident => $do:expr) => {
        match $body {
            $crate::reading::Body::Door($table) => $do,
            $crate::reading::Body::Cabinet($table) => $do,
            $crate::reading::Body::Swap($table) => $do,
            $crate::reading::Body::Occupancy($table) => $do,
            $crate::reading::Body::Environment($table) => $do,
            $crate::reading::Body::Amenity($table) => $do,
            $crate::reading::Body::Fund($table) => $do,
            $crate::reading::Body::Gateway($table) => $do,
        }
    };
}
pub(crate) use each_kind;

impl Body {
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Door(_) => Kind::Door,
            Self::Cabinet(_) => Kind::Cabinet,
            Self::Swap(_) => Kind::Swap,
            Self::Occupancy(_) => Kind::Occupancy,
            Self::Environment(_) => Kind::Environment,
            Self::Amenity(_) => Kind::Amenity,
            Self::Fund(_) => Kind::Fund,
            Self::Gateway(_) => Kind::Gateway,
        }
    }

    /// Hands every member that is present to `visitor` under its wire name, in the table's order; slots excluded.
    /// Members named `*_total` or `*_fen` are counts, every other number is a float, choices are texts.
    pub fn visit(&self, visitor: &mut dyn FnMut(&'static str, Value<'_>)) {
        each_kind!(self, table => table.each(&mut Visit(visitor)));
    }
}

/// A table that is the body of a reading.
pub(crate) trait BodyTable: Table + Into<Body> {
    /// What the members must satisfy together, after each was found good alone.
    fn check(&self) -> Result<(), Refusal>;
}

/// Why a body whose members are good alone is refused, and the member at fault.
pub(crate) type Refusal = (Reason, Option<&'static str>);

/// Refuses a table none of whose members measures anything.
pub(crate) fn some_measurement(present: bool) -> Result<(), Refusal> {
    if present { Ok(()) } else { Err((Reason::NoMeasurement, None)) }
}

/// Refuses a reading without a member that its kind requires.
pub(crate) fn required<T>(member: &Option<T>, name: &'static str) -> Result<(), Refusal> {
    if member.is_some() { Ok(()) } else { Err((Reason::MissingMember, Some(name))) }
}

macro_rules! into_body {
    ($($kind:ident),+ $(,)?) => {$(
        impl From<$kind> for Body {
            #[inline]
            fn from(table: $kind) -> Self {
                Self::$kind(table)
            }
        }
    )+};
}
into_body!(Door, Cabinet, Swap, Occupancy, Environment, Amenity, Fund, Gateway);
