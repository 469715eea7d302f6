//! The published vectors as a directory: for each suite a `.json` and a `.hex`, their schema, and a manifest with the hashes of all files.
//!
//! Invariant: nothing that the manifest says of a file is believed. Either what is read matches it, or there is an error.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{FormatError, Vector, hex, json};
use crate::files;
use crate::json as strict;

/// The `format` of a manifest.
const FORMAT: &str = "silicabac-vector-manifest";
/// The version of the format that is written and read.
const VERSION: u64 = 1;
/// The name of a manifest.
pub const MANIFEST: &str = "manifest.json";
/// The name of the schema, in the same directory.
const SCHEMA_FILE: &str = "vectors.schema.json";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: String,
    version: u64,
    tool: String,
    seed: u64,
    files: Vec<FileEntry>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileEntry {
    name: String,
    sha256: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    vectors: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bins: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<usize>,
    /// The command that makes the file, if it is too large to be in the directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    made_by: Option<String>,
}

/// What a file in the directory of a manifest is, by its name: the vectors of a suite in one of two formats, or their schema.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind<'a> {
    Json(&'a str),
    Hex(&'a str),
    Schema,
}

impl Kind<'_> {
    fn of(name: &str) -> Option<Kind<'_>> {
        match name.rsplit_once('.') {
            _ if name == SCHEMA_FILE => Some(Kind::Schema),
            Some((suite, "json")) => Some(Kind::Json(suite)),
            Some((suite, "hex")) => Some(Kind::Hex(suite)),
            _ => None,
        }
    }
}

impl FileEntry {
    /// Which counts the manifest has for the file.
    fn counts(&self) -> Vec<&'static str> {
        let counts = [("vectors", self.vectors), ("bins", self.bins), ("words", self.words)];
        counts.iter().filter(|(_, count)| count.is_some()).map(|(name, _)| *name).collect()
    }
}

/// What is wrong with a file of vectors.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// It cannot be read.
    #[error("{}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not what the manifest or the format says.
    #[error("{}: {source}", .path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// In which vector and field, and what is wrong.
        source: FormatError,
    },
}

/// All files of a directory of published vectors: their names and contents. For each file of a large suite, which is not among them, the
/// manifest has the hash and the command that makes it.
///
/// ```
/// let smoke = silicabac::stress::smoke();
/// let files = silicabac::vectors::files(&[("smoke", &smoke)], &[], 1)?;
/// let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
/// assert_eq!(names, ["smoke.json", "smoke.hex", "vectors.schema.json", "manifest.json"]);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`] for a name or a comment that could not be read again.
pub fn files(
    suites: &[(&str, &[Vector])],
    large: &[(&str, &[Vector])],
    seed: u64,
) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    let mut entries = Vec::new();
    for &(suite, vectors) in suites {
        for (entry, contents) in of_suite(suite, vectors)? {
            files.push((entry.name.clone(), contents));
            entries.push(entry);
        }
    }
    for &(suite, vectors) in large {
        let made_by = Some(format!("silicabac vectors generate DIR --suite {suite} --seed {seed}"));
        let of_suite = of_suite(suite, vectors)?.into_iter();
        entries.extend(of_suite.map(|(entry, _)| FileEntry { made_by: made_by.clone(), ..entry }));
    }
    entries.push(FileEntry {
        name: SCHEMA_FILE.into(),
        sha256: sha256(json::SCHEMA.as_bytes()),
        ..FileEntry::default()
    });
    files.push((SCHEMA_FILE.into(), json::SCHEMA.into()));
    let manifest = Manifest {
        format: FORMAT.into(),
        version: VERSION,
        tool: concat!("silicabac ", env!("CARGO_PKG_VERSION")).into(),
        seed,
        files: entries,
    };
    let mut text = serde_json::to_vec_pretty(&manifest).unwrap_or_default();
    text.push(b'\n');
    files.push((MANIFEST.into(), text));
    Ok(files)
}

/// The two files of a suite.
fn of_suite(suite: &str, vectors: &[Vector]) -> io::Result<[(FileEntry, Vec<u8>); 2]> {
    let (mut as_json, mut as_hex) = (Vec::new(), Vec::new());
    json::write(suite, vectors, &mut as_json)?;
    hex::write(vectors, &mut as_hex)?;
    let json_entry = FileEntry {
        name: format!("{suite}.json"),
        sha256: sha256(&as_json),
        vectors: Some(vectors.len()),
        bins: Some(vectors.iter().map(Vector::bins).sum()),
        ..FileEntry::default()
    };
    let hex_entry = FileEntry {
        name: format!("{suite}.hex"),
        sha256: sha256(&as_hex),
        words: Some(words(&as_hex)),
        ..FileEntry::default()
    };
    Ok([(json_entry, as_json), (hex_entry, as_hex)])
}

/// A file of vectors, and the suite in it, or what is wrong with it.
pub type ReadSuite = (PathBuf, Result<(String, Vec<Vector>), FileError>);

/// Reads vectors: of a file, or of all files that the manifest of a directory lists. An error in one file does not keep the others from
/// being read.
pub fn read(path: &Path) -> Vec<ReadSuite> {
    if !path.is_dir() {
        return vec![(path.to_owned(), read_file(path))];
    }
    let manifest = path.join(MANIFEST);
    let entries = match read_manifest(&manifest) {
        Ok(entries) => entries,
        Err(error) => return vec![(manifest, Err(error))],
    };
    let mut suites = Vec::new();
    for entry in &entries {
        let file = path.join(&entry.name);
        if entry.made_by.is_some() && !file.exists() {
            continue;
        }
        let checked = match Kind::of(&entry.name) {
            Some(Kind::Json(suite)) => {
                suites.push((file.clone(), read_suite(entry, suite, &file)));
                continue;
            }
            Some(Kind::Hex(_)) => check_hex(entry, &file),
            Some(Kind::Schema) | None => {
                contents(&file).and_then(|contents| check_hash(entry, &file, &contents))
            }
        };
        if let Err(error) = checked {
            suites.push((file, Err(error)));
        }
    }
    if let Err(error) = check_all_are_listed(path, &entries) {
        suites.push((manifest, Err(error)));
    }
    suites
}

/// Checks that the commands for large suites make the files whose hashes a manifest has. `make` makes a suite from its name and the seed,
/// and returns `None` for an unknown name. Returns each suite that was compared, and what is wrong with it.
pub fn check_made(
    dir: &Path,
    make: &mut dyn FnMut(&str, u64) -> Option<Vec<Vector>>,
) -> Vec<(String, Result<(), FileError>)> {
    let path = dir.join(MANIFEST);
    let Ok(Manifest { files, seed, .. }) = whole_manifest(&path) else { return Vec::new() };
    let suites = files.iter().filter(|entry| entry.made_by.is_some()).filter_map(|entry| {
        match Kind::of(&entry.name) {
            Some(Kind::Json(suite)) => Some(suite.to_owned()),
            _ => None,
        }
    });
    let check = |suite: String| {
        let made = make(&suite, seed).and_then(|vectors| of_suite(&suite, &vectors).ok());
        let is_right = made.is_some_and(|made| {
            made.iter().all(|(made, _)| {
                files.iter().any(|entry| entry.name == made.name && entry.sha256 == made.sha256)
            })
        });
        let what = || format!("{suite}: its command does not make files with these hashes here");
        let checked = if is_right { Ok(()) } else { Err(format_error(&path, None, "files", what())) };
        (suite, checked)
    };
    suites.map(check).collect()
}

/// The vectors of a `.json` file, after a check against all that the manifest says of it.
fn read_suite(entry: &FileEntry, suite: &str, path: &Path) -> Result<(String, Vec<Vector>), FileError> {
    let contents = contents(path)?;
    let (name, vectors) = parse(path, &contents)?;
    if name != suite {
        return Err(format_error(
            path,
            None,
            "suite",
            format!("it is {name:?}, but the file is called {suite}.json"),
        ));
    }
    check_count(path, "vectors", entry.vectors, vectors.len())?;
    check_count(path, "bins", entry.bins, vectors.iter().map(Vector::bins).sum())?;
    check_hash(entry, path, &contents)?;
    Ok((name, vectors))
}

/// Checks that the manifest lists all vector files of its directory: others would never be read.
fn check_all_are_listed(dir: &Path, entries: &[FileEntry]) -> Result<(), FileError> {
    let failed = |source| FileError::Read { path: dir.to_owned(), source };
    let listed: BTreeSet<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    let mut others = BTreeSet::new();
    for found in fs::read_dir(dir).map_err(failed)? {
        let name = found.map_err(failed)?.file_name().to_string_lossy().into_owned();
        let are_vectors = match Kind::of(&name) {
            Some(Kind::Json(_)) if name != MANIFEST => json::are_vectors(&contents(&dir.join(&name))?),
            Some(Kind::Hex(_)) => true,
            _ => false,
        };
        if are_vectors && !listed.contains(name.as_str()) {
            others.insert(name);
        }
    }
    match others.first() {
        None => Ok(()),
        Some(name) => {
            let what = format!("{name:?} is beside the manifest, but not in it; list it, or take it away");
            Err(format_error(&dir.join(MANIFEST), None, "files", what))
        }
    }
}

fn read_manifest(path: &Path) -> Result<Vec<FileEntry>, FileError> {
    Ok(whole_manifest(path)?.files)
}

fn whole_manifest(path: &Path) -> Result<Manifest, FileError> {
    let wrong = |field: &str, what: String| format_error(path, None, field, what);
    let bytes = contents(path)?;
    strict::unique(&bytes).map_err(|error| {
        wrong(&format!("line {}, column {}", error.line(), error.column()), error.to_string())
    })?;
    let manifest: Manifest =
        serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(&bytes))
            .map_err(|error| wrong(&error.path().to_string(), error.inner().to_string()))?;
    if manifest.format != FORMAT {
        return Err(wrong("format", format!("it is not {FORMAT:?}")));
    }
    if manifest.version != VERSION {
        let what = format!("it is {}, but this silicabac reads version {VERSION}", manifest.version);
        return Err(wrong("version", what));
    }
    if let Some(entry) = manifest.files.iter().find(|entry| Path::new(&entry.name).components().count() != 1)
    {
        return Err(wrong("files", format!("{:?} is no name of a file beside the manifest", entry.name)));
    }
    let mut names: Vec<&str> = manifest.files.iter().map(|entry| entry.name.as_str()).collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(wrong("files", format!("{:?} is there twice", twice[0])));
    }
    if !names.iter().any(|name| matches!(Kind::of(name), Some(Kind::Json(_)))) {
        return Err(wrong("files", "there is no .json file, so there is nothing to check".into()));
    }
    for (number, entry) in manifest.files.iter().enumerate() {
        check_fields(entry, &names).map_err(|(field, what)| {
            wrong(&format!("files[{number}].{field}"), format!("{}: {what}", entry.name))
        })?;
    }
    Ok(manifest)
}

/// Checks that an entry has exactly the fields for its kind of file, and that the other file of its suite is listed.
fn check_fields(entry: &FileEntry, names: &[&str]) -> Result<(), (&'static str, String)> {
    if entry.sha256.len() != 64 || !entry.sha256.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(("sha256", "it is no 64 hexadecimal digits".into()));
    }
    let (expected, other): (&[&str], _) = match Kind::of(&entry.name) {
        Some(Kind::Json(suite)) => (&["vectors", "bins"], Some(format!("{suite}.hex"))),
        Some(Kind::Hex(suite)) => (&["words"], Some(format!("{suite}.json"))),
        Some(Kind::Schema) => (&[], None),
        None => return Err(("name", "it is neither .json nor .hex, so nothing can be known of it".into())),
    };
    let counts = entry.counts();
    let in_one_only =
        |a: &[&'static str], b: &[&'static str]| a.iter().find(|name| !b.contains(name)).copied();
    if let Some(missing) = in_one_only(expected, &counts) {
        return Err((missing, "it is missing".into()));
    }
    if let Some(surplus) = in_one_only(&counts, expected) {
        return Err((surplus, "such a file has none".into()));
    }
    match other.filter(|other| !names.contains(&other.as_str())) {
        Some(other) => Err(("name", format!("there is no {other} with it"))),
        None => Ok(()),
    }
}

/// How many words for `$readmemh` a `.hex` file has.
fn words(hex: &[u8]) -> usize {
    let is_word = |line: &&[u8]| !line.is_empty() && !line.starts_with(b"//");
    hex.split(|&byte| byte == b'\n').filter(is_word).count()
}

/// Reads one vector file, or a pipe ([`files::open`]).
///
/// # Errors
/// [`FileError`].
pub fn read_file(path: &Path) -> Result<(String, Vec<Vector>), FileError> {
    parse(path, &contents(path)?)
}

fn parse(path: &Path, contents: &[u8]) -> Result<(String, Vec<Vector>), FileError> {
    json::read(contents).map_err(|source| FileError::Format { path: path.to_owned(), source })
}

/// Compares a count. It is `None` for kinds of files that do not have it, which [`check_fields`] makes sure of.
fn check_count(path: &Path, field: &str, said: Option<usize>, found: usize) -> Result<(), FileError> {
    match said {
        Some(said) if said != found => {
            let what = format!("the manifest has {said}, but there are {found}");
            Err(format_error(path, None, field, what))
        }
        _ => Ok(()),
    }
}

/// Checks that the `.hex` file says the same as the `.json` file, vector by vector.
fn check_hex(entry: &FileEntry, path: &Path) -> Result<(), FileError> {
    let found = contents(path)?;
    if let Ok((_, vectors)) = read_file(&path.with_extension("json")) {
        let mut expected = Vec::new();
        // Writing to memory cannot fail.
        let _ = hex::write(&vectors, &mut expected);
        let line_of =
            |bytes: &[u8]| bytes.split(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
        let (expected, found) = (line_of(&expected), line_of(&found));
        let same = expected.iter().zip(&found).take_while(|(a, b)| a == b).count();
        if same < expected.len().max(found.len()) {
            let until = expected.iter().take(same + 1).rev();
            let id = until.filter_map(|line| line.strip_prefix(b"// ")).next();
            let id = id.map(|id| String::from_utf8_lossy(id).into_owned());
            let what = "it is not what the .json file says".into();
            return Err(format_error(path, id, &format!("line {}", same + 1), what));
        }
    }
    check_count(path, "words", entry.words, words(&found))?;
    check_hash(entry, path, &found)
}

fn check_hash(entry: &FileEntry, path: &Path, contents: &[u8]) -> Result<(), FileError> {
    let found = sha256(contents);
    if found.eq_ignore_ascii_case(&entry.sha256) {
        return Ok(());
    }
    let what = format!("the manifest has {}, but the file has {found}", entry.sha256);
    Err(format_error(path, None, "sha256", what))
}

fn contents(path: &Path) -> Result<Vec<u8>, FileError> {
    files::read(path, files::MAX_TEXT).map_err(|source| FileError::Read { path: path.to_owned(), source })
}

fn format_error(path: &Path, vector: Option<String>, field: &str, what: String) -> FileError {
    let source = FormatError { vector, field: field.into(), what };
    FileError::Format { path: path.to_owned(), source }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
