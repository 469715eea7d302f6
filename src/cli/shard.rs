//! `--shard I/N`: a part of what a verb does, so that several machines do all of it. [`Shard`] decides which items are in the part.
//!
//! Invariant: the result of an item depends on neither the shard nor the other items in it, and no two shards write the same file. So all
//! shards together are the whole run, whoever runs them and in whatever order.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use silicabac::shard::Shard;

#[derive(clap::Args, Clone, Copy, Debug, Default)]
#[group(skip)]
pub(super) struct Options {
    /// Do only this part of the work, such as 2/5: every fifth item, from the second on, in the order in which they are reported
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
}

impl Options {
    /// Whether only a part is to be done.
    pub(super) fn is_part(&self) -> bool {
        self.shard.is_some()
    }

    /// The part, or all of it.
    pub(super) fn shard(&self) -> Shard {
        self.shard.unwrap_or(Shard::ALL)
    }

    /// Whether an item is to be done here.
    pub(super) fn has(&self, item: usize) -> bool {
        self.shard().has(item)
    }

    /// The items, of all, that are to be done here.
    pub(super) fn of<T>(&self, items: impl IntoIterator<Item = T>) -> Vec<T> {
        let numbered = items.into_iter().enumerate();
        numbered.filter(|(number, _)| self.has(*number)).map(|(_, item)| item).collect()
    }

    /// The name of the part in JSON and in messages.
    pub(super) fn name(&self) -> Option<String> {
        self.shard.map(|shard| shard.to_string())
    }

    /// Says in a report which part it is of.
    pub(super) fn mark(&self, mut report: serde_json::Value) -> serde_json::Value {
        if let (Some(name), Some(object)) = (self.name(), report.as_object_mut()) {
            object.insert("shard".to_owned(), name.into());
        }
        report
    }

    /// The end of a line that says what was done.
    pub(super) fn told(&self) -> String {
        self.shard.map_or_else(String::new, |shard| format!("; shard {shard}"))
    }

    /// The file that is written here, beside that of the whole run: `trials-2-of-5.csv` for `trials.csv`.
    pub(super) fn file(&self, whole: &Path) -> PathBuf {
        let Some(shard) = self.shard else { return whole.to_owned() };
        let mut name = OsString::from(whole.file_stem().unwrap_or_default());
        name.push(format!("-{}", shard.to_string().replace('/', OF)));
        if let Some(extension) = whole.extension() {
            name.push(".");
            name.push(extension);
        }
        whole.with_file_name(name)
    }
}

const OF: &str = "-of-";

/// The file of the whole run and those of its parts, as far as they exist, also of runs that were divided into other numbers of parts.
pub(super) fn files(whole: &Path) -> io::Result<Vec<PathBuf>> {
    let dir = whole.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut parts: Vec<(Option<Shard>, PathBuf)> = Vec::new();
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        let shard = shard_of(Path::new(&name));
        let path = Options { shard }.file(whole);
        if path.file_name() == Some(&name) {
            parts.push((shard, path));
        }
    }
    parts.sort();
    Ok(parts.into_iter().map(|(_, path)| path).collect())
}

/// The part that the name of a file ends with.
fn shard_of(name: &Path) -> Option<Shard> {
    let stem = name.file_stem()?.to_string_lossy();
    let (before, count) = stem.rsplit_once(OF)?;
    let (_, number) = before.rsplit_once('-')?;
    Shard::new(number.parse().ok()?, count.parse().ok()?)
}

/// The message if no item belongs to a shard, which is no error: a run may have fewer items than shards.
pub(super) const NOTHING: &str = "nothing in this shard";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::write_file;

    fn options(text: &str) -> Options {
        Options { shard: Some(text.parse().unwrap()) }
    }

    #[test]
    fn items_are_dealt_out() {
        assert_eq!(options("2/3").of(0..10), [1, 4, 7]);
        assert_eq!(Options::default().of(0..10), (0..10).collect::<Vec<_>>());
        assert!(options("12/12").of(0..10).is_empty());
    }

    #[test]
    fn the_files_of_all_parts_are_found_and_no_others() {
        let dir = tempfile::tempdir().unwrap();
        let whole = dir.path().join("a.sbw.csv");
        let file = |text: &str| options(text).file(&whole);
        assert_eq!(file("2/5"), dir.path().join("a.sbw-2-of-5.csv"));
        assert_eq!(options("1/2").file(Path::new("plain")), Path::new("plain-1-of-2"));
        assert_eq!(Options::default().file(&whole), whole);
        assert!(files(&whole).unwrap().is_empty());
        let expected = [whole.clone(), file("1/2"), file("2/10"), file("10/10")];
        let others = ["a.sbw-0-of-5.csv", "a.sbw-02-of-5.csv", "b-1-of-2.csv", "a.sbw-1-of-2.svg", "a.sbw"];
        for path in expected.iter().cloned().chain(others.map(|name| dir.path().join(name))) {
            write_file(&path, |_| Ok(())).unwrap();
        }
        assert_eq!(files(&whole).unwrap(), expected);
    }
}
