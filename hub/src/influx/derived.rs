//! What the hub works out itself, into InfluxDB: utilisation, alerts, its own findings on presence.
//!
//! A source numbers its changes; the place in each, the number of the last change that is in InfluxDB or in the
//! quarantine, stands in a file `influx-NAME` of the data folder: 20 digits or fewer, replaced by rename. So an outage
//! of any length loses nothing, and a crash writes some points again, over themselves.

use super::batch::{Batch, Lines};
use super::deliver::{Delivery, Link};
use super::line::{DerivedPoint, write_derived};
use crate::shutdown::Shutdown;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use thiserror::Error;

/// How often sources are asked; what changes more often is written once.
const POLL: Duration = Duration::from_secs(10);
/// Points of one request.
const POINTS_MAX: usize = 2_000;

/// A source cannot be read at present, or its place not be kept; the text says why. It is tried again.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct DerivedError(pub String);

/// What has derived points.
pub trait DerivedSource: Send + Sync + 'static {
    /// Part of a file's name.
    fn name(&self) -> &'static str;

    /// Hands over the points that changed after `place`, in the order of their changes, at most `limit` changes; gives
    /// the number of the last one, or `place` when there is none. Blocks.
    ///
    /// # Errors
    /// If the points cannot be read.
    fn points_after(
        &self,
        place: i64,
        limit: usize,
        take: &mut dyn FnMut(&DerivedPoint<'_>),
    ) -> Result<i64, DerivedError>;
}

/// Writes derived points.
pub struct Derived {
    link: Arc<Link>,
    sources: Vec<Arc<Placed>>,
    shutdown: Shutdown,
}

/// A source and the file with the place in it.
struct Placed {
    source: Arc<dyn DerivedSource>,
    file: PathBuf,
}

enum Step {
    /// There may be more at once.
    More,
    Done,
    Stopped,
}

impl Derived {
    pub fn new(
        link: Arc<Link>,
        sources: Vec<Arc<dyn DerivedSource>>,
        folder: &Path,
        shutdown: Shutdown,
    ) -> Self {
        let placed = |source: Arc<dyn DerivedSource>| {
            Arc::new(Placed { file: folder.join(format!("influx-{}", source.name())), source })
        };
        Self { link, sources: sources.into_iter().map(placed).collect(), shutdown }
    }

    /// Runs until the hub stops.
    pub async fn run(mut self) {
        let mut failing = false;
        while !self.shutdown.stopping() {
            let mut more = false;
            for source in self.sources.clone() {
                match self.step(source).await {
                    Ok(Step::More) => more = true,
                    Ok(Step::Done) => failing = false,
                    Ok(Step::Stopped) => return,
                    Err(error) => {
                        if !std::mem::replace(&mut failing, true) {
                            tracing::error!(%error, "derived points do not reach InfluxDB; they are tried again");
                        }
                    }
                }
            }
            if !more {
                tokio::select! {
                    () = tokio::time::sleep(POLL) => {}
                    () = self.shutdown.stopped() => {}
                }
            }
        }
    }

    /// One request's worth of a source.
    async fn step(&self, placed: Arc<Placed>) -> Result<Step, DerivedError> {
        let reading = Arc::clone(&placed);
        let (place, next, mut lines) = blocking(move || reading.read()).await?;
        if next == place {
            return Ok(Step::Done);
        }
        let bytes_max = self.link.body_bytes_max.load(Relaxed);
        let mut bodies = Vec::new();
        let mut leaving = lines.drain();
        while let Some(body) = leaving.next_body(POINTS_MAX, bytes_max, None) {
            bodies.push(body);
        }
        drop(leaving);
        for body in bodies {
            let gzip = self.link.client.compresses().then(|| body.gzip().ok()).flatten();
            let batch = Batch { order: 0, last: 0, body, gzip };
            if !Delivery::new(self.link.clone(), &batch, self.shutdown.clone()).run().await {
                return Ok(Step::Stopped);
            }
        }
        blocking(move || placed.keep(next)).await?;
        Ok(Step::More)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DerivedError> + Send + 'static,
) -> Result<T, DerivedError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| DerivedError(error.to_string()))?
}

impl Placed {
    /// The place, the one after these lines, and the lines.
    fn read(&self) -> Result<(i64, i64, Lines), DerivedError> {
        let place = self.place()?;
        let mut lines = Lines::default();
        let next =
            self.source.points_after(place, POINTS_MAX, &mut |point| write_derived(point, &mut lines))?;
        Ok((place, next, lines))
    }

    /// Without a file, or with one that is not a number, everything is written again, over itself.
    fn place(&self) -> Result<i64, DerivedError> {
        match std::fs::read_to_string(&self.file) {
            Ok(text) => Ok(text.trim().parse().unwrap_or(0)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
            Err(error) => Err(self.failed("read", &error)),
        }
    }

    fn keep(&self, place: i64) -> Result<(), DerivedError> {
        let new = self.file.with_extension("tmp");
        let write = || {
            let mut file = std::fs::File::create(&new)?;
            file.write_all(place.to_string().as_bytes())?;
            file.sync_data()?;
            std::fs::rename(&new, &self.file)
        };
        write().map_err(|error| self.failed("write", &error))
    }

    fn failed(&self, doing: &str, error: &std::io::Error) -> DerivedError {
        DerivedError(format!("cannot {doing} {}: {error}; check the disk of data_dir", self.file.display()))
    }
}
