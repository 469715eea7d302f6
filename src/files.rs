//! The one way to open what is read by path.
//!
//! Invariant: what is opened has an end, or is read in pieces of bounded size. A regular file is opened. A pipe, be it a FIFO or what
//! `/dev/stdin` or `/proc/self/fd/3` leads to, is read like the standard input, which is `-`. A device, a socket or a directory is
//! refused, also through a link. What is read whole has a bound, since a file may claim any length and a pipe need not end.
//!
//! Every input is remembered, so that a writer can ask whether a file is an input ([`Identity::input`]). The alternative, that each
//! command compares its outputs with its inputs, would be forgotten in the next new command.

use std::{
    fs::{self, File, Metadata},
    io::{self, Read, Seek},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// The most that is read of a text, such as a file of vectors: 1 GiB.
pub const MAX_TEXT: u64 = 1 << 30;

/// The most that is taken from a pipe where a file is needed in which one can seek: 4 GiB.
pub const MAX_SPOOLED: u64 = 1 << 32;

/// Why a path is no input, as the source of this module's [`io::Error`]s.
#[derive(Debug, thiserror::Error)]
enum Unfit {
    #[error("it is a {0}, and only files and pipes are read")]
    Kind(&'static str),
    #[error("it is longer than {0} bytes; make several files of it")]
    TooLong(u64),
    #[error("more than {0} bytes come out of it; write them to a file, and name that")]
    Endless(u64),
    #[error("cannot make a temporary file in {}: {source}; name another directory in TMPDIR", .dir.display())]
    Scratch { dir: PathBuf, source: io::Error },
}

impl From<Unfit> for io::Error {
    fn from(unfit: Unfit) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidInput, unfit)
    }
}

/// Whether this path, `-`, stands for the standard input.
pub fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// Opens a file or a pipe to be read from its beginning to its end; `-` is the standard input.
///
/// ```
/// use std::path::Path;
/// let error = silicabac::files::open(Path::new("src")).unwrap_err();
/// assert_eq!(error.to_string(), "it is a directory, and only files and pipes are read");
/// ```
///
/// # Errors
/// The system's, or that it is a device, a socket or a directory.
pub fn open(path: &Path) -> io::Result<File> {
    if is_stdin(path) {
        let file = standard_input()?;
        remember(path, &file.metadata()?);
        return Ok(file);
    }
    // This is checked before the file is opened, since opening some devices has an effect.
    check_kind(&fs::metadata(path)?)?;
    #[expect(clippy::disallowed_methods, reason = "what is read is opened here")]
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    check_kind(&metadata)?;
    remember(path, &metadata);
    Ok(file)
}

/// Opens a file or a pipe as a file of known length in which one can seek. The bytes of a pipe are first written to a temporary file,
/// [`MAX_SPOOLED`] at the most.
///
/// # Errors
/// Those of [`open`]; that more bytes come; that no temporary file can be made or written.
pub fn open_seekable(path: &Path) -> io::Result<File> {
    let mut file = open(path)?;
    let is_whole = file.metadata()?.is_file() && file.stream_position()? == 0;
    if is_whole { Ok(file) } else { spooled(file, MAX_SPOOLED) }
}

/// Reads a file or a pipe whole, up to `at_most` bytes.
///
/// # Errors
/// Those of [`open`], or that it is longer.
pub fn read(path: &Path, at_most: u64) -> io::Result<Vec<u8>> {
    take(open(path)?, at_most)
}

/// Reads a text whole, up to [`MAX_TEXT`] bytes.
///
/// # Errors
/// Those of [`read`], or that it is not UTF-8.
pub fn read_to_string(path: &Path) -> io::Result<String> {
    text(read(path, MAX_TEXT)?)
}

/// Reads the text that an earlier run has left where it will be written again, up to [`MAX_TEXT`] bytes. It is not remembered as an input.
/// `None` where there is none.
///
/// # Errors
/// Those of [`read_to_string`].
pub fn read_earlier(path: &Path) -> io::Result<Option<String>> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        metadata => check_kind(&metadata?)?,
    }
    #[expect(clippy::disallowed_methods, reason = "what is read is opened here")]
    let file = File::open(path)?;
    text(take(file, MAX_TEXT)?).map(Some)
}

/// A temporary file, without a name.
///
/// # Errors
/// The system's, with the directory, and the environment variable that names another one.
pub fn spool() -> io::Result<File> {
    tempfile::tempfile().map_err(|source| Unfit::Scratch { dir: tempfile::env::temp_dir(), source }.into())
}

/// Writes a file of our own into a temporary directory of our own.
#[cfg(any(feature = "cosim", test))]
pub(crate) fn write_scratch(path: &Path, bytes: impl AsRef<[u8]>) -> io::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "nobody else knows the directory")]
    fs::write(path, bytes)
}

fn spooled(mut pipe: File, at_most: u64) -> io::Result<File> {
    let mut spool = spool()?;
    if io::copy(&mut pipe.by_ref().take(at_most + 1), &mut spool)? > at_most {
        return Err(Unfit::Endless(at_most).into());
    }
    spool.rewind()?;
    Ok(spool)
}

fn take(file: File, at_most: u64) -> io::Result<Vec<u8>> {
    let too_long = || io::Error::from(Unfit::TooLong(at_most));
    if file.metadata()?.len() > at_most {
        return Err(too_long());
    }
    let mut bytes = Vec::new();
    file.take(at_most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > at_most { Err(too_long()) } else { Ok(bytes) }
}

fn text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.utf8_error()))
}

/// The standard input as a file, without a buffer that could keep some of it.
fn standard_input() -> io::Result<File> {
    #[cfg(unix)]
    let file = std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned()?;
    #[cfg(windows)]
    let file = std::os::windows::io::AsHandle::as_handle(&io::stdin()).try_clone_to_owned()?;
    Ok(file.into())
}

/// A file or a pipe can be read.
fn check_kind(metadata: &Metadata) -> io::Result<()> {
    match kind(metadata) {
        "file" | "pipe" => Ok(()),
        other => Err(Unfit::Kind(other).into()),
    }
}

/// What a path leads to, in a word or two: `file`, `directory`, `pipe`, `socket`, `character device`, `block device`.
pub fn kind(metadata: &Metadata) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let kind = metadata.file_type();
        let special = [
            (kind.is_fifo(), "pipe"),
            (kind.is_socket(), "socket"),
            (kind.is_char_device(), "character device"),
            (kind.is_block_device(), "block device"),
        ];
        if let Some((_, name)) = special.into_iter().find(|(is, _)| *is) {
            return name;
        }
    }
    if metadata.is_dir() { "directory" } else { "file" }
}

/// Which file this is, whatever its name: two names of one file have the same identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    /// The identity of a file that exists. `None` for what can be read and written at the same time, such as a terminal, and on systems
    /// without inodes for everything.
    pub fn of(metadata: &Metadata) -> Option<Identity> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let identity = Identity { device: metadata.dev(), inode: metadata.ino() };
            matches!(kind(metadata), "file" | "pipe").then_some(identity)
        }
        #[cfg(not(unix))]
        None
    }

    /// The name under which the file was opened as an input, if it was.
    pub fn input(self) -> Option<PathBuf> {
        let inputs = INPUTS.lock().unwrap_or_else(PoisonError::into_inner);
        // The number of a file that is gone may belong to another one by now.
        let is_still_there = |path: &Path| {
            let metadata = if is_stdin(path) {
                standard_input().and_then(|file| file.metadata())
            } else {
                fs::metadata(path)
            };
            metadata.is_ok_and(|metadata| Identity::of(&metadata) == Some(self))
        };
        let found = inputs.iter().find(|(identity, path)| *identity == self && is_still_there(path));
        found.map(|(_, path)| path.clone())
    }
}

/// The inputs, each file once.
static INPUTS: Mutex<Vec<(Identity, PathBuf)>> = Mutex::new(Vec::new());

/// Remembers an input that another program will open.
pub fn remember_input(path: &Path) {
    if let Ok(metadata) = fs::metadata(path) {
        remember(path, &metadata);
    }
}

fn remember(path: &Path, metadata: &Metadata) {
    let Some(identity) = Identity::of(metadata) else { return };
    let mut inputs = INPUTS.lock().unwrap_or_else(PoisonError::into_inner);
    match inputs.iter_mut().find(|(known, _)| *known == identity) {
        Some((_, name)) => *name = path.to_owned(),
        None => inputs.push((identity, path.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn what_never_ends_is_not_read_for_ever() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"12345678").unwrap();
        let error = |result: io::Result<()>| result.unwrap_err().to_string();
        for at_most in [8, u64::MAX] {
            assert_eq!(read(file.path(), at_most).unwrap(), b"12345678");
        }
        assert!(error(read(file.path(), 7).map(drop)).contains("longer than 7 bytes"));
        let open = || open(file.path()).unwrap();
        assert!(spooled(open(), 8).is_ok());
        assert!(error(spooled(open(), 7).map(drop)).contains("more than 7 bytes"));
        // A length alone takes no memory.
        file.as_file().set_len(MAX_TEXT + 1).unwrap();
        assert!(error(read_to_string(file.path()).map(drop)).contains("longer than"));
    }

    #[test]
    fn an_input_is_known_by_all_its_names_as_long_as_it_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let [file, other] = ["file", "other"].map(|name| dir.path().join(name));
        write_scratch(&file, "text").unwrap();
        fs::hard_link(&file, &other).unwrap();
        let identity = Identity::of(&fs::metadata(&other).unwrap()).unwrap();
        assert_eq!(identity.input(), None);
        read_earlier(&file).unwrap();
        assert_eq!(identity.input(), None);
        read_to_string(&file).unwrap();
        assert_eq!(identity.input(), Some(file.clone()));
        fs::remove_file(&file).unwrap();
        assert_eq!(identity.input(), None);
    }
}
