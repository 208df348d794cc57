//! Where the programs are.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Our own program of this name, unconfigured but by what the test says.
pub fn ours(name: &str) -> Command {
    let mut command = Command::new(folder().join(name));
    unconfigured(&mut command);
    command
}

/// It sees no variable that configures our programs, so that nobody's environment changes a test.
pub fn unconfigured(command: &mut Command) {
    let variables = std::env::vars_os().map(|(variable, _)| variable);
    variables.filter(|variable| variable.to_string_lossy().starts_with("WAYSTATION_")).for_each(|variable| {
        command.env_remove(variable);
    });
}

/// The folder of our own programs: `WAYSTATION_BIN_DIR`, else that of the test program, where `cargo build` puts them;
/// they are built when they are not there yet.
pub fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(find_or_build)
}

fn find_or_build() -> PathBuf {
    if let Some(folder) = std::env::var_os("WAYSTATION_BIN_DIR") {
        return PathBuf::from(folder);
    }
    let test = std::env::current_exe().expect("the path of the test program");
    let folder = test.ancestors().nth(2).expect("target/<profile>/deps/<test>").to_owned();
    if !["waystation-hub", "waystation-agent"].iter().all(|name| folder.join(name).exists()) {
        build(&folder);
    }
    folder
}

fn build(folder: &Path) {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "-p", "waystation-hub", "-p", "waystation-agent", "--bins", "--target-dir"]);
    cargo.arg(folder.parent().expect("target/<profile>"));
    if folder.ends_with("release") {
        cargo.arg("--release");
    }
    let status = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status().expect("cargo runs");
    assert!(status.success(), "the programs under test do not build: {cargo:?}");
}

/// A program of the system; `package` is what Debian calls it.
pub fn system(name: &str, package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/bin")]);
    let mut found = folders.map(|folder| folder.join(name)).filter(|path| path.is_file());
    found
        .next()
        .unwrap_or_else(|| panic!("`{name}` is missing, and this test needs it: apt install {package}"))
}

/// A program from PyPI, where `scripts/install-deps.sh` puts it: in a virtual environment below the build's folder.
pub fn from_pypi(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the path of the test program");
    let target = test.ancestors().nth(3).expect("target/<profile>/deps/<test>");
    let program = target.join(name).join("bin").join(name);
    assert!(
        program.is_file(),
        "{} is missing: run scripts/install-deps.sh, or `make deps`",
        program.display()
    );
    program
}

/// Debian's Python, which has the modules that the tests need.
pub fn python() -> PathBuf {
    PathBuf::from("/usr/bin/python3")
}

/// A shared library that lies in a folder of its own below the system's libraries.
pub fn library(folder: &str, name: &str, package: &str) -> PathBuf {
    let places = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let mut found = places.map(|place| place.path().join(folder).join(name)).filter(|path| path.is_file());
    found
        .next()
        .unwrap_or_else(|| panic!("`{name}` is missing, and this test needs it: apt install {package}"))
}
