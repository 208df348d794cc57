//! A serial port, or another device file that can be waited for, as a stream.

use crate::config::{Parity, SerialLine};
use rustix::fs::{Mode, OFlags, open};
use rustix::termios::{
    ControlModes, OptionalActions, QueueSelector, ioctl_tiocexcl, tcflush, tcgetattr, tcsetattr,
};
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use tokio::io::{Join, join};
use tokio::net::unix::pipe::{Receiver, Sender};

/// An open device file. The runtime's halves of a pipe read and write any file that can be waited for.
pub type Port = Join<Receiver, Sender>;

/// Opens a serial port raw, eight data bits, for us alone.
pub fn open_serial(line: &SerialLine) -> io::Result<Port> {
    let file = open_file(&line.path)?;
    ioctl_tiocexcl(&file)?;
    let mut settings = tcgetattr(&file)?;
    settings.make_raw();
    settings.set_speed(line.baud)?;
    let modes = &mut settings.control_modes;
    modes.remove(ControlModes::CRTSCTS);
    modes.insert(ControlModes::CLOCAL | ControlModes::CREAD);
    modes.set(ControlModes::PARENB, line.parity != Parity::None);
    modes.set(ControlModes::PARODD, line.parity == Parity::Odd);
    modes.set(ControlModes::CSTOPB, line.stop_bits == 2);
    tcsetattr(&file, OptionalActions::Now, &settings)?;
    tcflush(&file, QueueSelector::IOFlush)?;
    port(file)
}

/// Opens a FIFO or a character device as it is. A FIFO stays open when its writer leaves.
pub fn open_device(path: &Path) -> io::Result<Port> {
    port(open_file(path)?)
}

fn open_file(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(open(path, flags, Mode::empty())?)
}

fn port(file: OwnedFd) -> io::Result<Port> {
    let receiver = Receiver::from_owned_fd_unchecked(file.try_clone()?)?;
    Ok(join(receiver, Sender::from_owned_fd_unchecked(file)?))
}
