//! The version of the interface, in the header and of the library that is linked.

use std::ffi::c_char;

/// The major version: programs built for another one have to be changed.
pub const SILICABAC_VERSION_MAJOR: u32 = 0;
/// The minor version; while the major one is 0, as that.
pub const SILICABAC_VERSION_MINOR: u32 = 1;
/// The patch version: nothing that a program sees differs.
pub const SILICABAC_VERSION_PATCH: u32 = 0;

const TEXT: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");

/// The version of the library that is linked, as 65536 * major + 256 * minor + patch. Where it is not that of the header, the program
/// runs with another library than it was built for.
#[unsafe(no_mangle)]
pub extern "C" fn silicabac_version() -> u32 {
    SILICABAC_VERSION_MAJOR << 16 | SILICABAC_VERSION_MINOR << 8 | SILICABAC_VERSION_PATCH
}

/// The same as text, such as "0.1.0". It is there for ever.
#[unsafe(no_mangle)]
pub extern "C" fn silicabac_version_text() -> *const c_char {
    TEXT.as_ptr().cast()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_the_package() {
        assert_eq!(
            TEXT,
            format!("{SILICABAC_VERSION_MAJOR}.{SILICABAC_VERSION_MINOR}.{SILICABAC_VERSION_PATCH}\0")
        );
    }
}
