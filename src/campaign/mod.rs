//! Campaigns: more work than one command does, on one machine or on a farm (`docs/campaigns.md`).
//!
//! A plan becomes a list of [`Item`]s, each of which is one run of a command. A process that does an item writes one line when it begins
//! and one when it ends ([`Record`]) into a file that no other process writes. All lines together are the [`Ledger`], which says what is
//! done; a [`Summary`] has the results.
//!
//! Invariant: lines are whole or absent, and the ledger does not depend on their order or on how often a line occurs. So shards of any
//! number, on machines of any speed, killed at any time, restarted and even run twice at once, lead to the same summary as a single
//! machine: nothing is lost, and nothing counts twice. There is no lock and no server: the scheduler of the farm hands shards to machines
//! ([`scheduler`]).

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
