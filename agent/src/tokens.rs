//! The token that the station logs in with, and its place on disk.
//!
//! A new one comes from the hub while the station is logged in with the old one, which the hub ends with the first
//! login that shows the new one. Invariants: `token_file` and `<token_file>.previous` are each replaced in one step, so
//! that they hold a whole token at any moment; the one with which the hub last took the station is in one of them until
//! the hub has taken it with another; a token is in no log.

use crate::files;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use thiserror::Error;
use tokio::sync::watch;

/// What is behind the name of the token file.
const PREVIOUS: &str = ".previous";

/// The station's tokens. Cheap to clone.
#[derive(Clone)]
pub struct Tokens(Arc<Inner>);

struct Inner {
    /// Where the hub's new token goes; none: the token stands in the configuration.
    path: Option<PathBuf>,
    held: Mutex<Held>,
    /// Counts the tokens that came.
    came: watch::Sender<u64>,
}

#[derive(Default)]
struct Held {
    /// In the file.
    current: Option<String>,
    /// Beside it.
    previous: Option<String>,
    /// What the hub last took the station with.
    good: Option<String>,
    tries_previous: bool,
}

/// A new token that is not taken. Goes to the hub: it names places, never a token.
#[derive(Debug, Error)]
pub enum TokensError {
    #[error("its token is in no file: `token_file` must name one in agent.toml, instead of `token`")]
    NoFile,
    #[error("{0} cannot be replaced: {1}")]
    Disk(String, io::Error),
}

impl Tokens {
    /// The token of the configuration, which came from `path` if there is one; blocks.
    pub fn open(token: Option<String>, path: Option<&Path>) -> Self {
        // A link stays one: what it leads to is replaced.
        let path = path.map(|path| path.canonicalize().unwrap_or_else(|_| path.to_owned()));
        let previous = path.as_deref().and_then(|path| read_token(&beside(path)));
        let previous = previous.filter(|previous| token.as_ref() != Some(previous));
        let held = Held { current: token, previous, ..Held::default() };
        Self(Arc::new(Inner { path, held: Mutex::new(held), came: watch::Sender::new(0) }))
    }

    /// Changes with each token that came from the hub.
    pub fn came(&self) -> watch::Receiver<u64> {
        self.0.came.subscribe()
    }

    /// What to log in with next.
    pub fn to_try(&self) -> Option<String> {
        let held = self.held();
        if held.tries_previous { held.previous.clone() } else { held.current.clone() }
    }

    /// The hub refused the last one tried: one that somebody has written into the file meanwhile is next, or the other
    /// one, if there is one. Blocks.
    pub fn refused(&self) {
        let mut held = self.held();
        let written = self.0.path.as_deref().and_then(read_token);
        if written.is_some() && written != held.current {
            tracing::warn!("the hub refuses the token; another one is in its file, and is tried next");
            held.current = written;
            held.tries_previous = false;
        } else if held.previous.is_some() {
            held.tries_previous = !held.tries_previous;
            tracing::warn!("the hub refuses the token; the other one, new or previous, is tried next");
        }
    }

    /// The hub took the station with this token; if it is the previous one, the two change places: the other is good at
    /// a hub that knows more, if this one was restored from a backup. Blocks.
    pub fn taken(&self, token: Option<String>) {
        let mut held = self.held();
        if held.tries_previous && held.previous == token {
            if let (Some(path), Some(good), Some(other)) = (&self.0.path, &token, &held.current) {
                put_back(path, good, other);
            }
            let Held { current, previous, .. } = &mut *held;
            std::mem::swap(current, previous);
            held.tries_previous = false;
        }
        held.good = token;
    }

    /// Keeps a new token beside the one that is good; blocks. It is durable when this returns.
    ///
    /// # Errors
    /// It cannot be kept: the files hold what is good as before.
    pub fn replace(&self, token: String) -> Result<(), TokensError> {
        let path = self.0.path.as_deref().ok_or(TokensError::NoFile)?;
        let mut held = self.held();
        if held.current.as_ref() != Some(&token) {
            let failed = |path: &Path| {
                let path = path.display().to_string();
                move |error| TokensError::Disk(path, error)
            };
            // A second new one, while the first has not been tried, must not push the good one out.
            let former = held.good.clone().or_else(|| held.current.clone());
            if let Some(former) = &former {
                files::replace_like(&beside(path), former.as_bytes(), path).map_err(failed(&beside(path)))?;
                held.previous = Some(former.clone());
            }
            files::replace_like(path, token.as_bytes(), path).map_err(failed(path))?;
            held.current = Some(token);
        }
        held.tries_previous = false;
        if held.current != held.good {
            self.0.came.send_modify(|came| *came += 1);
        }
        Ok(())
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // The disk comes before memory: a panic elsewhere leaves what the files hold.
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name: OsString = path.into();
    name.push(PREVIOUS);
    name.into()
}

/// What a file holds, if it is a token.
fn read_token(path: &Path) -> Option<String> {
    let text = files::read_small(path).ok()?;
    let token = text.trim();
    (!token.is_empty()).then(|| token.to_owned())
}

fn put_back(path: &Path, good: &str, other: &str) {
    let done = files::replace_like(path, good.as_bytes(), path)
        .and_then(|()| files::replace_like(&beside(path), other.as_bytes(), path));
    match done {
        Ok(()) => tracing::warn!(path = %path.display(), "the previous token is good, and back in its place"),
        Err(error) => {
            tracing::warn!(%error, path = %path.display(), "the previous token is good, but cannot be put back");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use tempfile::TempDir;

    struct Case {
        folder: TempDir,
        tokens: Tokens,
    }

    impl Case {
        fn new() -> Self {
            Self::over(tempfile::tempdir().unwrap(), "old\n")
        }

        fn over(folder: TempDir, text: &str) -> Self {
            std::fs::write(folder.path().join("token"), text).unwrap();
            let tokens = Self::open(&folder);
            Self { folder, tokens }
        }

        /// As the agent finds it at its start.
        fn open(folder: &TempDir) -> Tokens {
            let path = folder.path().join("token");
            let text = files::read_small(&path).unwrap();
            Tokens::open(Some(text.trim().to_owned()), Some(&path))
        }

        /// The agent is killed and started again.
        fn restart(self) -> Self {
            Self { tokens: Self::open(&self.folder), folder: self.folder }
        }

        fn take(&self, expected: &str) {
            let tried = self.tokens.to_try();
            assert_eq!(tried.as_deref(), Some(expected));
            self.tokens.taken(tried);
        }

        fn on_disk(&self) -> (String, Option<String>) {
            let read = |name: &str| files::read_small(&self.folder.path().join(name)).ok();
            (read("token").unwrap(), read("token.previous"))
        }

        fn replace(&self, token: &str) {
            self.tokens.replace(token.into()).unwrap();
        }
    }

    fn held(current: &str, previous: &str) -> (String, Option<String>) {
        (current.into(), Some(previous.into()))
    }

    #[test]
    fn a_new_token_is_tried_and_the_old_one_stays_at_hand() {
        let case = Case::new();
        let path = case.folder.path().join("token");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        case.take("old");
        let came = case.tokens.came();
        case.replace("new");
        assert_eq!((case.on_disk(), *came.borrow()), (held("new", "old"), 1));
        for name in ["token", "token.previous"] {
            let mode = std::fs::metadata(case.folder.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o640, "{name}");
        }
        case.take("new");
        case.replace("new");
        assert_eq!((case.on_disk(), *came.borrow()), (held("new", "old"), 1));
        case.restart().take("new");
    }

    #[test]
    fn a_new_token_that_is_refused_gives_way_to_the_previous_one() {
        for is_killed in [false, true] {
            let mut case = Case::new();
            case.take("old");
            case.replace("new");
            if is_killed {
                case = case.restart();
            }
            assert_eq!(case.tokens.to_try().as_deref(), Some("new"));
            case.tokens.refused();
            assert_eq!(case.on_disk(), held("new", "old"), "until the previous one is known to be good");
            case.take("old");
            // A hub that was restored from a backup took it: the one that was before may know the new one.
            assert_eq!(case.on_disk(), held("old", "new"));
            case.tokens.refused();
            case.take("new");
            assert_eq!(case.restart().on_disk(), held("new", "old"));
        }
    }

    #[test]
    fn a_token_that_somebody_brings_is_tried_without_a_restart() {
        let case = Case::new();
        case.take("old");
        std::fs::write(case.folder.path().join("token"), "brought\n").unwrap();
        case.tokens.refused();
        case.take("brought");
        case.tokens.refused();
        case.take("brought");
    }

    #[test]
    fn the_good_one_is_kept_whatever_comes() {
        let case = Case::new();
        case.take("old");
        case.replace("lost");
        case.replace("new");
        assert_eq!(case.on_disk(), held("new", "old"));
        // Both are refused, by a hub that is not itself: nothing is thrown away.
        for expected in ["new", "old", "new"] {
            assert_eq!(case.tokens.to_try().as_deref(), Some(expected));
            case.tokens.refused();
        }
        assert_eq!(case.on_disk(), held("new", "old"));
        // The hub sends the same again to a station that went on with the old one.
        case.replace("new");
        case.take("new");
    }

    #[test]
    fn a_kill_between_any_two_steps_leaves_a_good_token() {
        // As replace() leaves the folder after each of its steps, and as the hub takes the station then.
        for (current, previous, temporary, good) in [
            ("old", None, Some("ol"), "old"),
            ("old", Some("old"), None, "old"),
            ("old", Some("old"), Some("ne"), "old"),
            ("new", Some("old"), None, "new"),
            ("new", Some("old"), None, "old"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            if let Some(previous) = previous {
                std::fs::write(folder.path().join("token.previous"), previous).unwrap();
            }
            if let Some(temporary) = temporary {
                std::fs::write(folder.path().join("token.tmp"), temporary).unwrap();
            }
            let case = Case::over(folder, current);
            if case.tokens.to_try().as_deref() != Some(good) {
                case.tokens.refused();
            }
            case.take(good);
            case.replace("newer");
            assert_eq!(case.on_disk(), held("newer", good));
        }
    }

    #[test]
    fn a_token_that_cannot_be_kept_is_refused_in_words() {
        let check = |tokens: &Tokens, expected: &str| {
            let error = tokens.replace("wst_new".into()).unwrap_err().to_string();
            assert!(error.contains(expected) && !error.contains("wst_"), "{error}");
        };
        check(&Tokens::open(Some("wst_old".into()), None), "`token_file` must name one");
        let case = Case::new();
        case.take("old");
        // A folder where the new file would be made.
        std::fs::create_dir(case.folder.path().join("token.previous.tmp")).unwrap();
        check(&case.tokens, "token.previous cannot be replaced: ");
        assert_eq!(case.on_disk(), ("old\n".into(), None));
        std::fs::remove_dir(case.folder.path().join("token.previous.tmp")).unwrap();
        std::fs::create_dir(case.folder.path().join("token.tmp")).unwrap();
        check(&case.tokens, "token cannot be replaced: ");
        assert_eq!(case.on_disk(), held("old\n", "old"));
        case.restart().take("old");
    }

    #[test]
    fn a_link_is_followed() {
        let case = Case::new();
        let link = case.folder.path().join("link");
        std::os::unix::fs::symlink(case.folder.path().join("token"), &link).unwrap();
        let tokens = Tokens::open(Some("old".into()), Some(&link));
        tokens.replace("new".into()).unwrap();
        assert_eq!(case.on_disk(), held("new", "old"));
        assert!(link.is_symlink());
    }
}
