//! The published vectors as a directory: for each suite a `.json` and a `.hex`, and a manifest with their hashes.

use std::{
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{FormatError, Vector, hex, json};
use crate::files;

/// What a manifest says it is.
const FORMAT: &str = "silicabac-vector-manifest";
/// The version of the format that is written and read.
const VERSION: u64 = 1;
/// Its name.
pub const MANIFEST: &str = "manifest.json";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: String,
    version: u64,
    tool: String,
    seed: u64,
    files: Vec<FileEntry>,
}

#[derive(Serialize, Deserialize)]
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
}

/// What is wrong with a file of vectors.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("{}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not what it should be.
    #[error("{}: {source}", .path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Where, and in what.
        source: FormatError,
    },
}

/// All files of a directory of published vectors: their names, and what is in them.
///
/// ```
/// let files = silicabac::vectors::files(&[("none", &[])], 1);
/// let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
/// assert_eq!(names, ["none.json", "none.hex", "vectors.schema.json", "manifest.json"]);
/// ```
pub fn files(suites: &[(&str, &[Vector])], seed: u64) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut entries = Vec::new();
    for &(suite, vectors) in suites {
        let (mut as_json, mut as_hex) = (Vec::new(), Vec::new());
        // Writing to memory cannot fail.
        let _ = (json::write(suite, vectors, &mut as_json), hex::write(vectors, &mut as_hex));
        entries.push(FileEntry {
            name: format!("{suite}.json"),
            sha256: sha256(&as_json),
            vectors: Some(vectors.len()),
            bins: Some(vectors.iter().map(Vector::bins).sum()),
            words: None,
        });
        entries.push(FileEntry {
            name: format!("{suite}.hex"),
            sha256: sha256(&as_hex),
            vectors: None,
            bins: None,
            words: Some(as_hex.split(|&byte| byte == b'\n').filter(|line| is_word(line)).count()),
        });
        files.extend([(format!("{suite}.json"), as_json), (format!("{suite}.hex"), as_hex)]);
    }
    files.push(("vectors.schema.json".into(), json::SCHEMA.into()));
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
    files
}

/// A suite that was read from a file, or what is wrong with the file.
pub type ReadSuite = (PathBuf, Result<(String, Vec<Vector>), FileError>);

/// Reads vectors: of a file, or of all files that the manifest of a directory lists. What is wrong with one
/// file is no reason not to read the others.
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
        if entry.name.ends_with(".json") {
            let suite =
                read_file(&file).and_then(|suite| check_entry(entry, &file, &suite.1).map(|()| suite));
            suites.push((file, suite));
        } else if let Err(error) = check_hex(entry, &file) {
            suites.push((file, Err(error)));
        }
    }
    suites
}

fn read_manifest(path: &Path) -> Result<Vec<FileEntry>, FileError> {
    let wrong = |field: &str, what: String| format_error(path, None, field, what);
    let bytes = contents(path)?;
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
    if !names.iter().any(|name| name.ends_with(".json")) {
        return Err(wrong("files", "there is no .json file, so there is nothing to check".into()));
    }
    Ok(manifest.files)
}

/// Whether a line of a `.hex` file is a word for `$readmemh`.
fn is_word(line: &[u8]) -> bool {
    !line.is_empty() && !line.starts_with(b"//")
}

/// Reads one vector file, or a pipe ([`files::open`]).
///
/// # Errors
/// [`FileError`].
pub fn read_file(path: &Path) -> Result<(String, Vec<Vector>), FileError> {
    json::read(&contents(path)?).map_err(|source| FileError::Format { path: path.to_owned(), source })
}

fn check_entry(entry: &FileEntry, path: &Path, vectors: &[Vector]) -> Result<(), FileError> {
    let count = |field: &str, expected: Option<usize>, found: usize| match expected {
        Some(expected) if expected != found => {
            let what = format!("the manifest has {expected}, but there are {found}");
            Err(format_error(path, None, field, what))
        }
        _ => Ok(()),
    };
    count("vectors", entry.vectors, vectors.len())?;
    count("bins", entry.bins, vectors.iter().map(Vector::bins).sum())?;
    check_hash(entry, path, &contents(path)?)
}

/// The `.hex` file says what the `.json` file says, vector by vector.
fn check_hex(entry: &FileEntry, path: &Path) -> Result<(), FileError> {
    let found = contents(path)?;
    if let Ok((_, vectors)) = read_file(&path.with_extension("json")) {
        let mut expected = Vec::new();
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
    check_hash(entry, path, &found)
}

fn check_hash(entry: &FileEntry, path: &Path, contents: &[u8]) -> Result<(), FileError> {
    let found = sha256(contents);
    if found == entry.sha256 {
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
