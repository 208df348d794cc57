//! Interoperability with mosquitto's own clients and broker: `mosquitto-test/run.sh`.

use std::path::Path;
use std::process::Command;
use waystation_tests::programs;

#[test]
fn mosquitto_gets_along_with_the_hub_and_the_agent() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mosquitto-test/run.sh");
    let status = Command::new(script).env("WAYSTATION_BIN_DIR", programs::folder()).status();
    assert!(status.is_ok_and(|status| status.success()), "its FAIL lines stand above");
}
