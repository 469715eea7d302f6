//! What a judge has to know of a core.

use std::fmt;

use super::{Direction, decoder, decoder_swift, encoder, encoder_swift, encoder4};
use crate::cosim::{Lockstep, sweep::Step};
use crate::fit::{Can, Fitter};
use crate::mutation::Mutable;
use crate::prove::Bench;

/// Texts with their names: paths from `rtl/` or `formal/`.
pub type Sources = &'static [(&'static str, &'static str)];

/// A core.
pub struct CoreSpec {
    /// What it is called, here and in commands.
    pub name: &'static str,
    /// What it does.
    pub direction: Direction,
    /// How many requests it takes at once.
    pub lanes: usize,
    /// Its top module, which has the ports of `docs/socket.md` and the port `debug`.
    pub top: &'static str,
    /// The files of `rtl/` that it needs, packages first.
    pub sources: Sources,
    /// What it can be asked for.
    pub can: Can,
    /// The same in Rust, to be compared with it in every clock.
    pub twin: Lockstep,
    /// Its arithmetic alone, to be compared with the oracle at every point.
    pub step: Step,
    /// What is proved of it. The bench of its contexts comes first, since the others take for granted what it proves.
    pub benches: &'static [Bench],
    /// What it takes to tell a mutant from it.
    pub mutants: Mutable,
}

/// All cores.
pub static ALL: [&CoreSpec; 5] =
    [&encoder::SPEC, &decoder::SPEC, &encoder_swift::SPEC, &decoder_swift::SPEC, &encoder4::SPEC];

/// The core of this name.
pub fn by_name(name: &str) -> Option<&'static CoreSpec> {
    ALL.into_iter().find(|core| core.name == name)
}

impl Direction {
    /// The simplest core of ours that does this.
    pub fn plain_core(self) -> &'static CoreSpec {
        match self {
            Direction::Encoder => &encoder::SPEC,
            Direction::Decoder => &decoder::SPEC,
        }
    }
}

impl CoreSpec {
    /// What fits vectors to the core.
    pub fn fitter(&self) -> Fitter {
        Fitter::new(self.direction, self.can)
    }
}

/// Cores are equal if their names are, which are unique.
impl PartialEq for CoreSpec {
    fn eq(&self, other: &CoreSpec) -> bool {
        self.name == other.name
    }
}

impl Eq for CoreSpec {}

impl fmt::Debug for CoreSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CoreSpec({})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::prove::{Control, Property};

    fn file(path: &str) -> std::path::PathBuf {
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
    }

    #[test]
    fn names_are_unique_and_lead_to_their_cores() {
        let names: BTreeSet<_> = ALL.iter().flat_map(|core| [core.name, core.top]).collect();
        assert_eq!(names.len(), 2 * ALL.len());
        assert!(ALL.iter().all(|core| by_name(core.name) == Some(core)));
        assert_eq!(by_name("nothing"), None);
    }

    #[test]
    fn the_file_list_of_other_tools_has_the_sources_of_all_cores_in_their_order() {
        let list = include_str!("../../rtl/cabac.f");
        let listed: Vec<_> = list.lines().filter(|line| !line.starts_with("//")).collect();
        let used: BTreeSet<_> = ALL.iter().flat_map(|core| core.sources).map(|(name, _)| *name).collect();
        let set: BTreeSet<_> = listed.iter().copied().collect();
        let (unlisted, unused): (Vec<_>, Vec<_>) =
            (used.difference(&set).collect(), set.difference(&used).collect());
        assert!(unlisted.is_empty(), "rtl/cabac.f lacks these sources: {unlisted:?}");
        assert!(unused.is_empty(), "rtl/cabac.f lists what no core has in its sources: {unused:?}");
        assert_eq!(listed.len(), set.len(), "rtl/cabac.f lists a file twice");
        for core in ALL {
            let places = core.sources.iter().map(|(name, _)| listed.iter().position(|listed| listed == name));
            assert!(places.is_sorted(), "the sources of {} are not in the order of rtl/cabac.f", core.name);
        }
    }

    #[test]
    fn every_core_has_its_folders() {
        for core in ALL {
            for folder in ["rtl", "src/cores"] {
                assert!(file(folder).join(core.name).is_dir(), "{folder}/{}", core.name);
            }
        }
    }

    /// What looks a module up by its name, in any of the folders, finds one.
    #[test]
    fn names_of_files_are_unique_over_all_folders() {
        for folder in ["rtl", "formal"] {
            let mut seen = BTreeSet::new();
            for entry in
                std::fs::read_dir(file(folder)).unwrap().flatten().filter(|entry| entry.path().is_dir())
            {
                for file in std::fs::read_dir(entry.path()).unwrap().flatten() {
                    let name = file.file_name();
                    assert!(seen.insert(name.clone()), "{folder}/ has {} twice", name.display());
                }
            }
        }
    }

    #[test]
    fn every_assertion_is_a_property_and_every_property_an_assertion() {
        let labels = |text: &'static str| {
            text.lines().filter_map(|line| line.trim().split_once(": assert (")).map(|(label, _)| label)
        };
        for bench in ALL.iter().flat_map(|core| core.benches) {
            let asserted: Vec<_> = bench.files.iter().flat_map(|(_, text)| labels(text)).collect();
            let listed: Vec<_> = bench.properties.iter().map(Property::name).collect();
            let wordless: Vec<_> = asserted.iter().filter(|label| !listed.contains(label)).collect();
            let missing: Vec<_> = listed.iter().filter(|name| !asserted.contains(name)).collect();
            assert!(wordless.is_empty(), "{}: asserted, but no properties: {wordless:?}", bench.top);
            assert!(
                missing.is_empty(),
                "{}: properties that none of its files asserts: {missing:?}",
                bench.top
            );
            assert_eq!(asserted.len(), listed.len(), "{}: a name is there twice", bench.top);
        }
    }

    #[test]
    fn every_file_of_checkers_is_embedded_and_short() {
        let embedded: Vec<_> =
            ALL.iter().flat_map(|core| core.benches).flat_map(|bench| bench.files).collect();
        let folders =
            std::fs::read_dir(file("formal")).unwrap().flatten().filter(|entry| entry.path().is_dir());
        for folder in folders {
            for entry in std::fs::read_dir(folder.path()).unwrap().flatten() {
                let path =
                    [folder.file_name(), entry.file_name()].map(|name| name.to_string_lossy().into_owned());
                let name = path.join("/");
                let file = embedded.iter().find(|(embedded, _)| *embedded == name);
                assert!(
                    file.is_some_and(|(_, text)| text.lines().count() < 150),
                    "{name} is long or not embedded"
                );
            }
        }
    }

    #[test]
    fn every_control_edits_the_built_in_core() {
        for core in ALL {
            let sources = crate::prove::sources(core, None).unwrap();
            for property in core.benches.iter().flat_map(|bench| bench.properties) {
                let (name, cell) = (core.name, property.cell);
                let Control { file, from, .. } = property.control;
                assert!(
                    property.control.apply(&sources).is_some(),
                    "{name}: {cell}: {from:?} is not in {file} just once, or that is not one of its sources"
                );
            }
        }
    }

    #[test]
    fn what_a_proof_of_mutants_leans_on_is_proved() {
        for core in ALL {
            let proved: Vec<&str> =
                core.benches.iter().flat_map(|bench| bench.properties).map(Property::name).collect();
            // A comment with an underscore in each word is a list of properties.
            let lists = core.mutants.proof.lines().filter_map(|line| line.trim().strip_prefix("// "));
            let lists = lists.filter(|line| line.split(", ").all(|word| word.contains('_')));
            let words = lists.flat_map(|line| line.split([',', ' ']));
            let named: Vec<&str> = words.filter(|word| word.contains('_')).collect();
            let name = core.name;
            assert!(named.len() >= 6, "{name}: its mutants.sv names fewer than six properties: {named:?}");
            named.iter().for_each(|named| assert!(proved.contains(named), "{name}: {named} is not proved"));
        }
    }
}
