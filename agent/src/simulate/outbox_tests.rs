use super::*;
use proptest::prelude::*;
use waystation_protocol::{Decoded, Limits, decode_batch};

const RECORD: &[u8] = br#"{"kind":"occupancy","ts":1763800000000,"device":"room","people":1}"#;

proptest! {
    /// Whatever is pushed, dropped, sent, acknowledged or sent again: the batches cover every number exactly, as
    /// readings or as lost.
    #[test]
    fn every_number_is_delivered_or_told_as_lost(steps in proptest::collection::vec(0_u8..6, 1..300)) {
        let mut outbox = MemoryOutbox::new(&mut Dice::new(1), 20);
        let (mut pushed, mut sent) = (0_u64, 0);
        let mut known = std::collections::BTreeSet::new();
        let mut deliver = |outbox: &mut MemoryOutbox, sent: &mut u64, acknowledged: bool| {
            let Some(batch) = outbox.batch_after(*sent) else { return };
            let mut decoded = Decoded::default();
            let header = decode_batch(&batch.payload, 1_763_800_000_000, &Limits::default(), &mut decoded).unwrap();
            *sent = batch.last;
            if acknowledged {
                known.extend(header.first_seq..header.first_seq + u64::from(header.count));
                known.extend(header.lost.iter().flat_map(|&(first, last)| first..=last));
                outbox.acknowledge(&batch);
            }
        };
        for step in steps {
            match step {
                0..=3 => {
                    outbox.push(RECORD);
                    pushed += 1;
                }
                4 => deliver(&mut outbox, &mut sent, true),
                // The link broke before the acknowledgement: everything is sent again.
                _ => {
                    deliver(&mut outbox, &mut sent, false);
                    sent = 0;
                }
            }
        }
        outbox.push(RECORD);
        pushed += 1;
        while outbox.len() > 0 {
            sent = 0;
            deliver(&mut outbox, &mut sent, true);
        }
        prop_assert_eq!(known.len() as u64, pushed);
        prop_assert_eq!(outbox.bytes(), 0);
    }
}
