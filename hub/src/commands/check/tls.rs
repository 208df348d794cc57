//! Are the certificates readable, do they belong to their keys, and for how long are they good?

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::Subject;
use super::finding::Finding;
use crate::config::{Text, Tls};
use crate::listener::ReloadingTls;

const RENEW_BEFORE: Duration = Duration::from_secs(14 * 86_400);

pub(super) fn probe(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let sections = [
        ("mqtt.tls", "MQTT", subject.config.mqtt.tls.as_ref()),
        ("http.tls", "HTTP", subject.config.http.tls.as_ref()),
    ];
    for (key, protocol, tls) in sections {
        let Some(tls) = tls else { continue };
        let name = Text::new(format!("{protocol} 证书"), format!("{protocol} certificate"));
        findings.push(probe_one(subject, key, name.clone(), tls));
        if is_open_to_all(tls) {
            findings.push(Finding::doubtful(
                name,
                key,
                subject.place(&format!("{key}.key")),
                Text::new(
                    format!("私钥 {} 对本机所有用户可读", tls.key.display()),
                    format!("every user of this machine can read the private key {}", tls.key.display()),
                ),
                Text::new(
                    format!("chmod o= {}", tls.key.display()),
                    format!("chmod o= {}", tls.key.display()),
                ),
            ));
        }
    }
}

fn probe_one(subject: &Subject<'_>, key: &str, name: Text, tls: &Tls) -> Finding {
    if let Err(error) = ReloadingTls::load(tls) {
        let advice = Text::new(
            format!("请检查 [{key}] 中的文件、它们的权限，以及证书和私钥是否配对"),
            format!(
                "check the files in [{key}], their permissions, and that certificate and key belong together"
            ),
        );
        let detail = Text::new(format!("无法使用：{error}"), error.to_string());
        return Finding::bad(name, key, subject.place(key), detail, advice);
    }
    let cert = tls.cert.display();
    let Some(left) = good_for(tls, SystemTime::now()) else {
        return Finding::bad(
            name,
            key,
            subject.place(&format!("{key}.cert")),
            Text::new(
                format!("{cert} 已过期或无法解析"),
                format!("{cert} has expired, or cannot be read as X.509"),
            ),
            Text::new(
                "请更换证书；中枢运行时会自动重新读取",
                "renew it; a running hub reads it again by itself",
            ),
        );
    };
    let days = left.as_secs() / 86_400;
    let detail = Text::new(
        format!("{cert} 与私钥配对，还有 {days} 天"),
        format!("{cert} fits its key, good for {days} days"),
    );
    if left > RENEW_BEFORE {
        return Finding::fine(name, key, detail);
    }
    let advice = Text::new("请尽快更换证书", "renew it soon");
    Finding::doubtful(name, key, subject.place(&format!("{key}.cert")), detail, advice)
}

/// Time until the first certificate of the chain expires; `None` when it has, or cannot be read.
fn good_for(tls: &Tls, now: SystemTime) -> Option<Duration> {
    let certificate = CertificateDer::pem_file_iter(&tls.cert).ok()?.next()?.ok()?;
    let (_, certificate) = x509_parser::parse_x509_certificate(&certificate).ok()?;
    let expires = u64::try_from(certificate.validity().not_after.timestamp()).ok()?;
    (UNIX_EPOCH + Duration::from_secs(expires)).duration_since(now).ok()
}

fn is_open_to_all(tls: &Tls) -> bool {
    tls.key.metadata().is_ok_and(|data| data.permissions().mode() & 0o004 != 0)
}
