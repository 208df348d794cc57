//! Which servers a channel trusts, and what to do about one that it does not.

use std::error::Error;
use std::io;
use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::config::Text;

/// The authorities of a channel's `ca`, a PEM file. The error says what is wrong with the file.
pub fn authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let shown = path.display();
    let wrong = |error| {
        format!("its ca {shown} cannot be used: {error}; it must be a PEM file that the hub may read")
    };
    let found: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(path).and_then(Iterator::collect).map_err(wrong);
    match found?.as_slice() {
        [] => Err(format!("its ca {shown} holds no certificate; it must name its authority in PEM")),
        found => Ok(found.to_vec()),
    }
}

/// What a person can do about a failure of TLS; none if this was no such failure.
pub fn advice(error: &(dyn Error + 'static)) -> Option<Text> {
    Some(match tls_error(error)? {
        rustls::Error::InvalidCertificate(_) => Text::new(
            "无法验证对方的证书：请核对主机名与证书一致、证书未过期；由自建机构签发的，请在该通道的 ca 写明其 PEM 文件",
            "its certificate cannot be verified: compare the host's name with the certificate's, and look at its dates; if an \
             authority of your own signed it, name that authority's PEM file in `ca` of this channel",
        ),
        rustls::Error::InvalidMessage(_) => Text::new(
            "对方在此端口不使用 TLS：请核对端口和该通道的 security（465 通常用 \"tls\"，587 用 \"starttls\"）或 url 的 https",
            "it speaks no TLS on this port: compare the port with `security` of this channel (465 is mostly \"tls\", 587 \
             \"starttls\"), or with https in its url",
        ),
        _ => Text::new(
            "TLS 协商失败：请核对对方支持 TLS 1.2 或 1.3",
            "TLS cannot be agreed upon: the server must speak TLS 1.2 or 1.3",
        ),
    })
}

/// The error of rustls among the causes. `io::Error` does not name what it wraps as its source.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(found) = cause.downcast_ref() {
            return Some(found);
        }
        let wrapped: Option<&(dyn Error + Send + Sync + 'static)> =
            cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => cause.source(),
        };
    }
    None
}
