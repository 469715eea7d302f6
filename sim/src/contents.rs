//! The list of an entry's contents, which is kept in the entry, so that a truncated or missing file is noticed.
//!
//! A truncated library can be loaded all the same, and kills the process when it runs. So each use compares lengths and, in small entries,
//! hashes. Files that a program adds later are not checked.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

/// The name of the list. Its first line is the hash of the other lines, which have the form `HASH LENGTH PATH`.
const LIST: &str = ".contents";

/// If an entry has more bytes than this (16 MiB), only lengths are compared.
const MAX_HASHED: u64 = 1 << 24;

/// Stands in place of a hash that is not computed.
const UNHASHED: &str = "-";

/// Writes the list into a complete directory.
pub(crate) fn seal(dir: &Path) -> io::Result<()> {
    let mut found = Vec::new();
    collect(dir, Path::new(""), &mut found)?;
    found.sort();
    let is_hashed = found.iter().map(|(_, length)| length).sum::<u64>() <= MAX_HASHED;
    let mut lines = String::new();
    for (path, length) in found {
        let hash = if is_hashed { hash(&fs::read(dir.join(&path))?) } else { UNHASHED.to_owned() };
        lines += &format!("{hash} {length} {path}\n");
    }
    fs::write(dir.join(LIST), format!("{}\n{lines}", hash(lines.as_bytes())))
}

/// Whether everything on the list is there and unchanged.
pub(crate) fn is_whole(dir: &Path) -> bool {
    let Ok(text) = fs::read_to_string(dir.join(LIST)) else { return false };
    text.split_once('\n').is_some_and(|(sum, lines)| {
        sum == hash(lines.as_bytes()) && lines.lines().all(|line| is_as_listed(dir, line).unwrap_or(false))
    })
}

fn is_as_listed(dir: &Path, line: &str) -> Option<bool> {
    let mut parts = line.splitn(3, ' ');
    let (sum, length, path) = (parts.next()?, parts.next()?.parse::<u64>().ok()?, dir.join(parts.next()?));
    if fs::metadata(&path).ok()?.len() != length {
        return Some(false);
    }
    Some(sum == UNHASHED || sum == hash(&fs::read(path).ok()?))
}

/// All files below a directory, with their lengths. Paths that are not UTF-8 or not a single line are left out, and so are links, which
/// have no contents of their own.
fn collect(dir: &Path, below: &Path, found: &mut Vec<(String, u64)>) -> io::Result<()> {
    for entry in fs::read_dir(dir.join(below))? {
        let entry = entry?;
        let path: PathBuf = below.join(entry.file_name());
        let metadata = entry.metadata()?;
        if metadata.is_dir() {
            collect(dir, &path, found)?;
        } else if metadata.is_file()
            && let Some(name) = path.to_str().filter(|name| !name.contains('\n'))
        {
            found.push((name.to_owned(), metadata.len()));
        }
    }
    Ok(())
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
