//! The Debian packages: made of the programs under test, installed, upgraded, removed and purged in a copy of this
//! system, and run as services there.

// clippy.toml allows these in tests, but sees helpers of an integration test as no test.
#![allow(clippy::expect_used)]

use std::path::{Path, PathBuf};
use std::process::Command;
use waystation_tests::programs;

/// What the script says when this machine cannot be copied.
const SKIPPED: i32 = 77;

fn script(name: &str) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut command = Command::new(root.join("scripts").join(name));
    // Packing fast is enough for a test.
    command.env("DPKG_DEB_COMPRESSOR_TYPE", "gzip").env("DPKG_DEB_COMPRESSOR_LEVEL", "1");
    programs::unconfigured(&mut command);
    command
}

fn package(name: &str, folder: &Path, more: &[(&str, &str)]) -> Result<PathBuf, String> {
    let mut command = script("package.sh");
    command.arg(name).arg(programs::folder().join(name)).arg(folder).envs(more.iter().copied());
    let output = command.output().expect("the script runs");
    let (printed, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(printed.trim().into()) } else { Err(errors.into_owned()) }
}

#[test]
fn packages_are_installed_upgraded_removed_and_purged() {
    let folder = tempfile::tempdir().expect("a folder");
    try_them("try-packages.sh", folder.path());
}

/// Under a real systemd, with everything that the units forbid: started, killed, upgraded, removed.
#[test]
fn services_run_with_the_few_rights_that_their_units_leave() {
    let folder = tempfile::tempdir().expect("a folder");
    try_them("try-services.sh", folder.path());
}

fn try_them(name: &str, folder: &Path) {
    let packages = ["waystation-hub", "waystation-agent"].map(|name| package(name, folder, &[]).expect(name));
    let output = script(name).args(&packages).output().expect("the script runs");
    let told =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{told}");
    assert!(matches!(output.status.code(), Some(0 | SKIPPED)), "{told}");
}

#[test]
fn the_same_program_gives_the_same_package() {
    let (one, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let read = |folder: &Path| {
        std::fs::read(package("waystation-agent", folder, &[]).expect("a package")).expect("the package")
    };
    assert!(read(one.path()) == read(other.path()));
}

#[test]
fn a_program_that_is_too_large_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let error = package("waystation-agent", folder.path(), &[("BYTES_MAX", "1000")]).expect_err("too large");
    assert!(error.contains("more than 1000"), "{error}");
}
