//! Yosys turns a core into a netlist, picks bits of its cells, and puts a switch at each.
//!
//! The tables stay multiplexers (`proc -norom`), so that they can be mutated; the context memory stays a memory and is
//! not, since that is a fault of the memory and no error in logic. Where more than one way of a multiplexer is open, the
//! first is taken, as in the `case` statement that it comes from; where none is, it gives 0. Nets are split so far that
//! none depends on itself, bit by bit: Verilator would go round and round, and 5.006 then even computes other values.

use std::path::{Path, PathBuf};

use super::{
    MutationError,
    mutant::{Cell, Cells},
};
use crate::cores::CoreSpec;
use crate::prove::Sources;
use crate::yosys::{self, Yosys};

/// The input that selects a mutant, its number plus one; 0 is the core as it is.
pub(super) const SELECT: &str = "mutsel";
pub(super) const SELECT_WIDTH: usize = 13;

/// The netlist without mutants, as Yosys writes it for itself.
#[derive(Clone, Debug)]
pub(super) struct Netlist {
    core: &'static CoreSpec,
    rtlil: String,
}

/// A netlist with mutants: for Yosys, and its Verilog.
pub(super) struct Mutated {
    pub(super) rtlil: String,
    pub(super) verilog: PathBuf,
}

const BASE: &str = "base.il";
const MUTATED: &str = "mutated.il";

/// The ports that no transaction shows, and that no proof needs.
const UNSEEN: &str = "w:settled w:save_ctx_idx w:save_model";

impl Netlist {
    /// The netlist of a core, and so many mutants of it.
    pub(super) fn new(
        core: &'static CoreSpec,
        sources: &Sources,
        count: usize,
        seed: u32,
        yosys: &Yosys,
    ) -> Result<(Netlist, Vec<Cell>), MutationError> {
        let dir = tempfile::tempdir().map_err(MutationError::dir)?;
        let top = core.top;
        let mut script = String::new();
        for (name, text) in sources {
            yosys::write(dir.path(), name, text)?;
            script += &format!("read_verilog -sv {name}\n");
        }
        script += &format!(
            "hierarchy -check -top {top}\nproc -norom\nflatten\ndelete -port {UNSEEN}\nopt_clean\n\
             write_rtlil {BASE}\ndelete -port w:debug\nopt_clean\n\
             select -set core c:* t:$mem* %d t:$scopeinfo %d\n\
             mutate -list {} -seed {seed} -o mutants @core\n",
            // Some of them change nothing.
            count + count / 4 + 16
        );
        yosys.run(dir.path(), &script)?;
        let list = yosys::read(dir.path(), "mutants")?;
        let rtlil = yosys::read(dir.path(), BASE)?;
        let cells = Cells::of(&rtlil);
        let parse =
            |line: &str| Cell::parse(line, &cells).ok_or_else(|| MutationError::List(line.to_owned()));
        let mut mutants = list.lines().map(parse).collect::<Result<Vec<Cell>, _>>()?;
        mutants.retain(|mutant| mutant.is_change);
        mutants.truncate(count);
        Ok((Netlist { core, rtlil }, mutants))
    }

    /// The netlist with a switch for each of these mutants, in `dir`.
    pub(super) fn mutate(
        &self,
        cells: &[&Cell],
        dir: &Path,
        yosys: &Yosys,
    ) -> Result<Mutated, MutationError> {
        yosys::write(dir, BASE, &self.rtlil)?;
        yosys::write(dir, "first.v", include_str!("first.v"))?;
        let mut script = format!("read_rtlil {BASE}\n");
        for (number, cell) in (1..).zip(cells) {
            script += &cell.where_input_is(SELECT, SELECT_WIDTH, number);
            script.push('\n');
        }
        script += &format!(
            "opt_clean\ntechmap -map first.v t:$pmux\nopt_clean\nwrite_rtlil {MUTATED}\n\
             splitnets -driver\nwrite_verilog -noattr mutated.v\n"
        );
        yosys.run(dir, &script)?;
        Ok(Mutated { rtlil: yosys::read(dir, MUTATED)?, verilog: dir.join("mutated.v") })
    }

    /// What is the same of two netlists that differ only in where their cells come from: without comments and attributes
    /// that say so, and without the lines of files in names such as `$eq$cabac_encoder_pack.sv:36$12`.
    pub(super) fn without_places(&self) -> String {
        let says_where = |line: &&str| {
            let name = line.strip_prefix("attribute ").and_then(|rest| rest.split(' ').next());
            line.starts_with('#') || name.is_some_and(|name| name.ends_with("src"))
        };
        let lines = self.rtlil.lines().map(str::trim_start);
        let kept = lines.filter(|line| !says_where(line));
        kept.flat_map(|line| {
            let mut parts = line.split(".sv:");
            let first = parts.next().unwrap_or_default();
            let rest = parts.flat_map(|part| [".sv:", part.trim_start_matches(|c: char| c.is_ascii_digit())]);
            [first].into_iter().chain(rest).chain(["\n"]).collect::<Vec<_>>()
        })
        .collect()
    }

    pub(super) fn core(&self) -> &'static CoreSpec {
        self.core
    }
}
