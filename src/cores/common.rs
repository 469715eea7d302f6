//! What the specs of cores share.

use crate::mutation::{Table, TableText};
use crate::prove::Edit;

/// Files of `rtl/` with their names.
macro_rules! rtl {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rtl/", $name)))),*]
    };
}
pub(super) use rtl;

/// Files of `formal/` with their names.
macro_rules! formal {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/formal/", $name)))),*]
    };
}
pub(super) use formal;

const MEMORY: &str = "cabac_context_memory.sv";

/// The memory answers with what it holds, and not with what is being written.
pub(super) const NO_FORWARD: Edit =
    [MEMORY, "write_valid && write_addr == read_addr ? write_data : models[read_addr]", "models[read_addr]"];
/// The memory forgets what is written to one address.
pub(super) const LOST_WRITE: Edit =
    [MEMORY, "if (write_valid) models", "if (write_valid && write_addr != 10'd9) models"];
/// A context variable goes on to state 63.
pub(super) const STATE_63: Edit = ["cabac_transition.sv", "p_state_idx < 6'd62", "p_state_idx < 6'd63"];

/// The tables of `rtl/common/`.
pub(super) const TABLES: &[TableText] = &[
    TableText {
        table: Table::Range,
        file: "cabac_range_table.sv",
        row: "row",
        width: 32,
        state: "p_state_idx",
    },
    TableText {
        table: Table::Transition,
        file: "cabac_transition.sv",
        row: "trans_idx_lps",
        width: 6,
        state: "model.p_state_idx",
    },
];
