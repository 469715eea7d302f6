//! `silicabac campaign`

mod directory;
mod report;
mod submit;
mod work;

use std::path::{Path, PathBuf};

use clap::Subcommand;
use silicabac::{
    campaign::{Item, Ledger, explanations, in_turns},
    shard::Shard,
};

use super::{
    Failure, Verdict,
    jobs::Jobs,
    print::{counted, line, say},
    signals::Guard,
};
use directory::{Directory, Submission, now};
use work::{Limit, work};

/// Run many commands from a plan, here or on a farm: cores x suites x seeds x simulators, dreams, mutants (docs/campaigns.md)
#[derive(clap::Args)]
#[command(after_help = "Examples:
  silicabac campaign run plan.toml
  silicabac campaign submit plan.toml --to slurm
  silicabac campaign report plan.campaign --html report.html")]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Print the commands of a plan, without running them
    #[command(after_help = "Examples:
  silicabac campaign list plan.toml
  silicabac campaign list plan.toml | wc -l")]
    List {
        /// The plan
        plan: PathBuf,
    },
    /// Run a plan on this machine; what an earlier run has done is not done again
    #[command(after_help = "Examples:
  silicabac campaign run plan.toml
  silicabac campaign run plan.toml -o /shared/sign-off -j 4 --html report.html")]
    Run {
        /// The plan
        plan: PathBuf,
        /// The directory of the campaign [default: the name of the plan with .campaign]
        #[arg(short, long, value_name = "DIR")]
        output: Option<PathBuf>,
        #[command(flatten)]
        jobs: Jobs,
        #[command(flatten)]
        printed: report::Options,
    },
    /// Submit a plan to a scheduler, as arrays of jobs
    #[command(after_help = "Examples:
  silicabac campaign submit plan.toml --to slurm
  silicabac campaign submit plan.toml -o /shared/sign-off --to lsf --at-once 100 --option '-q long'")]
    Submit {
        /// The plan
        plan: PathBuf,
        /// The directory of the campaign, which all machines have to see [default: the name of the plan with .campaign]
        #[arg(short, long, value_name = "DIR")]
        output: Option<PathBuf>,
        #[command(flatten)]
        options: submit::Options,
    },
    /// Show how far a campaign is, and which of its jobs the scheduler has; exits with 5 as long as something is open
    #[command(after_help = "Examples:
  silicabac campaign status sign-off.campaign
  silicabac campaign status /shared/sign-off")]
    Status {
        /// The directory of the campaign
        directory: PathBuf,
    },
    /// Cancel the jobs of a campaign that the scheduler still has
    #[command(after_help = "Examples:
  silicabac campaign cancel sign-off.campaign
  silicabac campaign cancel /shared/sign-off")]
    Cancel {
        /// The directory of the campaign
        directory: PathBuf,
    },
    /// Do what is still open where the campaign was begun: by the scheduler that had it, or on this machine
    #[command(after_help = "Examples:
  silicabac campaign resume sign-off.campaign
  silicabac campaign resume /shared/sign-off --here -j 4")]
    Resume {
        /// The directory of the campaign
        directory: PathBuf,
        /// On this machine, even if a scheduler had it
        #[arg(long)]
        here: bool,
        #[command(flatten)]
        jobs: Jobs,
        #[command(flatten)]
        printed: report::Options,
    },
    /// Report the results so far, and exit with the status of their verdict
    #[command(after_help = "Examples:
  silicabac campaign report sign-off.campaign --html report.html
  silicabac campaign report sign-off.campaign --format junit > junit.xml")]
    Report {
        /// The directory of the campaign
        directory: PathBuf,
        #[command(flatten)]
        printed: report::Options,
    },
    /// What a job of a scheduler does: one shard of a submission
    #[command(
        hide = true,
        after_help = "Examples:
  silicabac campaign shard sign-off.campaign 1 17
  silicabac campaign shard sign-off.campaign 2 1"
    )]
    Shard {
        /// The directory of the campaign
        directory: PathBuf,
        /// The number of the submission
        submission: u32,
        /// The number of the shard, from 1
        shard: usize,
    },
}

pub(super) fn run(arguments: &Arguments, guard: &Guard) -> Result<Verdict, Failure> {
    match &arguments.verb {
        Verb::List { plan } => list(plan),
        Verb::Run { plan, output, jobs, printed } => {
            here(&Directory::make(plan, output.as_deref())?, *jobs, printed, guard)
        }
        Verb::Submit { plan, output, options } => {
            submit::submit(&Directory::make(plan, output.as_deref())?, options, guard)
        }
        Verb::Status { directory } => submit::status(&Directory::look(directory)?),
        Verb::Cancel { directory } => submit::cancel(&Directory::look(directory)?),
        Verb::Resume { directory, here: is_here, jobs, printed } => {
            let directory = Directory::open(directory)?;
            let submitted = if *is_here { None } else { submit::last(&directory)? };
            match submitted {
                Some(options) => submit::submit(&directory, &options, guard),
                None => here(&directory, *jobs, printed, guard),
            }
        }
        Verb::Report { directory, printed } => report::print(&Directory::look(directory)?, printed),
        Verb::Shard { directory, submission, shard } => one_shard(directory, *submission, *shard, guard),
    }
}

fn list(path: &Path) -> Result<Verdict, Failure> {
    let failed = |source| Failure::Read { path: path.to_owned(), source };
    let text = silicabac::files::read_to_string(path).map_err(failed)?;
    let wrong = |source| Failure::Plan { path: path.to_owned(), source };
    let plan = silicabac::campaign::Plan::read(&text).map_err(wrong)?;
    for item in plan.items(0).map_err(wrong)? {
        line(format_args!("{}", item.line()))?;
    }
    Ok(Verdict::Equal)
}

/// The items that are still to be done.
fn open_items(items: &[Item], ledger: &Ledger) -> Vec<Item> {
    ledger.open(items, Shard::ALL).map(|place| items[place].clone()).collect()
}

/// Does all that is open on this machine, and then looks for the causes of what failed.
fn here(
    directory: &Directory,
    jobs: Jobs,
    printed: &report::Options,
    guard: &Guard,
) -> Result<Verdict, Failure> {
    say(format_args!("{}: {}", directory.about.name, directory.path.display()));
    let limit = Limit::new(&directory.plan.budget, now(), 1);
    let start = |items: &[Item], explains| -> Result<usize, Failure> {
        let keys = items.iter().map(|item| item.key.clone()).collect();
        let submission =
            directory.submit(&Submission { explains, shards: jobs.count(), made: now(), keys })?;
        work(directory, submission, 1..=jobs.count(), items, &limit, guard)
    };
    loop {
        let ledger = directory.ledger()?;
        let mut items = directory.items(&ledger)?;
        let all = items.len();
        items = open_items(&items, &ledger);
        if items.is_empty() && directory.plan.budget.again {
            items = directory.next_round(all)?;
        }
        // A budget or a signal may end the run early, so items of all kinds take turns.
        items = in_turns(items);
        if items.is_empty() || start(&items, false)? < items.len() || !directory.plan.budget.again {
            break;
        }
    }
    let ledger = directory.ledger()?;
    let causes = open_items(&explanations(&directory.items(&ledger)?, &ledger), &ledger);
    if !causes.is_empty() {
        say(format_args!("{} once more, to find out why they fail", counted(causes.len(), "check")));
        start(&causes, true)?;
    }
    report::print(directory, printed)
}

/// Does what is left of a shard.
fn one_shard(path: &Path, number: u32, shard: usize, guard: &Guard) -> Result<Verdict, Failure> {
    let directory = Directory::open(path)?;
    let submission = directory.submission(number)?;
    let Some(part) = Shard::new(shard, submission.shards) else {
        let what = format!("submission {number} has shards 1 to {}, and not {shard}", submission.shards);
        return Err(Failure::Usage(what));
    };
    let items = directory.items_of(&submission)?;
    let ledger = directory.ledger_of(number, shard)?;
    let mine: Vec<Item> = ledger.open(&items, part).map(|place| items[place].clone()).collect();
    let limit = Limit::new(&directory.plan.budget, submission.made, submission.shards);
    let begun = work(&directory, number, shard..=shard, &mine, &limit, guard)?;
    say(format_args!("shard {shard} of submission {number}: {}", counted(begun, "item")));
    Ok(Verdict::Equal)
}
