//! Which readings utilisation needs, and what of them: the rest is not kept as long.

use waystation_protocol::{Body, Cabinet, Door, Environment, Reading, Slot, Swap};

/// The part of a reading that utilisation looks at; `None` when it looks at nothing of it.
#[must_use]
pub fn usage_of(reading: &Reading) -> Option<Reading> {
    let body = match &reading.body {
        Body::Occupancy(occupancy) => Body::Occupancy(occupancy.clone()),
        Body::Door(door) => Body::Door(Door {
            event: door.event,
            method: door.method,
            contact: door.contact,
            ..Door::default()
        }),
        Body::Swap(swap) => Body::Swap(Swap {
            swap: swap.swap.clone(),
            class: swap.class,
            result: swap.result,
            ..Swap::default()
        }),
        Body::Cabinet(cabinet) => Body::Cabinet(Cabinet {
            status: cabinet.status,
            snapshot: cabinet.snapshot,
            slots: cabinet.slots.as_ref().map(|slots| slots.iter().map(slot_of).collect()),
            ..Cabinet::default()
        }),
        Body::Amenity(amenity) => {
            let mut kept = waystation_protocol::Amenity::default();
            (kept.amenity, kept.state) = (amenity.amenity, amenity.state);
            Body::Amenity(kept)
        }
        Body::Environment(air) => Body::Environment(Environment {
            temperature_c: air.temperature_c,
            co2_ppm: air.co2_ppm,
            pm2_5_ugm3: air.pm2_5_ugm3,
            hcho_mgm3: air.hcho_mgm3,
            tvoc_mgm3: air.tvoc_mgm3,
            ..Environment::default()
        }),
        Body::Fund(_) | Body::Gateway(_) => return None,
    };
    Some(Reading { ts: reading.ts, device: reading.device.clone(), body })
}

fn slot_of(slot: &Slot) -> Slot {
    Slot { slot: slot.slot, state: slot.state, class: slot.class, ..Slot::default() }
}
