//! Arguments quoted for a POSIX shell, in scripts and where commands are printed to be pasted, whatever bytes they have.
//!
//! A quoted argument is a sequence of pieces: text in single quotes, and bytes that no terminal should be sent as `"$(printf '\377')"`.

use std::{ffi::OsStr, fmt::Write, path::Path};

/// A file name that a shell passes on as it is, and that no command takes for an option: `./-x` for `-x`.
///
/// ```
/// assert_eq!(silicabac::shell::path("-x y".as_ref()), "'./-x y'");
/// ```
pub fn path(path: &Path) -> String {
    match path.as_os_str().as_encoded_bytes().starts_with(b"-") && path != Path::new("-") {
        true => word(Path::new(".").join(path)),
        false => word(path),
    }
}

/// Any argument, quoted so that a shell passes it on as it is.
///
/// ```
/// use silicabac::shell::word;
/// assert_eq!([word("plain"), word("it's")], ["plain", r"'it'\''s'"]);
/// ```
pub fn word(text: impl AsRef<OsStr>) -> String {
    let text = text.as_ref();
    let mut word = String::new();
    for chunk in text.as_encoded_bytes().utf8_chunks() {
        for piece in chunk.valid().split_inclusive(is_unseen) {
            let (seen, unseen) = match piece.char_indices().next_back() {
                Some((at, last)) if is_unseen(last) => piece.split_at(at),
                _ => (piece, ""),
            };
            word += &quoted(seen);
            word += &printed(unseen.as_bytes());
        }
        word += &printed(chunk.invalid());
    }
    if word.is_empty() { "''".into() } else { word }
}

/// Whether a character is written by `printf`. A newline is not: at the end of `$(...)` it would be lost, and in quotes it does no harm.
fn is_unseen(c: char) -> bool {
    c.is_control() && c != '\n'
}

fn quoted(text: &str) -> String {
    match text.chars().all(|c| c.is_alphanumeric() || "/._-+=,:@%".contains(c)) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

fn printed(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return String::new();
    }
    let mut octal = String::new();
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(octal, "\\{byte:03o}");
    }
    format!("\"$(printf '{octal}')\"")
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::ffi::OsStrExt;
    use std::process::Command;

    use super::*;

    #[test]
    fn a_shell_takes_every_word_for_what_it_was() {
        let words: [&[u8]; 12] = [
            b"",
            b"plain/file_1.json",
            b"two words",
            b"it's \"quoted\" $HOME `x` \\ !",
            b"\xff\xfe between \x80",
            b"esc\x1b[31m\x07bell",
            "caf\u{e9} \u{9b}".as_bytes(),
            b"line\nbreak\n",
            b"~",
            b"*?[a]",
            b"-DNAME=\"a b\"",
            b"\t\x01\x01\xff\n",
        ];
        for bytes in words {
            let word = word(OsStr::from_bytes(bytes));
            assert!(!word.chars().any(is_unseen), "{word:?}");
            let output = Command::new("sh").arg("-c").arg(format!("printf '<%s>' {word}")).output().unwrap();
            assert_eq!(output.stdout, [b"<", bytes, b">"].concat(), "{word}");
        }
    }

    #[test]
    fn a_file_is_no_option() {
        assert_eq!(path(Path::new("-x.json")), "./-x.json");
        assert_eq!((path(Path::new("-")), path(Path::new("a b"))), ("-".into(), "'a b'".into()));
    }
}
