//! The one way to write what the command writes by path.
//!
//! Invariant: a file is there whole or not at all. It is written under another name in its directory and renamed, with the
//! mode of the file that it replaces, and its owner where that is allowed; what the user may not write is refused and not
//! replaced. A link stays a link: its target is written. A device or a pipe is written to;
//! if the writer has to go back, everything is collected in a temporary file first. No output replaces an input
//! ([`Identity::input`]) or another output of the same run ([`distinct`]).

use std::{
    ffi::OsString,
    fs::{self, File, Metadata, OpenOptions},
    io::{self, BufWriter, IsTerminal, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use silicabac::files::{self, Identity};
use silicabac_sim::unfinished::{self, Unfinished};
use tempfile::NamedTempFile;

use super::{
    Failure,
    print::{binary_out, out, unless_closed},
};

/// Why a path is no output.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error("it is a {0}; name a file")]
    Kind(&'static str),
    #[error("there is no directory {}; make it first", .0.display())]
    NoDirectory(PathBuf),
    #[error("it is the input {}; name another file", .0.display())]
    Input(PathBuf),
    #[error("{} would be written there too; name another file", .0.display())]
    Twice(PathBuf),
    #[error("it is there and is {0}; remove it, or name another file")]
    OtherKind(&'static str),
    #[error("these links lead nowhere")]
    Links,
    #[error("this is no text, and standard output is a terminal; send it to a file or a pipe")]
    Terminal,
}

impl From<Refused> for io::Error {
    fn from(refused: Refused) -> io::Error {
        io::Error::other(refused)
    }
}

/// Writes a file.
pub(super) fn write_file(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    write_whole(path, |sink| write(sink).map_err(|source| Failure::Write { path: path.to_owned(), source }))
}

/// Makes a new file, to which lines are appended as they become known. It is the exception to files that are there whole or not at all:
/// nobody else writes such a file, and its readers ignore an incomplete line.
pub(super) fn append_to(path: &Path) -> Result<File, Failure> {
    #[expect(clippy::disallowed_methods, reason = "what is written is opened here")]
    let file = OpenOptions::new().append(true).create_new(true).open(path);
    file.map_err(|source| Failure::Write { path: path.to_owned(), source })
}

/// Writes a file with a writer that has errors of its own. If the output cannot be written, that is the error that is returned.
pub(super) fn write_whole<T, E: From<Failure>>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<T, E>,
) -> Result<T, E> {
    write_to(path, Output::create(path), |sink| {
        let mut buffered = BufWriter::new(sink);
        let written = write(&mut buffered)?;
        let flushed = buffered.flush();
        flushed.map_err(|source| Failure::Write { path: path.to_owned(), source })?;
        Ok(written)
    })
}

/// Writes a file with a writer that goes back.
pub(super) fn write_seekable<T, E: From<Failure>>(
    path: &Path,
    write: impl FnOnce(&mut Output) -> Result<T, E>,
) -> Result<T, E> {
    write_to(path, Output::create_seekable(path), write)
}

fn write_to<T, E: From<Failure>>(
    path: &Path,
    output: io::Result<Output>,
    write: impl FnOnce(&mut Output) -> Result<T, E>,
) -> Result<T, E> {
    let failed = |source| E::from(Failure::Write { path: path.to_owned(), source });
    let mut output = output.map_err(failed)?;
    let written = write(&mut output);
    if let Some(error) = output.error.take() {
        return Err(failed(error));
    }
    let written = written?;
    output.finish().map_err(failed)?;
    Ok(written)
}

/// What is written: a terminal is sent text only.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    Binary,
}

/// Whether a path names the standard output.
pub(super) fn is_stdout(path: &Path) -> bool {
    path == Path::new("-")
}

/// Runs `write` on a file, or on the standard output if there is no path or it is `-`.
pub(super) fn to_output<T>(
    path: Option<&Path>,
    kind: Kind,
    write: impl FnOnce(&mut dyn Write) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let Some(path) = path.filter(|path| !is_stdout(path)) else {
        standard_output()
            .and_then(|out| not_an_input(&out.metadata()?))
            .map_err(|source| Failure::Write { path: "the standard output".into(), source })?;
        let mut out: Box<dyn Write> = match kind {
            Kind::Text => Box::new(BufWriter::new(out())),
            Kind::Binary => Box::new(binary_out().map_err(Failure::Print)?),
        };
        let result = write(&mut out)?;
        unless_closed(out.flush())?;
        return Ok(result);
    };
    write_whole(path, write)
}

/// Makes a directory for outputs, and those above it.
pub(super) fn create_dir(dir: &Path) -> Result<(), Failure> {
    fs::create_dir_all(dir).map_err(|source| Failure::Write { path: dir.to_owned(), source })
}

/// Checks, before hours of work, that these outputs can be written: each is a file of its own, and none is an input.
pub(super) fn distinct(paths: &[&Path]) -> Result<(), Failure> {
    let mut targets: Vec<(PathBuf, &Path)> = Vec::new();
    for &path in paths {
        let failed = |source| Failure::Write { path: path.to_owned(), source };
        let Target::File { path: target, .. } = Target::of(path).map_err(failed)? else { continue };
        let target = std::path::absolute(&target).unwrap_or(target);
        if let Some((_, other)) = targets.iter().find(|(known, _)| *known == target) {
            return Err(failed(Refused::Twice(other.to_path_buf()).into()));
        }
        targets.push((target, path));
    }
    Ok(())
}

/// Refuses a default name if another kind of file has it: a file that is there and not empty has to begin with `start`.
pub(super) fn only_over(path: &Path, start: &[u8], otherwise: &'static str) -> Result<(), Failure> {
    let failed = |source| Failure::Write { path: path.to_owned(), source };
    let mut found = Vec::new();
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {
            #[expect(
                clippy::disallowed_methods,
                reason = "it is looked at as an output, not read as an input"
            )]
            let file = File::open(path).map_err(failed)?;
            file.take(start.len() as u64).read_to_end(&mut found).map_err(failed)?;
        }
        _ => return Ok(()),
    }
    if found.is_empty() || found == start {
        Ok(())
    } else {
        Err(failed(Refused::OtherKind(otherwise).into()))
    }
}

/// A path with something appended to its name, whatever extension that has, so that two inputs never share an output.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut whole = OsString::from(path);
    whole.push(suffix);
    whole.into()
}

/// The first of `NAME`, `NAME-2`, `NAME-3` of which none of the files with these extensions is an input.
pub(super) fn unused_name(dir: &Path, name: &str, extensions: &[&str]) -> String {
    let is_input = |path: PathBuf| fs::metadata(path).is_ok_and(|metadata| not_an_input(&metadata).is_err());
    let is_free =
        |name: &String| !extensions.iter().any(|extension| is_input(dir.join(format!("{name}.{extension}"))));
    let mut names = std::iter::once(name.to_owned()).chain((2..).map(|i| format!("{name}-{i}")));
    names.find(is_free).unwrap_or_default()
}

/// What a path leads to.
enum Target {
    /// A file that is replaced, or that does not exist yet.
    File { path: PathBuf, replaced: Option<Metadata> },
    /// A file that is written to and not replaced, such as a device or a pipe.
    Into(File),
}

impl Target {
    fn of(path: &Path) -> io::Result<Target> {
        if is_stdout(path) {
            let out = standard_output()?;
            not_an_input(&out.metadata()?)?;
            return if io::stdout().is_terminal() {
                Err(Refused::Terminal.into())
            } else {
                Ok(Target::Into(out))
            };
        }
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Target::new_file(path),
            Err(error) => return Err(error),
        };
        not_an_input(&metadata)?;
        match files::kind(&metadata) {
            "file" => {}
            "directory" => return Err(Refused::Kind("directory").into()),
            "socket" => return Err(Refused::Kind("socket").into()),
            _ => return Ok(Target::Into(writable(path)?)),
        }
        // A file to which our standard output or error already goes is not replaced.
        if let Some(stream) = own_stream(&metadata) {
            return Ok(Target::Into(stream));
        }
        // A file that the user may not write is not replaced, even where the rights of its directory allow it.
        let file = writable(path)?;
        // A path such as /proc/self/fd/3 may lead to a file that has no name, or no longer the name that is found.
        let real = fs::canonicalize(path);
        let is_same = |real: &PathBuf| {
            fs::metadata(real).is_ok_and(|found| Identity::of(&found) == Identity::of(&metadata))
        };
        Ok(match real.ok().filter(is_same) {
            Some(path) => Target::File { path, replaced: Some(metadata) },
            None => Target::Into(file),
        })
    }

    /// The file that does not exist yet, after all links are followed.
    fn new_file(path: &Path) -> io::Result<Target> {
        let mut path = path.to_owned();
        // The system follows 40 links at most, too.
        for _ in 0..40 {
            let Ok(link) = fs::read_link(&path) else {
                let dir = parent(&path);
                if !dir.is_dir() {
                    return Err(Refused::NoDirectory(dir.to_owned()).into());
                }
                let is_dir =
                    path.as_os_str().as_encoded_bytes().ends_with(b"/") || path.file_name().is_none();
                return match is_dir {
                    true => Err(Refused::Kind("directory").into()),
                    false => Ok(Target::File { path, replaced: None }),
                };
            };
            path = path.with_file_name(link);
        }
        Err(Refused::Links.into())
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn not_an_input(metadata: &Metadata) -> io::Result<()> {
    match Identity::of(metadata).and_then(Identity::input) {
        Some(input) => Err(Refused::Input(input).into()),
        None => Ok(()),
    }
}

/// Opens an existing file for writing, and changes nothing in it.
fn writable(path: &Path) -> io::Result<File> {
    #[expect(clippy::disallowed_methods, reason = "what is written is opened here")]
    OpenOptions::new().write(true).open(path)
}

/// The standard output or error, if it is this file.
fn own_stream(metadata: &Metadata) -> Option<File> {
    let streams = [standard_output(), standard_error()];
    let is_it =
        |file: &File| file.metadata().is_ok_and(|found| Identity::of(&found) == Identity::of(metadata));
    streams.into_iter().flatten().find(is_it)
}

#[cfg(unix)]
fn standard_output() -> io::Result<File> {
    Ok(std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned()?.into())
}

#[cfg(unix)]
fn standard_error() -> io::Result<File> {
    Ok(std::os::fd::AsFd::as_fd(&io::stderr()).try_clone_to_owned()?.into())
}

#[cfg(windows)]
fn standard_output() -> io::Result<File> {
    Ok(std::os::windows::io::AsHandle::as_handle(&io::stdout()).try_clone_to_owned()?.into())
}

#[cfg(windows)]
fn standard_error() -> io::Result<File> {
    Ok(std::os::windows::io::AsHandle::as_handle(&io::stderr()).try_clone_to_owned()?.into())
}

/// An output that is being written. A file that is not finished is removed.
pub(super) struct Output {
    sink: Sink,
    /// Why it cannot be written. A writer may have reported that as an error of another kind.
    error: Option<io::Error>,
}

enum Sink {
    /// Dropped in this order: first the file, then its entry in the list of unfinished files.
    File {
        file: NamedTempFile,
        path: PathBuf,
        _unfinished: Unfinished,
    },
    Into(File),
    /// A temporary file, and where its bytes go in the end.
    Spooled(File, File),
}

impl Output {
    fn create(path: &Path) -> io::Result<Output> {
        let sink = match Target::of(path)? {
            Target::Into(file) => Sink::Into(file),
            Target::File { path, replaced } => {
                let dir = parent(&path).to_owned();
                let make = || new_file(&dir, replaced.as_ref());
                let (_unfinished, file) = unfinished::make(make, |file| file.path())?;
                Sink::File { file, path, _unfinished }
            }
        };
        Ok(Output { sink, error: None })
    }

    fn create_seekable(path: &Path) -> io::Result<Output> {
        let Output { sink, error } = Output::create(path)?;
        let sink = match sink {
            Sink::Into(file) => Sink::Spooled(files::spool()?, file),
            sink => sink,
        };
        Ok(Output { sink, error })
    }

    fn file(&mut self) -> &mut File {
        match &mut self.sink {
            Sink::File { file, .. } => file.as_file_mut(),
            Sink::Into(file) | Sink::Spooled(file, _) => file,
        }
    }

    fn finish(self) -> io::Result<()> {
        match self.sink {
            Sink::File { file, path, .. } => {
                // It may have been opened as an input meanwhile.
                if let Ok(metadata) = fs::metadata(&path) {
                    not_an_input(&metadata)?;
                }
                file.persist(path).map(drop).map_err(|error| error.error)
            }
            Sink::Into(mut file) => file.flush(),
            Sink::Spooled(mut spool, mut file) => {
                spool.seek(SeekFrom::Start(0))?;
                io::copy(&mut spool, &mut file).map(drop)
            }
        }
    }

    /// Keeps an error; the writer gets one of the same kind.
    fn noted<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| {
            let again = io::Error::from(error.kind());
            if error.kind() != io::ErrorKind::Interrupted {
                self.error.get_or_insert(error);
            }
            again
        })
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file().write(bytes);
        self.noted(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.file().flush();
        self.noted(flushed)
    }
}

impl Seek for Output {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let moved = self.file().seek(to);
        self.noted(moved)
    }
}

/// A new file with a name of its own in a directory. It has the owner and the rights of the file that it will replace, or else those of any
/// new file of the user.
fn new_file(dir: &Path, replaced: Option<&Metadata>) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
        let mode = replaced.map_or(0o666, |replaced| replaced.mode() & 0o777);
        builder.permissions(fs::Permissions::from_mode(mode));
        let file = builder.tempfile_in(dir)?;
        if let Some(replaced) = replaced {
            // Only root may give a file away, and others give it to their own groups.
            let _ = fchown(&file, Some(replaced.uid()), Some(replaced.gid()))
                .or_else(|_| fchown(&file, None, Some(replaced.gid())));
            file.as_file().set_permissions(fs::Permissions::from_mode(mode))?;
        }
        Ok(file)
    }
    #[cfg(not(unix))]
    {
        let _ = replaced;
        builder.tempfile_in(dir)
    }
}
