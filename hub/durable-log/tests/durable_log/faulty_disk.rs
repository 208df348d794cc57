//! A disk in memory that knows what is in the page cache and what would survive a power cut, and fails on demand.
//!
//! - Content: a page that was written and not synced survives a power cut or not, each for itself.
//! - A sync that fails leaves any of its pages unwritten, but marks all of them clean, as Linux does: reading shows the
//!   new content, the next sync does nothing about it, and a power cut brings the old content back.
//! - Names: creations, renames and removals in a directory survive in order up to some point, as with a journal.
//! - Every call is a step. At a chosen step a fault strikes, or the machine stops in the middle of the call.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use waystation_durable_log::{Disk, DiskFile, Lock};

/// Small, so that small records are torn too.
const PAGE_BYTES: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A write stops half-way and says so.
    ShortWrite,
    /// The call fails for want of space; a write may have done part of its work.
    NoSpace,
    /// The call fails; a write may have done part of its work, a sync leaves pages behind.
    Io,
    /// The machine stops in the middle of the call.
    Crash,
}

#[derive(Clone, Default)]
pub struct FaultyDisk(Arc<Mutex<World>>);

#[derive(Default)]
struct World {
    inodes: Vec<Inode>,
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    /// Not synced yet, in order: what a name stands for from then on.
    name_changes: Vec<(PathBuf, Option<usize>)>,
    faults: BTreeMap<u64, Fault>,
    steps: u64,
    stopped: bool,
    locked: bool,
    /// Bytes that all files together may take.
    space: Option<usize>,
    random: u64,
}

#[derive(Clone, Default)]
struct Inode {
    cached: Vec<u8>,
    durable: Vec<u8>,
    dirty_pages: BTreeSet<usize>,
    dirty_length: bool,
}

struct File {
    disk: FaultyDisk,
    inode: usize,
}

impl FaultyDisk {
    pub fn new(seed: u64) -> Self {
        let disk = Self::default();
        disk.world().random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        disk
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    /// Lets `fault` strike `steps` calls from now; 0 is the next call.
    pub fn fail_in(&self, steps: u64, fault: Fault) {
        let mut world = self.world();
        let at = world.steps + steps;
        world.faults.insert(at, fault);
    }

    /// Whether every fault has struck.
    pub fn no_fault_waits(&self) -> bool {
        self.world().faults.is_empty()
    }

    pub fn heal(&self) {
        let mut world = self.world();
        world.faults.clear();
        world.space = None;
    }

    pub fn set_space(&self, bytes: usize) {
        self.world().space = Some(bytes);
    }

    pub fn steps(&self) -> u64 {
        self.world().steps
    }

    /// Whether the machine has stopped: every call fails until the power is back.
    pub fn stopped(&self) -> bool {
        self.world().stopped
    }

    /// The process is gone; the page cache stays.
    pub fn kill(&self) {
        let mut world = self.world();
        world.locked = false;
        world.stopped = false;
    }

    /// The page cache is gone too.
    pub fn cut_power(&self) {
        self.kill();
        let mut world = self.world();
        let changes = world.name_changes.len();
        let survive = world.random_below(changes + 1);
        let changes: Vec<_> = world.name_changes.drain(..).take(survive).collect();
        for (path, inode) in changes {
            apply(&mut world.durable_names, path, inode);
        }
        world.names = world.durable_names.clone();
        for index in 0..world.inodes.len() {
            world.write_back(index, true);
            let inode = &mut world.inodes[index];
            inode.cached = inode.durable.clone();
        }
    }

    /// Paths and content of all files that end in `ending`.
    pub fn files(&self, ending: &str) -> Vec<(PathBuf, Vec<u8>)> {
        let world = self.world();
        let named = world.names.iter().filter(|(path, _)| path.to_string_lossy().ends_with(ending));
        named.map(|(path, &inode)| (path.clone(), world.inodes[inode].cached.clone())).collect()
    }

    /// Puts a file there, by hand.
    pub fn put(&self, path: &Path, content: Vec<u8>) {
        let mut world = self.world();
        world.inodes.push(Inode { cached: content.clone(), durable: content, ..Inode::default() });
        let inode = Some(world.inodes.len() - 1);
        world.change_name(path, inode);
    }

    /// Takes a file away, by hand.
    pub fn unlink(&self, path: &Path) {
        self.world().change_name(path, None);
    }

    /// Flips bits of one byte, on the disk and in the cache.
    pub fn flip(&self, path: &Path, at: usize, mask: u8) {
        let mut world = self.world();
        let inode = world.names[path];
        world.inodes[inode].cached[at] ^= mask;
        if let Some(byte) = world.inodes[inode].durable.get_mut(at) {
            *byte ^= mask;
        }
    }
}

impl World {
    fn random_below(&mut self, below: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) as usize % below
    }

    /// Counts the call, and says what goes wrong with it.
    fn step(&mut self) -> io::Result<Option<Fault>> {
        if self.stopped {
            return Err(stop());
        }
        let fault = self.faults.remove(&self.steps);
        self.steps += 1;
        Ok(fault)
    }

    /// For calls that either happen or do not.
    fn step_whole(&mut self) -> io::Result<()> {
        match self.step()? {
            None | Some(Fault::ShortWrite) => Ok(()),
            Some(fault) => Err(self.strike(fault)),
        }
    }

    fn strike(&mut self, fault: Fault) -> io::Error {
        match fault {
            Fault::Crash => {
                self.stopped = true;
                stop()
            }
            Fault::NoSpace => io::ErrorKind::StorageFull.into(),
            Fault::Io | Fault::ShortWrite => io::Error::other("input/output error"),
        }
    }

    fn change_name(&mut self, path: &Path, inode: Option<usize>) {
        apply(&mut self.names, path.to_owned(), inode);
        self.name_changes.push((path.to_owned(), inode));
    }

    fn found(&self, path: &Path) -> io::Result<usize> {
        self.names.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Writes dirty pages to the disk: all of them, or each or not as chance has it. None is dirty afterwards.
    fn write_back(&mut self, index: usize, by_chance: bool) {
        let mut inode = std::mem::take(&mut self.inodes[index]);
        let survives = |world: &mut Self| !by_chance || world.random_below(2) == 0;
        if inode.dirty_length && survives(self) {
            inode.durable.resize(inode.cached.len(), 0);
        }
        inode.dirty_length = false;
        for page in std::mem::take(&mut inode.dirty_pages) {
            let start = page * PAGE_BYTES;
            let end = (start + PAGE_BYTES).min(inode.cached.len()).min(inode.durable.len());
            if start < end && survives(self) {
                inode.durable[start..end].copy_from_slice(&inode.cached[start..end]);
            }
        }
        self.inodes[index] = inode;
    }

    fn resize(&mut self, index: usize, len: usize) -> io::Result<()> {
        let others: usize =
            self.names.values().filter(|&&i| i != index).map(|&i| self.inodes[i].cached.len()).sum();
        let inode = &mut self.inodes[index];
        if len > inode.cached.len() && self.space.is_some_and(|space| others + len > space) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        inode.dirty_length |= len != inode.cached.len();
        inode.cached.resize(len, 0);
        Ok(())
    }

    fn write(&mut self, index: usize, bytes: &[u8], offset: usize) -> io::Result<()> {
        if offset + bytes.len() > self.inodes[index].cached.len() {
            self.resize(index, offset + bytes.len())?;
        }
        let inode = &mut self.inodes[index];
        inode.cached[offset..offset + bytes.len()].copy_from_slice(bytes);
        if !bytes.is_empty() {
            inode.dirty_pages.extend(offset / PAGE_BYTES..=(offset + bytes.len() - 1) / PAGE_BYTES);
        }
        Ok(())
    }
}

fn apply(names: &mut BTreeMap<PathBuf, usize>, path: PathBuf, inode: Option<usize>) {
    match inode {
        Some(inode) => names.insert(path, inode),
        None => names.remove(&path),
    };
}

fn stop() -> io::Error {
    io::Error::other("the machine has stopped")
}

impl Disk for FaultyDisk {
    fn create_dir_all(&self, _dir: &Path) -> io::Result<()> {
        self.world().step_whole()
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let mut world = self.world();
        world.step_whole()?;
        let inside = world.names.keys().filter(|path| path.parent() == Some(dir));
        Ok(inside.filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect())
    }

    fn lock(&self, _path: &Path) -> io::Result<Lock> {
        let mut world = self.world();
        world.step_whole()?;
        if std::mem::replace(&mut world.locked, true) {
            return Ok(Lock::HeldBy("this test".to_owned()));
        }
        // Released by `kill` and `cut_power`, as by the end of a process.
        Ok(Lock::Taken(Box::new(())))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut world = self.world();
        world.step_whole()?;
        let inode = world.found(path)?;
        Ok(Box::new(File { disk: self.clone(), inode }))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut world = self.world();
        world.step_whole()?;
        let inode = match world.found(path) {
            Ok(inode) => {
                world.resize(inode, 0)?;
                inode
            }
            Err(_) => {
                world.inodes.push(Inode::default());
                let inode = world.inodes.len() - 1;
                world.change_name(path, Some(inode));
                inode
            }
        };
        Ok(Box::new(File { disk: self.clone(), inode }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut world = self.world();
        world.step_whole()?;
        let inode = world.found(from)?;
        // One step of the journal: the new name, and with it the end of the old one.
        world.names.remove(from);
        world.durable_names.remove(from);
        world.name_changes.retain(|(path, _)| path != from);
        world.change_name(to, Some(inode));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut world = self.world();
        world.step_whole()?;
        world.found(path)?;
        world.change_name(path, None);
        Ok(())
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut world = self.world();
        world.step_whole()?;
        let changes = std::mem::take(&mut world.name_changes);
        let (here, elsewhere) = changes.into_iter().partition(|(path, _)| path.parent() == Some(dir));
        world.name_changes = elsewhere;
        let here: Vec<_> = here;
        for (path, inode) in here {
            apply(&mut world.durable_names, path, inode);
        }
        Ok(())
    }
}

impl DiskFile for File {
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut world = self.disk.world();
        world.step_whole()?;
        let content = &world.inodes[self.inode].cached;
        let from = content.get(offset as usize..).unwrap_or_default();
        let count = from.len().min(bytes.len());
        bytes[..count].copy_from_slice(&from[..count]);
        Ok(count)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let mut world = self.disk.world();
        let fault = world.step()?;
        let count = match fault {
            None => bytes.len(),
            Some(_) => world.random_below(bytes.len() + 1),
        };
        world.write(self.inode, &bytes[..count], offset as usize)?;
        match fault {
            None | Some(Fault::ShortWrite) if count > 0 => Ok(count),
            None => Ok(0),
            Some(fault) => Err(world.strike(fault)),
        }
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        let mut world = self.disk.world();
        world.step_whole()?;
        world.resize(self.inode, len as usize)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut world = self.disk.world();
        world.step_whole()?;
        world.resize(self.inode, len as usize)
    }

    fn length(&self) -> io::Result<u64> {
        let mut world = self.disk.world();
        world.step_whole()?;
        Ok(world.inodes[self.inode].cached.len() as u64)
    }

    fn sync(&self) -> io::Result<()> {
        let mut world = self.disk.world();
        match world.step()? {
            None | Some(Fault::ShortWrite) => {
                world.write_back(self.inode, false);
                Ok(())
            }
            // A crash decides about the pages when the power is cut.
            Some(Fault::Crash) => Err(world.strike(Fault::Crash)),
            Some(fault) => {
                world.write_back(self.inode, true);
                Err(world.strike(fault))
            }
        }
    }
}
