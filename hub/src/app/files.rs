//! Files of `data_dir` that the hub runs without rather than not at all: a damaged one is set aside and begun anew, and
//! what is lost by that stands in the log. `registry.db` is none of them, for without it nobody could log in.

use crate::clock::now_ms;
use crate::metrics::Metrics;
use crate::operations::{Audit, HUB, Operations, OperationsError};
use crate::sqlite;
use std::path::{Path, PathBuf};

/// A file that can be begun anew.
pub struct Renewable {
    name: &'static str,
    /// What is gone with it.
    lost: &'static str,
    /// Where the new one's content comes from.
    begins: &'static str,
}

pub const OPERATIONS: Renewable = Renewable {
    name: "operations.db",
    lost: "acknowledgements, silences, maintenance windows, the audit log, and messages that waited for their channels",
    begins: "empty: silences and maintenance windows are no longer in force, and what fires is told again",
};

pub const STATE: Renewable = Renewable {
    name: "state.db",
    lost: "past outages and alerts, the quarantine, and the ledgers and latest readings of stations that the log no longer \
           holds",
    begins: "with what the log still holds; the rest comes with each station's next message",
};

pub const HISTORY: Renewable = Renewable {
    name: "history.db",
    lost: "charts, and figures of utilisation, of the past",
    begins: "with what the log still holds",
};

/// How a file is when it is opened.
#[derive(Debug, Clone)]
pub enum Found {
    /// As it was left, or never made.
    Whole,
    /// It should be there, and is not.
    Gone,
    /// It was damaged, and is here now.
    SetAside(PathBuf),
}

/// Opens `operations.db`. If it is begun anew its audit log says so first, for those who read it and no log.
///
/// # Errors
/// If it cannot be opened or written to.
pub fn open_operations(data_dir: &Path, found: &Found) -> Result<Operations, OperationsError> {
    let operations = Operations::open(data_dir, now_ms())?;
    let (target, detail) = match found {
        Found::Whole => return Ok(operations),
        Found::Gone => (OPERATIONS.name.into(), "it was gone: all that it held is lost"),
        Found::SetAside(path) => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            (name, "it was damaged: what it held is in the file set aside, as far as that can be read")
        }
    };
    operations.audit(&Audit::new(now_ms(), HUB, HUB, "operations.begun_anew", &target, detail))?;
    Ok(operations)
}

/// Opens these files for one start of the hub.
pub struct Files<'a> {
    pub data_dir: &'a Path,
    pub metrics: &'a Metrics,
}

impl Files<'_> {
    /// Opens a file; `is_expected`: it should be there. A damaged one is moved away and opened again; `open` is told.
    ///
    /// # Errors
    /// If it cannot be opened, and not because it is damaged; or not be moved away.
    pub fn open<T, E: std::fmt::Display>(
        &self,
        file: &Renewable,
        is_expected: bool,
        is_damage: impl Fn(&E) -> bool,
        open: impl Fn(&Found) -> Result<T, E>,
    ) -> Result<T, E> {
        let Renewable { name, lost, begins } = *file;
        let path = self.data_dir.join(name);
        let begun_anew = self.metrics.files_begun_anew.with_label_values(&[name]);
        begun_anew.set(0);
        let mut found = Found::Whole;
        if is_expected && !std::fs::metadata(&path).is_ok_and(|found| found.len() > 0) {
            begun_anew.set(1);
            found = Found::Gone;
            tracing::warn!(file = %path.display(), lost, begins, "a file is gone, and is begun anew");
        }
        let error = if sqlite::is_cut_off(&path) {
            "it is shorter than it says".to_owned()
        } else {
            match open(&found) {
                Err(error) if is_damage(&error) => error.to_string(),
                opened => return opened,
            }
        };
        match sqlite::set_aside(&path, now_ms()) {
            Ok(aside) => {
                begun_anew.set(1);
                tracing::error!(
                    file = %path.display(),
                    error,
                    aside = %aside.display(),
                    lost,
                    begins,
                    "a file is damaged: it was set aside, and is begun anew; to have it back, stop the hub, put a backup in \
                     its place, and check the disk"
                );
                found = Found::SetAside(aside);
            }
            Err(problem) => {
                tracing::error!(file = %path.display(), error = %problem, "a damaged file cannot be set aside");
            }
        }
        open(&found)
    }
}
