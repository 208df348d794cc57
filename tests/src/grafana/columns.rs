//! Which columns a table has after Grafana's transformations, so that a column that nobody makes is noticed.

use serde_json::Value;
use std::collections::BTreeSet;

type Columns = BTreeSet<String>;

/// The columns that a panel's transformations leave, from those of its queries; none if that depends on the values.
pub fn columns_after(panel: &Value, queries: &[Columns]) -> Option<Columns> {
    let title = &panel["title"];
    let mut frames = queries.to_vec();
    for transformation in panel["transformations"].as_array().into_iter().flatten() {
        let options = &transformation["options"];
        match transformation["id"].as_str().expect("an id") {
            "joinByField" => frames = vec![joined(&frames, &options["byField"], title)],
            "organize" => {
                let excluded = options["excludeByName"].as_object().cloned().unwrap_or_default();
                let chosen = transformation["filter"]["options"].as_str();
                for (frame, ref_id) in frames.iter_mut().zip(["A", "B", "C", "D"]) {
                    if chosen.is_none_or(|chosen| chosen == ref_id) {
                        frame.retain(|column| !excluded.contains_key(column));
                    }
                }
            }
            "groupingToMatrix" => {
                for member in ["rowField", "columnField", "valueField"] {
                    need(only(&frames, title), &options[member], title);
                }
                return None;
            }
            other => frames = vec![transformed(other, options, only(&frames, title), title)],
        }
    }
    Some(frames.into_iter().flatten().collect())
}

/// What one transformation makes of one table.
fn transformed(id: &str, options: &Value, columns: &Columns, title: &Value) -> Columns {
    let mut made = columns.clone();
    match id {
        "calculateField" => {
            let operands = match options["mode"].as_str() {
                Some("unary") => vec![&options["unary"]["fieldName"]],
                _ => vec![&options["binary"]["left"], &options["binary"]["right"]],
            };
            for operand in operands.into_iter().filter(|operand| !is_number(operand)) {
                need(columns, operand, title);
            }
            made.insert(text(&options["alias"]));
        }
        "convertFieldType" => need(columns, &options["conversions"][0]["targetField"], title),
        "formatTime" => need(columns, &options["timeField"], title),
        "filterByValue" => {
            for filter in options["filters"].as_array().expect("filters") {
                need(columns, &filter["fieldName"], title);
            }
        }
        "sortBy" => need(columns, &options["sort"][0]["field"], title),
        "groupBy" => made = grouped(columns, options, title),
        "filterFieldsByName" => {
            let names = options["include"]["names"].as_array().expect("names");
            names.iter().for_each(|name| need(columns, name, title));
            made = names.iter().map(text).collect();
        }
        "limit" => {}
        other => panic!("{title}: the test does not know the transformation {other}"),
    }
    made
}

/// A column that two tables have would get a number behind its name.
fn joined(frames: &[Columns], by: &Value, title: &Value) -> Columns {
    let mut made = Columns::new();
    for frame in frames {
        need(frame, by, title);
        for column in frame {
            let is_new = made.insert(column.clone()) || Some(column.as_str()) == by.as_str();
            assert!(is_new, "{title}: two tables have the column `{column}`");
        }
    }
    made
}

fn grouped(columns: &Columns, options: &Value, title: &Value) -> Columns {
    let mut made = Columns::new();
    for (name, field) in options["fields"].as_object().expect("fields") {
        need(columns, &Value::from(name.clone()), title);
        if field["operation"] == "groupby" {
            made.insert(name.clone());
        }
        for aggregation in field["aggregations"].as_array().into_iter().flatten() {
            made.insert(format!("{name} ({})", text(aggregation)));
        }
    }
    made
}

fn only<'a>(frames: &'a [Columns], title: &Value) -> &'a Columns {
    assert_eq!(frames.len(), 1, "{title}: one table is needed");
    &frames[0]
}

fn need(columns: &Columns, name: &Value, title: &Value) {
    let name = text(name);
    assert!(columns.contains(&name), "{title}: no column `{name}` among {columns:?}");
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn is_number(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.parse::<f64>().is_ok())
}
