//! Test files that are made, opened, read and written.

use std::io::Cursor;
use std::path::PathBuf;

use silicabac::weights::model::{ModelError, ModelFile, ModelWriter};

/// A file in a temporary directory.
pub(crate) struct Made {
    pub(crate) path: PathBuf,
    _directory: tempfile::TempDir,
}

pub(crate) fn made(name: &str, bytes: &[u8]) -> Made {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    Made { path, _directory: directory }
}

/// Writes files into the directory of a model.
pub(crate) fn beside(made: &Made, files: &[(&str, &[u8])]) {
    for (name, bytes) in files {
        let path = made.path.parent().unwrap().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

pub(crate) fn open(name: &str, bytes: &[u8]) -> Result<ModelFile, ModelError> {
    ModelFile::open(&made(name, bytes).path)
}

pub(crate) fn data(file: &mut ModelFile) -> Result<Vec<Vec<u8>>, ModelError> {
    let lengths: Vec<_> = file.tensors().iter().map(|tensor| tensor.bytes).collect();
    let mut all = Vec::new();
    for (tensor, length) in lengths.into_iter().enumerate() {
        let mut bytes = vec![0; usize::try_from(length).unwrap().min(1 << 20)];
        file.read(tensor, 0, &mut bytes)?;
        all.push(bytes);
    }
    Ok(all)
}

/// Writes a file with some data, in pieces of this length.
pub(crate) fn write(file: &ModelFile, data: &[u8], piece: usize) -> Result<Vec<u8>, ModelError> {
    let sink = Cursor::new(Vec::new());
    let mut writer = ModelWriter::new(sink, file.format(), file.skeleton(), file.tensors())?;
    for bytes in data.chunks(piece) {
        writer.write(bytes)?;
    }
    let sink = writer.finish()?;
    assert_eq!(sink.position(), sink.get_ref().len() as u64);
    Ok(sink.into_inner())
}

/// Reads and writes a file; returns what is written.
pub(crate) fn round(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut file = open(name, bytes).unwrap();
    let data = data(&mut file).unwrap().concat();
    let written = write(&file, &data, 7).unwrap();
    assert_eq!(written, write(&file, &data, usize::MAX).unwrap());
    written
}

pub(crate) fn floats(count: usize) -> Vec<u8> {
    (0..count).flat_map(|index| (index as f32 * 0.37).sin().to_le_bytes()).collect()
}

/// Opens, reads and writes a file, which may be damaged.
pub(crate) fn survive(name: &str, bytes: &[u8]) -> Result<(), ModelError> {
    let mut file = open(name, bytes)?;
    let data = data(&mut file)?.concat();
    write(&file, &data, 64).map(drop)
}
