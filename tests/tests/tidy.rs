//! House rules that no compiler checks: the order of the stages, the length of files, and that the documents say what
//! the code says.

// clippy.toml allows these in tests, but sees helpers of an integration test as no test.
#![allow(clippy::expect_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The hub's modules in the order of the flow: a stage imports only from those before it. `influx` stands before
/// `fleet` because the state keeps what InfluxDB refuses, behind a trait of `influx`.
const STAGES: &[&str] = &[
    "calendar",
    "clock",
    "texts",
    "config",
    "metrics",
    "health",
    "shutdown",
    "priority",
    "entry",
    "sqlite",
    "registry",
    "coverage",
    "access",
    "recorder",
    "influx",
    "operations",
    "fleet",
    "history",
    "notify",
    "broker",
    "intake",
    "listener",
    "http",
    "app",
    "commands",
];

const LINES_MAX: usize = 500;
/// Tables of cases may be longer.
const TEST_LINES_MAX: usize = 600;

/// What was left for later.
const UNWANTED: [&str; 4] = ["TODO", "FIXME", "todo!(", "unimplemented!("];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Files with one of these extensions below `folder`, by their path from the workspace's root.
fn files(folder: &str, extensions: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            let is_source = !name.starts_with('.') && name != "target" && name != "node_modules";
            if path.is_dir() && is_source {
                folders.push(path);
            } else if extensions
                .iter()
                .any(|extension| path.extension().is_some_and(|found| found == *extension))
            {
                found.push(path.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

fn is_test(path: &str) -> bool {
    path.split('/').any(|part| part == "tests" || part.ends_with("tests.rs"))
}

fn sources() -> Vec<String> {
    ["hub", "agent", "bench", "tests"].iter().flat_map(|folder| files(folder, &["rs"])).collect()
}

fn documents() -> Vec<String> {
    let mut found = files("docs", &["md"]);
    found.extend(["README.md", "README.zh-CN.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(str::to_owned));
    found
}

fn report(what: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{what}:\n  {}", wrong.join("\n  "));
}

#[test]
fn stages_import_only_earlier_stages() {
    let place = |name: &str| STAGES.iter().position(|stage| *stage == name);
    let mut wrong = Vec::new();
    for path in files("hub/src", &["rs"]).iter().filter(|path| !is_test(path)) {
        let stage = path["hub/src/".len()..].split(['/', '.']).next().unwrap_or_default();
        if matches!(stage, "lib" | "main") {
            continue;
        }
        let Some(own) = place(stage) else {
            wrong.push(format!("{path}: `{stage}` has no place among the stages"));
            continue;
        };
        for import in imports(&read(path)) {
            if place(&import).is_none_or(|other| other > own) {
                wrong.push(format!("{path}: {stage} imports {import}, which comes later"));
            }
        }
    }
    report("stages out of order", &wrong);
}

/// The modules that follow `crate::`, those of a group included; unit tests at the end of a file may import anything.
fn imports(source: &str) -> BTreeSet<String> {
    let code = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or(source);
    let mut found = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            Some(group) => found.extend(group_members(group)),
            None => drop(found.insert(word(after))),
        }
    }
    found.remove("");
    found
}

/// First words of the members of a `{…}` group, after its opening brace.
fn group_members(group: &str) -> Vec<String> {
    let mut members = Vec::new();
    let (mut depth, mut begin) = (1, 0);
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => {
                members.push(word(group[begin..at].trim_start()));
                begin = at + 1;
            }
            _ => {}
        }
        if depth == 0 {
            members.push(word(group[begin..at].trim_start()));
            break;
        }
    }
    members
}

/// The name at the front; empty for a type or a macro, which are no modules.
fn word(text: &str) -> String {
    let name: String = text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    let is_module = name.starts_with(|c: char| c.is_ascii_lowercase())
        && text[name.len()..].starts_with(['{', ':', ',', '}', ';', ' ']);
    if is_module { name } else { String::new() }
}

#[test]
fn files_stay_short() {
    let mut wrong = Vec::new();
    for path in sources() {
        let lines = read(&path).lines().count();
        let most = if is_test(&path) { TEST_LINES_MAX } else { LINES_MAX };
        if lines > most {
            wrong.push(format!("{path}: {lines} lines, at most {most}: give a concept a file of its own"));
        }
    }
    report("files too long", &wrong);
}

#[test]
fn nothing_is_left_for_later() {
    let mut wrong = Vec::new();
    for path in sources().into_iter().chain(documents()).filter(|path| !path.ends_with("tidy.rs")) {
        let text = read(&path);
        for (number, line) in text.lines().enumerate() {
            for unwanted in UNWANTED.iter().filter(|unwanted| line.contains(**unwanted)) {
                wrong.push(format!("{path}:{}: `{unwanted}`", number + 1));
            }
        }
    }
    report("words that have no place here", &wrong);
}

#[test]
fn links_of_the_documents_lead_somewhere() {
    let mut wrong = Vec::new();
    for path in documents() {
        for link in links(&read(&path)) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (file, anchor) =
                link.split_once('#').map_or((link.as_str(), None), |(file, anchor)| (file, Some(anchor)));
            let target = if file.is_empty() {
                root().join(&path)
            } else {
                root().join(&path).parent().expect("a folder").join(file)
            };
            if !target.exists() {
                wrong.push(format!("{path}: {link}: no such file"));
            } else if let Some(anchor) = anchor {
                let text = fs::read_to_string(&target).expect("a document");
                if !headings(&text).contains(anchor) {
                    wrong.push(format!("{path}: {link}: no such heading"));
                }
            }
        }
    }
    report("dead links", &wrong);
}

/// Targets of `[text](target)` outside code.
fn links(markdown: &str) -> Vec<String> {
    let prose: String = outside_code(markdown).collect::<Vec<_>>().join("\n");
    let targets = prose.split("](").skip(1).filter_map(|after| after.split(')').next().map(str::to_owned));
    targets.filter(|target| !target.contains(char::is_whitespace)).collect()
}

/// Headings as anchors, the way that GitHub makes them.
fn headings(markdown: &str) -> BTreeSet<String> {
    let titles = outside_code(markdown).filter(|line| line.starts_with('#'));
    let anchor = |line: &str| -> String {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    titles.map(anchor).collect()
}

fn outside_code(markdown: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    markdown.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        !in_code && !fence
    })
}

fn check_documented(
    what: &str,
    names: &BTreeSet<String>,
    document: &str,
    form: impl Fn(&str) -> Vec<String>,
) {
    assert!(!names.is_empty(), "no {what} was found: the test no longer understands the source");
    let text = read(document);
    let missing: Vec<String> =
        names.iter().filter(|name| !form(name).iter().any(|form| text.contains(form))).cloned().collect();
    report(&format!("{what} that {document} does not mention"), &missing);
}

#[test]
fn every_metric_is_documented() {
    let source = read("hub/src/metrics.rs");
    let literals =
        source.split('(').filter_map(|after| after.trim_start().strip_prefix('"')?.split('"').next());
    let is_name =
        |text: &&str| text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    let names: BTreeSet<String> = literals.filter(is_name).map(str::to_owned).collect();
    check_documented("metrics", &names, "docs/operations.md", |name| vec![format!("`waystation_{name}`")]);
}

#[test]
fn every_configuration_key_is_documented_in_both_languages() {
    let files = ["mod", "alerts", "channels"].map(|file| read(&format!("hub/src/config/{file}.rs")));
    let source = files.concat();
    let fields = source.lines().filter_map(|line| line.strip_prefix("    pub ")?.split_once(": "));
    let names: BTreeSet<String> = fields.map(|(name, _)| name.to_owned()).collect();
    for document in ["README.md", "README.zh-CN.md"] {
        check_documented("configuration keys", &names, document, |name| {
            vec![format!("`{name}`"), format!("[{name}]"), format!(".{name}]"), format!(".{name}.")]
        });
    }
}

#[test]
fn every_member_of_a_reading_is_in_the_wire_contract() {
    let mut names = BTreeSet::new();
    for path in files("hub/protocol/src/reading", &["rs"]) {
        for table in read(&path).split("member_table! {").skip(1) {
            let body = table.split("\n}").next().unwrap_or_default();
            let lines = body.lines().map(str::trim).filter(|line| !line.starts_with("//"));
            let members = lines.filter_map(|line| line.split_once(": ")).map(|(name, _)| name.to_owned());
            names.extend(members.filter(|name| {
                name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            }));
        }
    }
    check_documented("members", &names, "docs/wire.md", |name| vec![format!("`{name}`")]);
}

#[test]
fn every_reason_of_the_quarantine_is_in_the_wire_contract() {
    let source = read("hub/protocol/src/reason.rs");
    let table = source.split("pub enum Reason {").nth(1).and_then(|after| after.split("\n    }").next());
    let reasons = table.unwrap_or_default().split("= \"").skip(1).filter_map(|after| after.split('"').next());
    let names = reasons.map(str::to_owned).collect();
    check_documented("reasons", &names, "docs/wire.md", |name| vec![format!("`{name}`")]);
}

#[test]
fn both_readmes_say_the_same() {
    let shape = |path: &str| {
        let text = read(path);
        let sections = outside_code(&text).filter(|line| line.starts_with("## ")).count();
        let rows = outside_code(&text).filter(|line| line.starts_with('|')).count();
        let code: usize = text.lines().filter(|line| line.starts_with("```")).count();
        (sections, rows, code)
    };
    assert_eq!(shape("README.md"), shape("README.zh-CN.md"), "sections, table rows, code fences");
}

#[test]
fn every_refusal_that_is_said_has_its_words_and_every_word_is_said() {
    const TABLES: [&str; 2] = ["hub/src/texts/refusals.rs", "hub/src/texts/queries.rs"];
    let table = TABLES.map(read).concat();
    let keys = |text: &str| -> BTreeSet<String> {
        let words = text.split("\"refusal.").skip(1).filter_map(|rest| rest.split_once('"'));
        words.map(|(key, _)| key.to_owned()).filter(|key| !key.is_empty()).collect()
    };
    let known = keys(&table);
    let sources = files("hub/src", &["rs"]);
    let said =
        sources.iter().filter(|path| !is_test(path) && !TABLES.iter().any(|table| path.ends_with(table)));
    let said: BTreeSet<String> = said.flat_map(|path| keys(&read(path))).collect();
    assert!(known.len() > 50, "the test no longer understands the table");
    let wrong: Vec<String> = known.symmetric_difference(&said).cloned().collect();
    report("refusals without words, or words without a refusal", &wrong);
}
