//! Puts the console into the program: the files of `console/dist`, which `make console` builds. Where nobody has built
//! them and npm is there, it is run once; without npm the hub says on its page what is missing.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

fn main() {
    let console = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../console");
    let dist = console.join("dist");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={}", dist.join("index.html").display());
    if !dist.join("index.html").is_file() && !build(&console) {
        println!(
            "cargo:warning=the console is not built into the hub: install Node.js and npm, then `make console`"
        );
    }
    let table = env::var("OUT_DIR").map(|folder| Path::new(&folder).join("console.rs"));
    let written = table
        .map_err(|error| error.to_string())
        .and_then(|path| fs::write(path, listed(&dist)).map_err(|error| error.to_string()));
    if let Err(error) = written {
        println!("cargo:warning=cannot list the console's files: {error}");
        std::process::exit(1);
    }
}

fn build(console: &Path) -> bool {
    let npm = |arguments: &[&str]| {
        Command::new("npm").args(arguments).current_dir(console).status().is_ok_and(|status| status.success())
    };
    npm(&["install", "--no-save", "--silent"]) && npm(&["run", "--silent", "build"])
}

/// A slice of names and contents, as source; `assets/` is left out of the names.
fn listed(dist: &Path) -> String {
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in [dist.to_owned(), dist.join("assets")] {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        files.extend(entries.map(|entry| entry.path()).filter(|path| path.is_file()));
    }
    files.sort();
    let mut table = "&[\n".to_owned();
    for path in files {
        let (Some(name), Ok(path)) = (path.file_name().and_then(|name| name.to_str()), path.canonicalize())
        else {
            continue;
        };
        table.push_str(&format!("    ({name:?}, include_bytes!({path:?})),\n"));
    }
    table.push_str("]\n");
    table
}
