//! The sources of a core in which any one bit of its tables can be flipped.
//!
//! Not with a switch for each, as the mutants of the netlist have it: thousands of switches would make every clock slow,
//! and one that is looked up costs nothing.

use super::{
    MutationError, TableBit,
    mutant::Table,
    netlist::{SELECT, SELECT_WIDTH, top, with_socket},
};
use crate::cosim::CoreKind;
use crate::prove::Sources;

/// The value of the select input for a bit.
pub(super) fn select(TableBit { table, state, bit }: TableBit) -> u32 {
    let table = match table {
        Table::Range => 1,
        Table::Transition => 2,
    };
    table << 11 | state << 5 | bit
}

/// The edited sources with their names, packages first.
pub(super) fn sources(sources: &Sources, core: CoreKind) -> Result<Vec<(String, String)>, MutationError> {
    let top = top(core);
    let select = format!("{top}.{SELECT}");
    let port = format!("    input  wire logic [{}:0] {SELECT},\n", SELECT_WIDTH - 1);
    let flip = |table: u32, state: &str, width: u32| {
        format!(
            "  assign row = listed ^ ({{{}'d0, {select}[12:11] == 2'd{table} && {select}[10:5] == {state}}} \
             << {select}[4:0]);\n",
            width - 1
        )
    };
    with_socket(sources, core)
        .map(|(name, text)| {
            let text = match name {
                "cabac_range_table.sv" => {
                    let row = "  logic [31:0] row;\n";
                    let edited = format!("  logic [31:0] row, listed;\n{}", flip(1, "p_state_idx", 32));
                    edit(&edit(text, name, row, &edited, 1)?, name, ": row = {", ": listed = {", 64)?
                }
                "cabac_transition.sv" => {
                    let row = "  logic [5:0] trans_idx_lps;\n";
                    let flip = flip(2, "model.p_state_idx", 6).replace(" row ", " trans_idx_lps ");
                    let edited = format!("  logic [5:0] trans_idx_lps, listed;\n{flip}");
                    edit(&edit(text, name, row, &edited, 1)?, name, ": trans_idx_lps = ", ": listed = ", 64)?
                }
                name if name.starts_with(&top) => {
                    let rst = "    input  wire logic       rst,\n";
                    edit(text, name, rst, &format!("{rst}{port}"), 1)?
                }
                _ => text.to_owned(),
            };
            Ok((name.to_owned(), text))
        })
        .collect()
}

/// The text with another one in place of a part that has to be there so many times.
fn edit(text: &str, name: &str, from: &str, to: &str, times: usize) -> Result<String, MutationError> {
    match text.matches(from).count() {
        count if count == times => Ok(text.replace(from, to)),
        count => {
            Err(MutationError::Edit { file: name.to_owned(), from: from.trim().to_owned(), count, times })
        }
    }
}
