//! What the storage under a folder says about itself, through sysfs: eMMC tells how worn it is, ext4 counts its errors.

use super::Message;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A problem of the block device that this folder is on; none also where the device says nothing.
pub fn complaint(folder: &Path) -> Option<Message> {
    let device = fs::metadata(folder).ok()?.dev();
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    let block = fs::canonicalize(format!("/sys/dev/block/{major}:{minor}")).ok()?;
    complaint_of(&block, Path::new("/sys/fs/ext4"))
}

fn complaint_of(block: &Path, ext4: &Path) -> Option<Message> {
    let name = block.file_name()?.to_string_lossy().into_owned();
    let errors = read(&ext4.join(&name).join("errors_count")).and_then(|text| text.parse::<u64>().ok());
    if let Some(count) = errors.filter(|count| *count > 0) {
        return Some(Message::new("disk_errors").with("device", name).with("count", count));
    }
    // A partition's folder lies in its disk's, which has the card's.
    let disk = if block.join("partition").exists() { block.parent()? } else { block };
    worn(&disk.join("device"))
        .map(|detail| Message::new("disk_worn").with("device", name).with("detail", detail))
}

/// JESD84-B51: PRE_EOL_INFO 2 and 3 are 80 % and 90 % of the reserved blocks used; DEVICE_LIFE_TIME_EST counts tenths
/// of the life used, 0x0B when it is exceeded.
fn worn(card: &Path) -> Option<String> {
    let reserve = read(&card.join("pre_eol_info")).filter(|text| matches!(text.as_str(), "0x02" | "0x03"));
    let life = read(&card.join("life_time")).filter(|text| {
        text.split_whitespace().any(|estimate| matches!(estimate.to_lowercase().as_str(), "0x0a" | "0x0b"))
    });
    let said =
        [reserve.map(|text| format!("pre_eol_info {text}")), life.map(|text| format!("life_time {text}"))];
    let said: Vec<_> = said.into_iter().flatten().collect();
    (!said.is_empty()).then(|| said.join(", "))
}

fn read(path: &PathBuf) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(files: &[(&str, &str)], expected: Option<&str>) {
        let root = tempfile::tempdir().unwrap();
        let block = root.path().join("mmcblk0/mmcblk0p2");
        fs::create_dir_all(&block).unwrap();
        fs::write(block.join("partition"), "2\n").unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let found = complaint_of(&block, &root.path().join("ext4"));
        assert_eq!(found.map(|found| found.name), expected, "{files:?}");
    }

    #[test]
    fn a_card_tells_of_its_end() {
        check(&[], None);
        check(
            &[
                ("mmcblk0/device/life_time", "0x01 0x02\n"),
                ("mmcblk0/device/pre_eol_info", "0x01\n"),
                ("ext4/mmcblk0p2/errors_count", "0\n"),
            ],
            None,
        );
        check(&[("mmcblk0/device/life_time", "0x01 0x0b\n")], Some("disk_worn"));
        check(&[("mmcblk0/device/pre_eol_info", "0x02\n")], Some("disk_worn"));
        check(&[("ext4/mmcblk0p2/errors_count", "3\n")], Some("disk_errors"));
    }
}
