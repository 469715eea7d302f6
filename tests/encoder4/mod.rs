//! The encoder of four slots: its step at every point, and the core beside its twin.

mod lockstep;
mod steps;

use std::{
    fs,
    path::{Path, PathBuf},
};

use silicabac::cores::encoder4::SPEC;
use silicabac_sim::{Design, Library};

/// Its Verilog in a directory; `edit` is a file, the text that is replaced there, and the replacement.
fn sources(dir: &Path, edit: Option<[&str; 3]>) -> Vec<PathBuf> {
    let written = SPEC.sources.iter().map(|(name, text)| {
        let name = Path::new(name).file_name().unwrap();
        let text = match edit {
            Some([file, from, to]) if name == file => {
                assert_eq!(text.matches(from).count(), 1, "{from:?} is not in {file} just once");
                text.replace(from, to)
            }
            _ => (*text).to_owned(),
        };
        fs::write(dir.join(name), text).unwrap();
        dir.join(name)
    });
    written.collect()
}

fn build(mut design: Design, edit: Option<[&str; 3]>) -> Library {
    let scratch = tempfile::tempdir().unwrap();
    design.sources = sources(scratch.path(), edit);
    let (cache, tools) = crate::common::tools();
    design.build(&cache, &tools).unwrap_or_else(|error| panic!("{error}"))
}

/// Random numbers.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (((self.0 >> 32) * u64::from(n)) >> 32) as u32
    }
}
