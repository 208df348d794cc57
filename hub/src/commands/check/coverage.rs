//! Can the demand cells be read?

use super::Subject;
use super::finding::Finding;
use crate::config::Text;
use crate::coverage::Cells;

const KEY: &str = "coverage.cells";

pub(super) fn probe(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let Some(path) = &subject.config.coverage.cells else { return };
    let name = Text::new("需求网格", "demand cells");
    findings.push(match Cells::load(path) {
        Ok(cells) => {
            let (count, shown) = (cells.0.len(), path.display());
            let detail = Text::new(format!("{shown}：{count} 个"), format!("{count} in {shown}"));
            Finding::fine(name, KEY, detail)
        }
        Err(error) => Finding::bad(
            name,
            KEY,
            subject.place(KEY),
            Text::new(format!("无法使用：{error}"), error.to_string()),
            Text::new("请按行号修正文件，或更正路径", "correct the file at these lines, or the path"),
        ),
    });
}
