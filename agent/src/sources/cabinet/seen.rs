//! The ids of swaps that were told, on disk in `data_dir/swaps-NAME`, one a line, oldest first.

use crate::files;
use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use tokio::task::spawn_blocking;

/// More than any controller remembers by itself.
const IDS_MAX: usize = 2000;

/// What was told.
pub struct Seen {
    path: PathBuf,
    order: VecDeque<String>,
    ids: BTreeSet<String>,
    /// Nothing was ever remembered.
    is_new: bool,
}

impl Seen {
    /// Reads what is remembered; a file that cannot be read is as none.
    pub async fn open(data_dir: &Path, name: &str) -> Self {
        let path = data_dir.join(format!("swaps-{name}"));
        let text = tokio::fs::read_to_string(&path).await;
        let is_new = text.is_err();
        let order: VecDeque<String> = text.unwrap_or_default().lines().map(str::to_owned).collect();
        Self { ids: order.iter().cloned().collect(), order, path, is_new }
    }

    /// Whether this is the first contact ever; from then on it is not.
    pub fn take_first(&mut self) -> bool {
        std::mem::take(&mut self.is_new)
    }

    /// Takes an id in; whether it was not there before. One that is not kept afterwards, because its reading was refused,
    /// is new again after the next start.
    pub fn note(&mut self, id: &str) -> bool {
        if self.ids.len() > 2 * IDS_MAX {
            self.ids = self.order.iter().cloned().collect();
        }
        self.ids.insert(id.to_owned())
    }

    /// Puts ids on disk that were told.
    pub async fn keep(&mut self, ids: Vec<String>) {
        self.order.extend(ids);
        while self.order.len() > IDS_MAX {
            if let Some(oldest) = self.order.pop_front() {
                self.ids.remove(&oldest);
            }
        }
        let (path, text) =
            (self.path.clone(), self.order.iter().map(|id| format!("{id}\n")).collect::<String>());
        let saved = spawn_blocking(move || files::replace(&path, text.as_bytes())).await;
        if let Ok(Err(error)) = saved {
            tracing::warn!(%error, path = %self.path.display(), "swaps cannot be remembered; they may be told twice");
        }
    }
}
