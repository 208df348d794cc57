//! Which columns a table has after Grafana's transformations, so that a column that nobody makes is noticed.

use serde_json::Value;
use std::collections::BTreeSet;

/// The columns that a panel's transformations leave, from those of its queries; none if that depends on the values.
pub fn columns_after(panel: &Value, queries: &[BTreeSet<String>]) -> Option<BTreeSet<String>> {
    let title = &panel["title"];
    let mut columns: BTreeSet<String> = queries.iter().flatten().cloned().collect();
    for transformation in panel["transformations"].as_array().into_iter().flatten() {
        let options = &transformation["options"];
        let needs = |columns: &BTreeSet<String>, name: &Value| {
            let name = name.as_str().expect("a name");
            assert!(columns.contains(name), "{title}: no column `{name}` among {columns:?}");
            name.to_owned()
        };
        match transformation["id"].as_str().expect("an id") {
            "joinByField" => {
                needs(&columns, &options["byField"]);
                if columns.remove("Time") {
                    columns.extend((1..=queries.len()).map(|number| format!("Time {number}")));
                }
            }
            "calculateField" => {
                let operands = match options["mode"].as_str() {
                    Some("unary") => vec![&options["unary"]["fieldName"]],
                    _ => vec![&options["binary"]["left"], &options["binary"]["right"]],
                };
                for operand in operands.into_iter().filter(|operand| !is_number(operand)) {
                    needs(&columns, operand);
                }
                columns.insert(options["alias"].as_str().expect("an alias").to_owned());
            }
            "formatTime" => drop(needs(&columns, &options["timeField"])),
            "groupBy" => columns = grouped(&columns, options),
            "groupingToMatrix" => {
                for member in ["rowField", "columnField", "valueField"] {
                    needs(&columns, &options[member]);
                }
                return None;
            }
            "sortBy" => drop(needs(&columns, &options["sort"][0]["field"])),
            "filterFieldsByName" => {
                let names = options["include"]["names"].as_array().expect("names");
                columns = names.iter().map(|name| needs(&columns, name)).collect();
            }
            "limit" | "organize" => {}
            other => panic!("{title}: the test does not know the transformation {other}"),
        }
    }
    Some(columns)
}

fn grouped(columns: &BTreeSet<String>, options: &Value) -> BTreeSet<String> {
    let fields = options["fields"].as_object().expect("fields");
    let mut made = BTreeSet::new();
    for (name, field) in fields {
        assert!(columns.contains(name), "no column `{name}` to group among {columns:?}");
        if field["operation"] == "groupby" {
            made.insert(name.clone());
        }
        for aggregation in field["aggregations"].as_array().into_iter().flatten() {
            made.insert(format!("{name} ({})", aggregation.as_str().expect("a name")));
        }
    }
    made
}

fn is_number(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.parse::<f64>().is_ok())
}
