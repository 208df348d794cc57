//! A file that takes its place only once it is whole, and whose place is tried before the code is used.

use crate::texts::Message;
use std::fs::{File, Metadata, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

pub struct NewFile {
    file: File,
    temporary: PathBuf,
    path: PathBuf,
}

impl NewFile {
    /// Makes an empty one beside `path`, which only its owner can read, and the folder if there is none.
    ///
    /// # Errors
    /// The place cannot be written.
    pub fn beside(path: &Path) -> Result<Self, Message> {
        // A link stays one: what it leads to is replaced.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let temporary = path.with_extension("new");
        let failed =
            |name, path: &Path, error| Message::new(name).with("path", path.display()).with("error", error);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| failed("no_folder", folder, error))?;
        }
        std::fs::remove_file(&temporary).ok();
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary);
        let file = file.map_err(|error| failed("no_file", &temporary, error))?;
        Ok(Self { file, temporary, path })
    }

    /// Puts a secret in its place. The agent's own user must read it, and replace it when the hub changes it: who owns
    /// the folder, unless that is root's, and then who has the former file, or the agent's `data`. One that root left
    /// behind in the agent's folder is mended so.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn fill_secret(mut self, text: &str, data: &Path) -> Result<PathBuf, Message> {
        let owner = self.owner(data).filter(|_| rustix::process::geteuid().is_root());
        self.fill(|file| {
            writeln!(file, "{text}")?;
            owner.map_or(Ok(()), |owner| fchown(&*file, Some(owner.uid()), Some(owner.gid())))
        })
    }

    fn owner(&self, data: &Path) -> Option<Metadata> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let owners = [folder.unwrap_or(Path::new(".")), self.path.as_path(), data];
        let mut owners = owners.into_iter().filter_map(|path| std::fs::metadata(path).ok());
        owners.find(|owner| owner.uid() != 0)
    }

    /// Puts what everybody may read in its place, whatever the installer's umask is.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn fill_public(mut self, text: &str) -> Result<PathBuf, Message> {
        self.fill(|file| {
            file.write_all(text.as_bytes())?;
            file.set_permissions(Permissions::from_mode(0o644))
        })
    }

    fn fill(&mut self, write: impl FnOnce(&mut File) -> io::Result<()>) -> Result<PathBuf, Message> {
        write(&mut self.file)
            .and_then(|()| self.file.sync_all())
            .and_then(|()| std::fs::rename(&self.temporary, &self.path))
            .map(|()| self.path.clone())
            .map_err(|error| Message::new("used_up").with("path", self.path.display()).with("error", error))
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // Gone already when it has taken its place.
        std::fs::remove_file(&self.temporary).ok();
    }
}
