//! Digests, by which a report recognises what its verdicts depend on.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// The first half of the SHA-256 of some texts. The boundaries between the texts are part of the digest.
pub(super) fn digest<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    hash.finalize()[..16].iter().fold(String::new(), |mut digits, byte| {
        // Writing to a string never fails.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// The lines of a source file of Rust or Verilog without its comments, which no verdict depends on: each from `//` to the end of its line.
pub(super) fn code(source: &str) -> String {
    let lines = source.lines().map(|line| line.split("//").next().unwrap_or_default().trim_end());
    lines.filter(|line| !line.is_empty()).flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_has_no_comments() {
        let source = "// A module.\nmodule m; // m\n\n  wire w;\n  // w\nendmodule\n";
        assert_eq!(code(source), "module m;\n  wire w;\nendmodule\n");
        assert_eq!(code("module m;\n  wire w;\nendmodule"), code(source));
        assert_ne!(code("module m;\n  wire v;\nendmodule"), code(source));
    }
}
