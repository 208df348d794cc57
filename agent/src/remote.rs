//! What the hub has set, kept in `data_dir/remote.json` and put over the configuration of the file.

use crate::files;
use crate::intake::{Reporting, ReportingError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;
use tokio::sync::watch;
use waystation_protocol::Kind;

/// The file under `data_dir`.
const FILE: &str = "remote.json";

/// The settings from the hub, in force.
#[derive(Debug)]
pub struct Remote {
    path: PathBuf,
    /// As the file of the installer says.
    own: Reporting,
    reporting: watch::Sender<Reporting>,
    kept: Kept,
}

/// What is on disk.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    /// Set by a command.
    intervals_s: BTreeMap<Kind, u32>,
}

/// A setting that is not taken.
#[derive(Debug, Error)]
pub enum RemoteError {
    #[error(transparent)]
    Table(#[from] ReportingError),
    #[error("it cannot be kept on disk: {0}")]
    Disk(#[from] io::Error),
}

impl Remote {
    /// Reads what is kept and puts it in force; blocks. A file that cannot be understood is passed over: the hub sends
    /// what it wants again.
    pub fn open(data_dir: &Path, own: Reporting, reporting: watch::Sender<Reporting>) -> Self {
        let path = data_dir.join(FILE);
        let kept = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|error| {
                tracing::warn!(%error, path = %path.display(), "what the hub set is not understood and passed over");
                Kept::default()
            }),
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    tracing::warn!(%error, path = %path.display(), "what the hub set cannot be read");
                }
                Kept::default()
            }
        };
        let mut remote = Self { path, own, reporting, kept };
        match remote.table(&remote.kept) {
            Ok(table) => drop(remote.reporting.send_replace(table)),
            Err(error) => {
                tracing::warn!(%error, "what the hub set makes no sense and is passed over");
                remote.kept = Kept::default();
            }
        }
        remote
    }

    /// Sets the longest silence of some kinds; blocks.
    ///
    /// # Errors
    /// It makes no sense, or cannot be kept: nothing has changed then.
    pub fn set_intervals(&mut self, intervals_s: &BTreeMap<Kind, u32>) -> Result<(), RemoteError> {
        let mut kept = self.kept.clone();
        kept.intervals_s.extend(intervals_s);
        self.keep(kept)
    }

    fn keep(&mut self, kept: Kept) -> Result<(), RemoteError> {
        let table = self.table(&kept)?;
        files::replace(&self.path, &serde_json::to_vec(&kept).map_err(io::Error::from)?)?;
        self.kept = kept;
        self.reporting.send_replace(table);
        Ok(())
    }

    fn table(&self, kept: &Kept) -> Result<Reporting, ReportingError> {
        let by_command = Reporting { intervals_s: kept.intervals_s.clone(), ..Reporting::default() };
        let table = self.own.clone().with(&by_command);
        table.check().map(|()| table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_outlive_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let open = || {
            let sender = watch::Sender::new(Reporting::default());
            let receiver = sender.subscribe();
            let own = Reporting { min_interval_s: Some(7), ..Reporting::default() };
            (Remote::open(folder.path(), own, sender), receiver)
        };
        let (mut remote, reporting) = open();
        assert_eq!(reporting.borrow().interval(Kind::Environment).as_secs(), 60);
        remote.set_intervals(&[(Kind::Environment, 30)].into()).unwrap();
        remote.set_intervals(&[(Kind::Door, 40)].into()).unwrap();
        assert!(remote.set_intervals(&[(Kind::Door, 0)].into()).is_err());
        let (_remote, reporting) = open();
        let reporting = reporting.borrow();
        let seconds = |kind| reporting.interval(kind).as_secs();
        assert_eq!((seconds(Kind::Environment), seconds(Kind::Door)), (30, 40));
        assert_eq!(reporting.min_interval().as_secs(), 7);
        std::fs::write(folder.path().join(FILE), "{").unwrap();
        let (_remote, reporting) = open();
        assert_eq!(reporting.borrow().interval(Kind::Door).as_secs(), 300);
    }
}
