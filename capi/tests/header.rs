//! The header that is committed is what cbindgen makes of the sources.

use std::path::Path;

/// To write it again: `SILICABAC_WRITE_HEADER=1 cargo test -p silicabac-capi --test header`.
#[test]
fn the_header_is_made_of_the_sources() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).unwrap();
    let builder = cbindgen::Builder::new().with_config(config).with_src(root.join("src/lib.rs"));
    let mut header = Vec::new();
    builder.generate().unwrap().write(&mut header);
    let header = String::from_utf8(header).unwrap();
    let file = root.join("include/silicabac.h");
    if std::env::var_os("SILICABAC_WRITE_HEADER").is_some() {
        std::fs::write(&file, &header).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == header, "SILICABAC_WRITE_HEADER=1 with this test writes include/silicabac.h again");
}
