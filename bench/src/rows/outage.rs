//! InfluxDB goes away and returns: how fast what has gathered drains while live readings keep coming.

use super::{FAILED, LatencyShape, Plan};
use crate::load::{Open, OpenOutcome};
use crate::mqtt::Payload;
use crate::report::{Table, median, rate, spread};
use crate::servers::{DATABASE, HubOptions, InfluxDb, hub};
use anyhow::{Result, anyhow, ensure};
use std::time::{Duration, Instant};

/// Of live readings that may wait for a fuller batch when the backlog counts as drained, seconds.
const CAUGHT_UP_S: f64 = 3.0;
/// Readings go on for so long after the return, as a share of the time away: a drain of five times the live rate
/// needs a quarter.
const AFTERWARDS: f64 = 0.5;
/// The hub may be in its longest pause between attempts when InfluxDB returns, 30 s.
const LONGEST_PAUSE: Duration = Duration::from_secs(35);
const LOOK: Duration = Duration::from_millis(250);

/// What one outage came to.
struct Drained {
    /// Stored a second from the first point after the return until the backlog was gone.
    points_per_s: f64,
    /// From the return until the backlog was gone.
    after: Duration,
    /// PUBACK latency over the whole run, milliseconds.
    puback_p99_ms: f64,
    acknowledged: u64,
    lost: u64,
}

pub fn outage(plan: &Plan, shape: LatencyShape, away: Duration) -> Table {
    let note = format!(
        "Single readings of seven values at {} messages/s; InfluxDB 1.6.7 is stopped for {} s and started again. *Drain \
         rate* is what it stores, live readings included, from the first point after its return until no backlog is \
         left; *gone after* counts from its return, with the hub's pause between attempts. *Lost* compares a count by \
         InfluxQL with what was acknowledged.",
        shape.messages_per_s,
        away.as_secs_f64()
    );
    let heading =
        ["drain rate", "of the live rate", "gone after", "PUBACK p99 all the while", "lost of acknowledged"];
    let mut table = Table::new("An outage of InfluxDB", &note, &heading);
    let mut runs = Vec::new();
    for run in 1..=plan.runs {
        match drain(plan, shape, away) {
            Ok(drained) => {
                eprintln!("outage, run {run}: {:.0}/s, gone after {:?}", drained.points_per_s, drained.after);
                runs.push(drained);
            }
            Err(error) => eprintln!("outage, run {run}: {error:#}"),
        }
    }
    table.row(if runs.len() < plan.runs {
        vec![FAILED.to_owned(); heading.len()]
    } else {
        show(&runs, shape)
    });
    table
}

fn show(runs: &[Drained], shape: LatencyShape) -> Vec<String> {
    let column = |of: fn(&Drained) -> f64| runs.iter().map(of).collect::<Vec<_>>();
    let rates = column(|run| run.points_per_s);
    let (lost, acknowledged) =
        runs.iter().fold((0, 0), |(lost, all), run| (lost + run.lost, all + run.acknowledged));
    vec![
        spread(&rates, rate),
        format!("{:.1} ×", median(&rates) / shape.messages_per_s),
        spread(&column(|run| run.after.as_secs_f64()), |seconds| format!("{seconds:.0} s")),
        spread(&column(|run| run.puback_p99_ms), |ms| format!("{ms:.1} ms")),
        format!("{lost} of {acknowledged}"),
    ]
}

fn drain(plan: &Plan, shape: LatencyShape, away: Duration) -> Result<Drained> {
    let mut influxdb = InfluxDb::start(&plan.places)?;
    let options = HubOptions { stations: shape.connections, influxdb: Some((influxdb.address(), DATABASE)) };
    let server = hub(&plan.places, &options)?;
    let open = Open {
        connections: shape.connections,
        messages_per_s: shape.messages_per_s,
        payload: Payload::Single,
        warm_up: plan.warm_up,
        measured: away.mul_f64(1.0 + AFTERWARDS) + LONGEST_PAUSE,
    };
    let target = server.target();
    let (outcome, returned) = std::thread::scope(|scope| {
        let load = scope.spawn(|| open.run(&target, || Ok(())));
        let returned = stop_and_return(&mut influxdb, &open, away);
        let outcome = load.join().map_err(|_| anyhow!("the generator panicked"))?;
        Ok::<_, anyhow::Error>((outcome?, returned?))
    })?;
    let acknowledged = outcome.readings_acknowledged;
    let (stored, _) = super::influx::wait_until_stored(&mut influxdb, acknowledged)?;
    server.stop()?;
    let (points_per_s, after) = returned;
    let lost = acknowledged.saturating_sub(stored);
    Ok(Drained { points_per_s, after, puback_p99_ms: p99_ms(&outcome), acknowledged, lost })
}

/// Stops InfluxDB once it stores, starts it again after `away`; gives the rate until the backlog was gone, and how long
/// after the return that was.
fn stop_and_return(influxdb: &mut InfluxDb, open: &Open, away: Duration) -> Result<(f64, Duration)> {
    let begun = Instant::now();
    influxdb.process().stays_up_for(open.warm_up)?;
    let before = influxdb.points_written()?;
    influxdb.process().stop()?;
    std::thread::park_timeout(away);
    influxdb.restart()?;
    let returned = Instant::now();
    let mut first = None;
    loop {
        influxdb.process().stays_up_for(LOOK)?;
        ensure!(returned.elapsed() < 10 * away + LONGEST_PAUSE, "the backlog does not drain");
        // Its counter began anew.
        let points = influxdb.points_written()?;
        if points == 0 {
            continue;
        }
        let (first_at, first_points) = *first.get_or_insert((Instant::now(), points));
        let due = open.messages_per_s * (begun.elapsed().as_secs_f64() - CAUGHT_UP_S);
        if (before + points) as f64 >= due {
            let seconds = first_at.elapsed().as_secs_f64().max(f64::EPSILON);
            return Ok(((points - first_points) as f64 / seconds, returned.elapsed()));
        }
    }
}

fn p99_ms(outcome: &OpenOutcome) -> f64 {
    outcome.latency_us.value_at_quantile(0.99) as f64 / 1000.0
}
