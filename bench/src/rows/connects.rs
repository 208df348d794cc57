//! Logins per second.

use super::Plan;
use crate::load::connects_per_second;
use crate::report::{Table, rate};

/// TCP connect, CONNECT, CONNACK, DISCONNECT, with `stations` stations in turn.
pub fn connects(plan: &Plan, stations: usize) -> Table {
    let mut table = Table::new(
        "Logins per second",
        "TCP connect, CONNECT, CONNACK, DISCONNECT, 64 at a time. The hub checks each station's token against its registry; the others \
         let everybody in.",
        &["server", "logins/s"],
    );
    for kind in &plan.servers {
        let cell = plan.repeat(&format!("logins on {}", kind.title()), || {
            let server = kind.start(&plan.places, stations)?;
            connects_per_second(&server.target(), plan.measured)
        });
        table.row(vec![kind.title().to_owned(), cell.show(rate)]);
    }
    table
}
