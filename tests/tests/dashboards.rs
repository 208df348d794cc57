//! The Grafana dashboards without Grafana: every query of every panel and variable, asked as Grafana would ask it, finds
//! something in an InfluxDB and a Prometheus that a real hub filled. An empty answer is a failure, for InfluxQL says
//! nothing about a misspelt field.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;
use waystation_tests::PATIENCE;
use waystation_tests::grafana::{self, Choices, Dashboard, Query, Target, columns_after, targets, texts};
use waystation_tests::influxd::Row;
use waystation_tests::readings::now_ms;
use waystation_tests::story::Story;

/// Series that a panel of lines may show.
const SERIES_MAX: usize = 20;
const HOUR_MS: i64 = 3_600_000;

#[test]
fn every_query_finds_something() {
    let story = Story::play();
    let dashboards: Vec<Dashboard> = ["zh-CN", "en"].into_iter().flat_map(grafana::edition).collect();
    let (mut variables, mut asked) = (0, 0);
    for dashboard in &dashboards {
        variables += check_variables(&story, dashboard);
        asked += dashboard.panels().iter().map(|panel| targets(panel).len()).sum::<usize>();
    }
    // Rates need a while; whatever else is missing stays missing.
    let started = Instant::now();
    let mut wrong: Vec<String>;
    loop {
        wrong = dashboards.iter().flat_map(|dashboard| check_panels(&story, dashboard)).collect();
        if wrong.is_empty() || started.elapsed() > PATIENCE / 3 {
            break;
        }
        std::thread::park_timeout(std::time::Duration::from_secs(2));
    }
    assert!(wrong.is_empty(), "{} of {asked} queries:\n  {}", wrong.len(), wrong.join("\n  "));
    println!("{asked} queries of panels and {variables} of variables found something");
}

/// What a person has chosen: everything, at the station that has everything.
fn choices(dashboard: &Dashboard) -> Choices {
    let now = now_ms();
    let mut choices = Choices { from: now - dashboard.hours() * HOUR_MS, to: now, ..Choices::default() };
    for variable in dashboard.variables() {
        let name = variable["name"].as_str().expect("a name");
        match (variable["type"].as_str(), name) {
            (Some("custom"), _) => {
                choices.choose(name, &[variable["current"]["value"].as_str().expect("a value")])
            }
            (Some("constant"), _) => choices.choose(name, &[variable["query"].as_str().expect("a value")]),
            (Some("query"), "station") => choices.choose(name, &[Story::STATION]),
            (Some("query"), _) => choices.choose_all(name, variable["allValue"].as_str().expect("a pattern")),
            _ => {}
        }
    }
    choices
}

/// Gives how many were asked.
fn check_variables(story: &Story, dashboard: &Dashboard) -> usize {
    let choices = choices(dashboard);
    let queries: Vec<&Value> =
        dashboard.variables().into_iter().filter(|variable| variable["type"] == "query").collect();
    for variable in &queries {
        let query = choices.put_in(variable["query"].as_str().expect("a query"), None);
        let rows = story.influxd.rows(&query);
        assert!(rows.iter().any(|row| row.contains_key("value")), "{}: {query}", dashboard.name);
    }
    queries.len()
}

fn check_panels(story: &Story, dashboard: &Dashboard) -> Vec<String> {
    let choices = choices(dashboard);
    let mut wrong = Vec::new();
    for panel in dashboard.panels() {
        let place =
            format!("{}/{} “{}”", dashboard.edition, dashboard.name, panel["title"].as_str().unwrap_or(""));
        let mut columns = Vec::new();
        for target in targets(panel) {
            match check_target(story, &choices, &target) {
                Ok(found) => columns.push(found),
                Err(error) => wrong.push(format!("{place}: {error}\n    {:?}", target.query)),
            }
        }
        if columns.len() == targets(panel).len() {
            check_columns(&place, panel, &columns);
        }
    }
    wrong
}

/// Gives the columns of its answer.
fn check_target(story: &Story, choices: &Choices, target: &Target) -> Result<BTreeSet<String>, String> {
    let shortest = target.interval.as_deref();
    match &target.query {
        Query::Influx { text, is_table } => {
            let series = story.influxd.series(&choices.put_in(text, shortest));
            check_influx(&series, *is_table)
        }
        Query::Prometheus { text, is_instant } => {
            let query = choices.put_in(text, shortest);
            let found = if *is_instant {
                story.prometheus.instant(&query)
            } else {
                let step = choices.interval_s(shortest).clamp(1, 15);
                story.prometheus.range(&query, now_ms() / 1_000 - 300, now_ms() / 1_000, step)
            };
            enough(found.iter().any(|series| !series.values.is_empty()), "no number")?;
            enough(found.len() <= SERIES_MAX, "too many series")?;
            let labels = found.iter().flat_map(|series| series.labels.as_object().into_iter().flatten());
            let labels = labels.map(|(name, _)| name.clone());
            Ok(labels.chain(["Time".to_owned(), "Value".to_owned()]).collect())
        }
    }
}

/// Every column must hold something, for a field that does not exist is an empty column.
fn check_influx(series: &[Vec<Row>], is_table: bool) -> Result<BTreeSet<String>, String> {
    enough(series.iter().any(|rows| !rows.is_empty()), "no row")?;
    enough(is_table || series.len() <= SERIES_MAX, "too many series")?;
    let mut filled: BTreeMap<String, bool> = BTreeMap::new();
    for (name, value) in series.iter().flatten().flatten() {
        *filled.entry(name.clone()).or_default() |= !value.is_null();
    }
    let empty: Vec<&str> = filled.iter().filter(|(_, has)| !**has).map(|(name, _)| name.as_str()).collect();
    enough(empty.is_empty(), &format!("nothing in {}", empty.join(", ")))?;
    enough(filled.keys().any(|name| name != "time"), "no column")?;
    Ok(filled.into_keys().map(|name| if name == "time" { "Time".to_owned() } else { name }).collect())
}

fn enough(is: bool, otherwise: &str) -> Result<(), String> {
    if is { Ok(()) } else { Err(otherwise.to_owned()) }
}

/// The columns that a table shows and dresses are those that its queries and transformations make.
fn check_columns(place: &str, panel: &Value, queries: &[BTreeSet<String>]) {
    if let Some(field) =
        panel["options"]["reduceOptions"]["fields"].as_str().filter(|field| !field.is_empty())
    {
        let name = field.trim_start_matches("/^").trim_end_matches("$/");
        assert!(queries.iter().all(|columns| columns.contains(name)), "{place}: no column `{name}`");
    }
    let is_table = ["table", "barchart", "geomap"].into_iter().any(|kind| panel["type"] == kind);
    let Some(columns) = columns_after(panel, queries).filter(|_| is_table) else { return };
    for rule in panel["fieldConfig"]["overrides"].as_array().into_iter().flatten() {
        let name = rule["matcher"]["options"].as_str().expect("a name");
        assert!(columns.contains(name), "{place}: no column `{name}` among {columns:?}");
    }
}

#[test]
fn panels_say_units_thresholds_and_what_to_do() {
    for_each_panel(|place, panel| {
        let defaults = &panel["fieldConfig"]["defaults"];
        assert!(defaults["unit"].as_str().is_some_and(|unit| !unit.is_empty()), "{place}: unit");
        assert!(defaults["decimals"].is_u64(), "{place}: decimals");
        let steps = defaults["thresholds"]["steps"].as_array();
        assert!(steps.is_some_and(|steps| !steps.is_empty()), "{place}: thresholds");
        for member in ["title", "description"] {
            assert!(panel[member].as_str().is_some_and(|text| !text.is_empty()), "{place}: {member}");
        }
        assert!(!targets(panel).is_empty(), "{place}: no query");
    });
}

#[test]
fn data_sources_are_chosen_and_nothing_comes_from_elsewhere() {
    for dashboard in all() {
        let mut found = Vec::new();
        texts(&dashboard.json, &format!("{}/{}", dashboard.edition, dashboard.name), &mut found);
        for (place, text) in found {
            assert!(!text.contains("://") && !text.starts_with("//"), "{place}: {text}");
            if place.ends_with("datasource.uid") {
                assert!(text == "${influx}" || text == "${prometheus}", "{place}: {text}");
            }
        }
        let names: Vec<&str> =
            dashboard.variables().iter().filter_map(|variable| variable["name"].as_str()).collect();
        assert!(names.contains(&"influx") && names.contains(&"prometheus"), "{}: {names:?}", dashboard.name);
    }
    for_each_panel(|place, panel| {
        let uids =
            panel["targets"].as_array().into_iter().flatten().map(|target| &target["datasource"]["uid"]);
        assert!(uids.into_iter().all(|uid| *uid == panel["datasource"]["uid"]), "{place}: two data sources");
        if panel["type"] == "geomap" {
            let base = &panel["options"]["basemap"];
            assert_eq!(base["type"], "geojson", "{place}: tiles come from elsewhere");
        }
    });
}

#[test]
fn links_lead_to_dashboards_of_the_same_language() {
    let dashboards = all();
    let uids: BTreeSet<&str> = dashboards.iter().map(Dashboard::uid).collect();
    assert_eq!(uids.len(), dashboards.len(), "a uid twice");
    for dashboard in &dashboards {
        let mark = if dashboard.edition == "en" { "en" } else { "zh" };
        assert_eq!(dashboard.uid(), format!("waystation-{}-{mark}", dashboard.name));
        let mut found = Vec::new();
        texts(&dashboard.json, "", &mut found);
        let links: Vec<&str> = found.iter().filter_map(|(_, text)| text.strip_prefix("/d/")).collect();
        assert!(links.len() > 1, "{}: it leads nowhere", dashboard.name);
        let mut abroad = 0;
        for link in links {
            let uid = link.split('?').next().expect("a uid");
            assert!(uids.contains(uid), "{}: {link}", dashboard.name);
            abroad += usize::from(!uid.ends_with(mark));
        }
        assert_eq!(abroad, 1, "{}: one link leads to the other language", dashboard.name);
    }
}

#[test]
fn both_languages_show_the_same() {
    let [zh, en] = ["zh-CN", "en"].map(grafana::edition);
    assert_eq!(zh.len(), en.len());
    for (zh, en) in zh.iter().zip(&en) {
        let shape = |dashboard: &Dashboard| {
            let panels = dashboard.json["panels"].as_array().expect("panels");
            let shape = |panel: &Value| {
                let queries: Vec<String> = match panel["targets"].as_array() {
                    Some(_) => targets(panel).iter().map(|target| format!("{:?}", target.query)).collect(),
                    None => Vec::new(),
                };
                let queries =
                    queries.join("\n").replace("title_zh", "title_en").replace("name_zh", "name_en");
                (panel["id"].clone(), panel["type"].clone(), panel["gridPos"].clone(), queries)
            };
            panels.iter().map(shape).collect::<Vec<_>>()
        };
        assert_eq!(zh.name, en.name);
        assert_eq!(shape(zh), shape(en), "{}", zh.name);
        let ids: BTreeSet<String> = shape(zh).iter().map(|(id, ..)| id.to_string()).collect();
        assert_eq!(ids.len(), shape(zh).len(), "{}: a panel's id twice", zh.name);
        for (zh, en) in zh.panels().iter().zip(en.panels()) {
            let is_chinese = |text: &Value| {
                text.as_str().is_some_and(|text| text.chars().any(|c| ('一'..='龥').contains(&c)))
            };
            assert!(is_chinese(&zh["description"]) && !is_chinese(&en["description"]), "{}", zh["title"]);
            assert!(!is_chinese(&en["title"]), "{}", en["title"]);
        }
    }
}

/// `or vector(0)` would hide a metric that does not exist.
#[test]
fn every_metric_is_one_of_the_hubs() {
    let manual =
        std::fs::read_to_string(grafana::folder().join("../../docs/operations.md")).expect("the manual");
    for_each_panel(|place, panel| {
        for target in targets(panel) {
            let Query::Prometheus { text, .. } = target.query else { continue };
            let names = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            for name in names.filter(|name| name.starts_with("waystation_")) {
                let name = name.strip_suffix("_bucket").unwrap_or(name);
                assert!(manual.contains(&format!("`{name}`")), "{place}: {name}");
            }
        }
    });
}

fn all() -> Vec<Dashboard> {
    ["zh-CN", "en"].into_iter().flat_map(grafana::edition).collect()
}

fn for_each_panel(check: impl Fn(&str, &Value)) {
    for dashboard in all() {
        for panel in dashboard.panels() {
            check(&format!("{}/{} {}", dashboard.edition, dashboard.name, panel["title"]), panel);
        }
    }
}
