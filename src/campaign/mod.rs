//! Campaigns: more work than one command does, on one machine or on a farm (`docs/campaigns.md`).
//!
//! A plan becomes a list of [`Item`]s, each one run of a command. Whoever does an item writes a line when it begins and a line when it
//! ends ([`Record`]), into a file that nobody else writes. All lines together are the [`Ledger`], which says what is done; a [`Summary`] is
//! what came of it.
//!
//! Invariant: lines are whole or absent, and the ledger does not depend on their order or on how often one is there. So shards of any
//! number, on machines of any speed, killed at any time and begun again, twice at once if it comes to that, come to the same summary as
//! one machine: nothing is lost, and nothing counts twice. There is no lock, and no server: what hands shards to machines is the
//! scheduler that a farm has ([`scheduler`]).

mod findings;
mod item;
mod ledger;
mod perform;
mod plan;
mod record;
pub mod scheduler;
mod summary;

pub use findings::{Covered, Findings, Row};
pub use item::{Check, Item, Part, explanations};
pub use ledger::{Ledger, State, TRIES};
pub use perform::{Place, first_of_each, in_turns, perform};
pub use plan::{Budget, Plan, PlanError, Range};
pub use record::{End, Outcome, Record};
pub use summary::{Cause, Core, Failing, Flaky, Machine, Results, Run, Share, Summary, Trouble};
