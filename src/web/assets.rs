//! The pages' own files: one style sheet, one small script, two fonts in two weights, the mark.
//!
//! Promises: everything is in the binary and comes from this site; an address holds the hash of what
//! it names, so it may be kept for ever; nothing else under `/assets` exists.

use std::{borrow::Cow, collections::BTreeMap, sync::LazyLock};

use axum::{
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

#[derive(RustEmbed)]
#[folder = "src/web/assets"]
struct Files;

/// A file as it is served.
struct Asset {
    content_type: &'static str,
    bytes: Cow<'static, [u8]>,
}

struct Assets {
    /// By the last part of their address.
    by_name: BTreeMap<String, Asset>,
    /// The address of a file.
    addresses: BTreeMap<String, String>,
}

static ASSETS: LazyLock<Assets> = LazyLock::new(Assets::load);

impl Assets {
    /// The style sheet comes last: it holds the addresses of the others.
    fn load() -> Self {
        let mut assets = Self { by_name: BTreeMap::new(), addresses: BTreeMap::new() };
        let (sheets, others): (Vec<_>, Vec<_>) = Files::iter().partition(|file| has_end(file, "css"));
        for file in others.iter().chain(&sheets) {
            if let Some(content) = Files::get(file) {
                assets.add(file, content.data);
            }
        }
        assets
    }

    fn add(&mut self, file: &str, bytes: Cow<'static, [u8]>) {
        let content_type = match file.rsplit('.').next() {
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("woff2") => "font/woff2",
            Some("svg") => "image/svg+xml",
            _ => "text/plain; charset=utf-8",
        };
        let bytes = if has_end(file, "css") { Cow::Owned(self.with_addresses(&bytes)) } else { bytes };
        let hash = hex::encode(&Sha256::digest(&bytes)[..6]);
        let base = file.rsplit('/').next().unwrap_or(file);
        let name = match base.split_once('.') {
            Some((stem, end)) => format!("{stem}.{hash}.{end}"),
            None => format!("{base}.{hash}"),
        };
        self.addresses.insert(file.to_owned(), format!("/assets/{name}"));
        self.by_name.insert(name, Asset { content_type, bytes });
    }

    fn with_addresses(&self, sheet: &[u8]) -> Vec<u8> {
        let mut sheet = String::from_utf8_lossy(sheet).into_owned();
        for (file, address) in &self.addresses {
            sheet = sheet.replace(&format!("url(\"{file}\")"), &format!("url(\"{address}\")"));
        }
        sheet.into_bytes()
    }
}

fn has_end(file: &str, end: &str) -> bool {
    file.rsplit('.').next() == Some(end)
}

/// The address of one of our files, such as `page.css`.
pub fn address(file: &str) -> &'static str {
    let address = ASSETS.addresses.get(file);
    debug_assert!(address.is_some(), "there is no asset {file:?}");
    address.map_or("/assets/", String::as_str)
}

/// `GET /assets/{name}`
pub async fn asset(Path(name): Path<String>) -> Response {
    let Some(asset) = ASSETS.by_name.get(&name) else {
        return (StatusCode::NOT_FOUND, "there is no such file\n").into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    let body = match &asset.bytes {
        Cow::Borrowed(bytes) => axum::body::Bytes::from_static(bytes),
        Cow::Owned(bytes) => axum::body::Bytes::copy_from_slice(bytes),
    };
    (headers, body).into_response()
}

/// All files by the last part of their address, for the tests.
#[cfg(test)]
pub fn files() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    ASSETS.by_name.iter().map(|(name, asset)| (name.as_str(), &*asset.bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_sheet_names_only_files_that_exist() {
        let name = address("page.css").trim_start_matches("/assets/");
        let sheet = String::from_utf8(ASSETS.by_name[name].bytes.to_vec()).unwrap();
        let named: Vec<&str> =
            sheet.split("url(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(!named.is_empty());
        for address in named {
            let name = address.strip_prefix("/assets/").unwrap_or_else(|| panic!("{address}"));
            assert!(ASSETS.by_name.contains_key(name), "{address}");
        }
    }
}
