//! What is in a directory of the cache, as a list in it, so that a file that was cut short or is gone is noticed.
//!
//! A library that is shorter than it says is loaded all the same, and kills the process once it runs. So each use compares
//! lengths, and of small directories also hashes; what a program adds later is not looked at.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

/// The name of the list. Its first line is the hash of the others, and these are `HASH LENGTH PATH`.
const LIST: &str = ".contents";

/// Of more bytes than these in all, only lengths are compared: 16 MiB.
const MAX_HASHED: u64 = 1 << 24;

/// Stands for a hash that is not taken.
const UNHASHED: &str = "-";

/// Puts the list into a directory that is complete.
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

/// Whether all that is on the list is there as it was.
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

/// All files below, with their lengths. What is no UTF-8 or no single line is left out, and so are links, which have no contents
/// of their own.
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
