use super::*;

#[test]
fn an_authority_file_that_is_none_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    for text in ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        std::fs::write(file.path(), text).unwrap();
        let error = client_config(Some(file.path()), None).unwrap_err().to_string();
        assert!(error.contains(&file.path().display().to_string()) && error.contains("`ca`"), "{error}");
    }
}
