//! What the hub has set, kept in `data_dir/remote.json` and put over the configuration of the file.
//!
//! A configuration is on trial from when it is applied until the hub has acknowledged the answer to it; one with which
//! the hub is not reached in time gives way to the former, and is not taken again.

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
    /// 0: none yet.
    version: u32,
    report: Reporting,
    /// Set by a command since this version came.
    intervals_s: BTreeMap<Kind, u32>,
    /// What was in force before, while the version is on trial.
    former: Option<Box<Kept>>,
    /// The last version that was rolled back.
    rolled_back: u32,
}

/// A setting that is not taken.
#[derive(Debug, Error)]
pub enum RemoteError {
    #[error(transparent)]
    Table(#[from] ReportingError),
    #[error("it cannot be kept on disk: {0}")]
    Disk(#[from] io::Error),
    #[error("rolled back: the hub could not be reached with it")]
    RolledBack,
    #[error("version {0} is in force already")]
    Older(u32),
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

    /// Puts a version in force, on trial; one that is in force stays as it is. Blocks.
    ///
    /// # Errors
    /// It is not taken: nothing has changed then.
    pub fn apply(&mut self, version: u32, report: Reporting) -> Result<(), RemoteError> {
        if version == self.kept.rolled_back {
            return Err(RemoteError::RolledBack);
        }
        if version == self.kept.version && report == self.kept.report {
            return Ok(());
        }
        if version <= self.kept.version {
            return Err(RemoteError::Older(self.kept.version));
        }
        // Of two on trial, the one before both is what the hub was last reached with.
        let former = self.kept.former.clone().unwrap_or_else(|| Box::new(self.kept.clone()));
        let rolled_back = self.kept.rolled_back;
        self.keep(Kept { version, report, intervals_s: BTreeMap::new(), former: Some(former), rolled_back })
    }

    /// The version on trial.
    pub fn on_trial(&self) -> Option<u32> {
        self.kept.former.as_ref().map(|_| self.kept.version)
    }

    /// The hub was reached with this version. Blocks.
    ///
    /// # Errors
    /// It cannot be kept; the trial goes on.
    pub fn settle(&mut self, version: u32) -> Result<(), RemoteError> {
        if self.on_trial() != Some(version) {
            return Ok(());
        }
        self.keep(Kept { former: None, ..self.kept.clone() })
    }

    /// Puts what was before back in force; gives the version that is given up. Blocks.
    ///
    /// # Errors
    /// It cannot be kept: nothing has changed then.
    pub fn roll_back(&mut self) -> Result<Option<u32>, RemoteError> {
        let Some(former) = self.kept.former.clone() else { return Ok(None) };
        let version = self.kept.version;
        self.keep(Kept { rolled_back: version, former: None, ..*former })?;
        Ok(Some(version))
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
        let table = self.own.clone().with(&kept.report).with(&by_command);
        table.check().map(|()| table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(folder: &Path) -> (Remote, watch::Receiver<Reporting>) {
        let sender = watch::Sender::new(Reporting::default());
        let receiver = sender.subscribe();
        let own = Reporting { min_interval_s: Some(7), ..Reporting::default() };
        (Remote::open(folder, own, sender), receiver)
    }

    fn every(seconds: u32) -> Reporting {
        Reporting { intervals_s: [(Kind::Environment, seconds)].into(), ..Reporting::default() }
    }

    #[test]
    fn intervals_outlive_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let (mut remote, reporting) = open(folder.path());
        assert_eq!(reporting.borrow().interval(Kind::Environment).as_secs(), 60);
        remote.set_intervals(&[(Kind::Environment, 30)].into()).unwrap();
        remote.set_intervals(&[(Kind::Door, 40)].into()).unwrap();
        assert!(remote.set_intervals(&[(Kind::Door, 0)].into()).is_err());
        let (_remote, reporting) = open(folder.path());
        let seconds = |kind| reporting.borrow().interval(kind).as_secs();
        assert_eq!((seconds(Kind::Environment), seconds(Kind::Door)), (30, 40));
        assert_eq!(reporting.borrow().min_interval().as_secs(), 7);
        std::fs::write(folder.path().join(FILE), "{").unwrap();
        let (_remote, reporting) = open(folder.path());
        assert_eq!(reporting.borrow().interval(Kind::Door).as_secs(), 300);
    }

    #[test]
    fn a_version_is_on_trial_until_the_hub_was_reached_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let (mut remote, reporting) = open(folder.path());
        let seconds =
            |reporting: &watch::Receiver<Reporting>| reporting.borrow().interval(Kind::Environment).as_secs();
        remote.apply(3, every(30)).unwrap();
        remote.settle(3).unwrap();
        assert_eq!((remote.on_trial(), seconds(&reporting)), (None, 30));
        remote.apply(4, every(40)).unwrap();
        remote.apply(4, every(40)).unwrap();
        assert!(matches!(remote.apply(3, every(30)), Err(RemoteError::Older(4))));
        assert!(matches!(remote.apply(5, every(0)), Err(RemoteError::Table(_))));
        assert_eq!((remote.on_trial(), seconds(&reporting)), (Some(4), 40));
        // The trial outlives a restart; two in a row fall back to what was before both.
        let (mut remote, reporting) = open(folder.path());
        remote.apply(5, every(50)).unwrap();
        remote.settle(4).unwrap();
        assert_eq!((remote.on_trial(), seconds(&reporting)), (Some(5), 50));
        assert_eq!(remote.roll_back().unwrap(), Some(5));
        assert_eq!((remote.on_trial(), seconds(&reporting)), (None, 30));
        assert!(matches!(remote.apply(5, every(50)), Err(RemoteError::RolledBack)));
        assert_eq!(remote.roll_back().unwrap(), None);
        remote.apply(6, every(60)).unwrap();
        assert_eq!(seconds(&reporting), 60);
    }
}
