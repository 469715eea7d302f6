//! The description of a core by its user: a small TOML file beside its Verilog. Keys that are missing are taken from its template.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Can, Errors, Loads};
use crate::cores::Direction;
use crate::files;
use crate::tables::hevc_contexts::HevcProfile;

/// The description of a core by a file and by options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoreFile {
    /// Whether it encodes or decodes.
    pub direction: Option<Direction>,
    /// Its module with the ports of the socket.
    pub top: Option<String>,
    /// Its sources: Verilog, VHDL and file lists.
    pub rtl: Vec<PathBuf>,
    /// The directories that `` `include `` searches.
    pub include: Vec<PathBuf>,
    /// Macros, `NAME=VALUE`.
    pub define: Vec<String>,
    /// More arguments for Verilator.
    pub verilator_arg: Vec<String>,
    /// More arguments for GHDL, which translates VHDL.
    pub ghdl_arg: Vec<String>,
    /// What it can be asked for.
    pub can: Can,
}

/// An invalid description of a core.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// It cannot be read.
    #[error("{path}: {source}", path = .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not a description.
    #[error("{of}: {what}")]
    What {
        /// The file, or the option.
        of: String,
        /// What is wrong, and where.
        what: String,
    },
}

/// The keys of the file.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Keys {
    direction: Option<DirectionKey>,
    top: Option<String>,
    rtl: Vec<PathBuf>,
    include: Vec<PathBuf>,
    define: Vec<String>,
    verilator_arg: Vec<String>,
    ghdl_arg: Vec<String>,
    template: Option<String>,
    codec: Option<Vec<CodecKey>>,
    profile: Option<HevcProfile>,
    contexts: Option<u16>,
    align: Option<bool>,
    raw: Option<u32>,
    substreams: Option<bool>,
    loads: Option<Loads>,
    qp: Option<[i8; 2]>,
    slice_types: Option<Vec<SliceTypeKey>>,
    slice_bins: Option<u64>,
    slice_bytes: Option<u64>,
    errors: Option<Errors>,
    early_slice: Option<bool>,
    reset: Option<bool>,
    groups: Option<bool>,
    bypass_after: Option<u8>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum DirectionKey {
    Encoder,
    Decoder,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum CodecKey {
    H264,
    H265,
}

/// Slice types, in the order of [`Can::slice_types`].
#[derive(Clone, Copy, PartialEq, Deserialize)]
enum SliceTypeKey {
    P,
    B,
    I,
}

impl CoreFile {
    /// Reads a file, if there is one, and options `KEY=VALUE`, which override the file. Paths in the file are relative to its directory.
    ///
    /// ```
    /// use silicabac::fit::{Can, CoreFile, Loads};
    /// let options = ["template=h264", "contexts=460", "qp=[0, 51]"].map(String::from);
    /// let core = CoreFile::read(None, &options)?;
    /// assert_eq!(core.can, Can { contexts: 460, qp: [0, 51], ..Can::H264 });
    /// # Ok::<(), silicabac::fit::FileError>(())
    /// ```
    ///
    /// # Errors
    /// [`FileError`].
    pub fn read(path: Option<&Path>, options: &[String]) -> Result<CoreFile, FileError> {
        let mut table = toml::Table::new();
        if let Some(path) = path {
            let text = files::read_to_string(path)
                .map_err(|source| FileError::Read { path: path.to_owned(), source })?;
            let wrong = |what: String| FileError::What { of: path.display().to_string(), what };
            // The keys are read here too, since the place of an error in the text is known only here.
            toml::from_str::<Keys>(&text).map_err(|error| wrong(error.to_string()))?;
            table = text.parse().map_err(|error: toml::de::Error| wrong(error.to_string()))?;
        }
        for option in options {
            table.extend(of_option(option)?);
        }
        let wrong = |what| FileError::What { of: "the description of the core".into(), what };
        let keys: Keys = table.try_into().map_err(|error: toml::de::Error| wrong(error.message().into()))?;
        let dir = path.and_then(Path::parent).unwrap_or(Path::new(""));
        keys.into_core(dir).map_err(wrong)
    }
}

/// Reads `KEY=VALUE` as TOML. The value may be a word without quotes.
fn of_option(option: &str) -> Result<toml::Table, FileError> {
    let wrong = |what: String| FileError::What { of: format!("--can {option}"), what };
    let (key, value) = option.split_once('=').ok_or_else(|| wrong("it is no KEY=VALUE".into()))?;
    let table: Result<toml::Table, _> = option.parse();
    let word = || toml::Table::from_iter([(key.trim().to_owned(), value.trim().into())]);
    let table = table.unwrap_or_else(|_| word());
    table.clone().try_into::<Keys>().map_err(|error| wrong(error.message().into()))?;
    Ok(table)
}

impl Keys {
    fn into_core(self, dir: &Path) -> Result<CoreFile, String> {
        let can = self.can()?;
        let beside = |paths: Vec<PathBuf>| paths.into_iter().map(|path| dir.join(path)).collect();
        Ok(CoreFile {
            direction: self.direction.map(|direction| match direction {
                DirectionKey::Encoder => Direction::Encoder,
                DirectionKey::Decoder => Direction::Decoder,
            }),
            top: self.top,
            rtl: beside(self.rtl),
            include: beside(self.include),
            define: self.define,
            verilator_arg: self.verilator_arg,
            ghdl_arg: self.ghdl_arg,
            can,
        })
    }

    fn can(&self) -> Result<Can, String> {
        let mut can = match &self.template {
            None => Can::ENGINE,
            Some(wanted) => *Can::TEMPLATES
                .iter()
                .find_map(|(name, can)| (name == wanted).then_some(can))
                .ok_or_else(|| {
                    let names = Can::TEMPLATES.map(|(name, _)| name).join(", ");
                    format!("there is no template {wanted}; there are {names}")
                })?,
        };
        if let Some(codec) = &self.codec {
            can.avc = codec.contains(&CodecKey::H264);
            can.hevc = codec.contains(&CodecKey::H265).then_some(can.hevc.unwrap_or(HevcProfile::Main));
        }
        if let Some(profile) = self.profile {
            can.hevc.ok_or("profile is of H.265, which the core does not have")?;
            can.hevc = Some(profile);
        }
        if let Some(types) = &self.slice_types {
            can.slice_types =
                [SliceTypeKey::P, SliceTypeKey::B, SliceTypeKey::I].map(|of| types.contains(&of));
        }
        fn set<T: Copy>(to: &mut T, said: Option<T>) {
            *to = said.unwrap_or(*to);
        }
        set(&mut can.contexts, self.contexts);
        set(&mut can.align, self.align);
        set(&mut can.raw, self.raw);
        set(&mut can.substreams, self.substreams);
        set(&mut can.loads, self.loads);
        set(&mut can.qp, self.qp);
        set(&mut can.slice_bins, self.slice_bins);
        set(&mut can.slice_bytes, self.slice_bytes);
        set(&mut can.errors, self.errors);
        set(&mut can.early_slice, self.early_slice);
        set(&mut can.reset, self.reset);
        set(&mut can.groups, self.groups);
        set(&mut can.bypass_after, self.bypass_after);
        match can {
            Can { avc: false, hevc: None, .. } => Err("codec is empty: it can be h264, h265 or both".into()),
            Can { slice_types: [false, false, false], .. } => {
                Err("slice-types is empty: it can be P, B, I or several of these".into())
            }
            Can { contexts: 1_025.., .. } => Err("contexts is more than 1024".into()),
            Can { qp: [least, most], .. } if least > most => Err("qp is [least, greatest]".into()),
            _ => Ok(can),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, options: &[&str]) -> Result<CoreFile, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("core.toml");
        files::write_scratch(&path, text).unwrap();
        let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
        let core = CoreFile::read(Some(&path), &options).map_err(|error| error.to_string())?;
        assert!(core.rtl.iter().all(|file| file.starts_with(dir.path())));
        Ok(core)
    }

    #[test]
    fn a_file_says_what_its_template_does_not_and_an_option_has_the_last_word() {
        let text = r#"
            direction = "encoder"
            top = "mine"
            rtl = ["a.v", "b.v"]
            template = "h265-main"
            loads = "start"
            slice-types = ["I", "B"]
            raw = 64
        "#;
        let core = read(text, &["raw=32", "loads=none", "errors = \"convention\""]).unwrap();
        let can =
            Can { raw: 32, slice_types: [false, true, true], errors: Errors::Convention, ..Can::H265_MAIN };
        assert_eq!((core.can, core.direction, core.rtl.len()), (can, Some(Direction::Encoder), 2));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let wrong = |text, options: &[&str], what: &str| {
            let error = read(text, options).unwrap_err();
            assert!(error.contains(what), "{error}");
        };
        wrong("alin = false", &[], "line 1");
        wrong("alin = false", &[], "alin");
        wrong("template = \"h266\"", &[], "there are engine, h264, h265-main");
        wrong("codec = []", &[], "codec is empty");
        wrong("qp = [3, 2]", &[], "least");
        wrong("slice-types = []", &[], "slice-types is empty");
        wrong("template = \"h264\"\nprofile = \"main\"", &[], "profile is of H.265");
        wrong("contexts = 2000", &[], "1024");
        wrong("", &["loads=sometimes"], "--can loads=sometimes");
        wrong("", &["loads"], "KEY=VALUE");
        wrong("raw = -1", &[], "raw");
    }
}
