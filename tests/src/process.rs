//! A child process whose output is kept and shown when a test fails, and that never outlives its test.

use crate::wait::until_some;
use std::fs::{File, OpenOptions};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

/// Lines of its output that a failing test shows.
const LINES_SHOWN: usize = 40;

pub struct Process {
    name: &'static str,
    child: Child,
    output: PathBuf,
}

impl Process {
    /// Starts it; standard output and error are appended to the file `output`.
    pub fn start(name: &'static str, command: &mut Command, output: &Path) -> Self {
        let file = open_to_append(output);
        let errors = file.try_clone().expect("a second handle");
        command.stdout(file).stderr(errors);
        Self::start_as_is(name, command, output)
    }

    /// The same with the standard streams that `command` says.
    pub fn start_as_is(name: &'static str, command: &mut Command, output: &Path) -> Self {
        let child =
            command.spawn().unwrap_or_else(|error| panic!("{name} does not start: {error}: {command:?}"));
        Self { name, child, output: output.to_owned() }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child of ours").is_none()
    }

    /// Panics with its output if it has ended.
    pub fn assert_running(&mut self) {
        if let Some(status) = self.child.try_wait().expect("a child of ours") {
            panic!("{} ended with {status}:\n{}", self.name, tail(&self.output));
        }
    }

    /// Returns once it takes connections.
    pub fn wait_listening(&mut self, address: SocketAddr) {
        until_some(&format!("{} listens on {address}", self.name), || {
            self.assert_running();
            TcpStream::connect(address).ok()
        });
    }

    /// SIGKILL: no time to say or save anything.
    pub fn kill(mut self) {
        self.end();
    }

    /// Sends the signal, such as `TERM` or `STOP`.
    pub fn signal(&self, signal: &str) {
        let status = Command::new("kill").arg(format!("-{signal}")).arg(self.id().to_string()).status();
        assert!(status.is_ok_and(|status| status.success()), "kill -{signal} {}", self.name);
    }

    /// SIGTERM, and the end that it makes by itself.
    pub fn terminate(mut self) -> ExitStatus {
        self.signal("TERM");
        self.wait()
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        let what = format!("{} ends", self.name);
        until_some(&what, || self.child.try_wait().expect("a child of ours"))
    }

    fn end(&mut self) {
        // It may have ended already, which is what is wanted.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
        if std::thread::panicking() {
            eprintln!("--- the last words of {}:\n{}", self.name, tail(&self.output));
        }
    }
}

/// Runs a command to its end and gives what it printed; panics unless it succeeds.
pub fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{error}: {command:?}"));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {command:?}\n{printed}{errors}", output.status);
    printed
}

fn open_to_append(path: &Path) -> File {
    let file = OpenOptions::new().create(true).append(true).open(path);
    file.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn tail(path: &Path) -> String {
    let text =
        std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES_SHOWN)..].join("\n")
}
