//! `silicabac cosim --socket`

mod coverage;
mod hunt;
mod speed;
mod verdicts;

use std::{
    fmt,
    panic::resume_unwind,
    path::{Path, PathBuf},
    thread,
    time::Instant,
};

use silicabac::cores::Direction;
use silicabac::cosim::{self, Class, Evidence, Hunt, Model, Rule, Rules, STRETCH, Source, Ways};
use silicabac::shell;
use silicabac::suites::Suite;
use silicabac::vectors::Vector;
use silicabac_sim::{Cache, Tools};

use super::{
    Failure, Verdict, fit,
    jobs::Jobs,
    judge,
    print::{Progress, say},
    sources,
};
use verdicts::{Judged, Report, Run};

#[derive(clap::Args)]
#[group(id = "socket_options")]
#[command(next_help_heading = "Your own core, in the socket of docs/socket.md")]
pub(super) struct Options {
    /// Check a core in a socket, by its transactions: any latency, any throughput
    #[arg(long, value_parser = judge::direction_names(), value_name = "DIRECTION")]
    socket: Option<Direction>,
    #[command(flatten)]
    sources: sources::Options,
    #[command(flatten)]
    can: fit::Options,
    /// It is a deadlock if nothing moves for this number of clocks [default: 20000]
    #[arg(long, value_name = "CLOCKS")]
    patience: Option<u32>,
    /// Play the vectors of this class alone
    #[arg(long, value_name = "NAME")]
    class: Vec<String>,
    /// Play this vector alone
    #[arg(long, value_name = "ID")]
    vector: Vec<String>,
    /// Leave out a class, or all vectors with a request like this, since they are known to fail, so that other failures show
    #[arg(long, value_name = "CLASS|RULE")]
    waive: Vec<Known>,
    /// Print verdicts alone, which is quick: no cause is looked for, nothing is shrunk or written, and coverage is not measured
    #[arg(long)]
    no_causes: bool,
    /// Also write an HTML page: the verdicts, and the smallest failure of each cause bin by bin
    #[arg(long, value_name = "FILE.html", conflicts_with_all = ["no_causes", "shard"])]
    html: Option<PathBuf>,
    /// The length of the slowest stretch that is reported, in bins, alignments and raw bytes
    #[arg(long, value_name = "NUMBER", default_value_t = STRETCH, value_parser = length)]
    stretch: usize,
    /// The frequency of the core's clock, to print bins a second as well
    #[arg(long, value_name = "MHZ", value_parser = frequency, conflicts_with = "hunt")]
    mhz: Option<f64>,
    /// Instead of judging the core, look for the requests on which it is slowest though nothing makes it wait
    #[arg(long, value_name = "TRIES", num_args = 0..=1, default_missing_value = TRIES, conflicts_with_all = ["class", "vector", "waive", "waits", "suite", "trace", "stream", "weights", "vectors", "dream", "coverage", "no_causes", "shard", "random_ways"])]
    hunt: Option<u64>,
}

/// How many tries a hunt has.
const TRIES: &str = "20000";

fn frequency(text: &str) -> Result<f64, String> {
    let mhz = text.parse().ok().filter(|mhz| (0.001..=1e6).contains(mhz));
    mhz.ok_or_else(|| "it is no number from 0.001 to 1000000".into())
}

/// The length of a stretch.
fn length(text: &str) -> Result<usize, String> {
    let length = text.parse().ok().filter(|length| (1..=100_000).contains(length));
    length.ok_or_else(|| "it is no number from 1 to 100000".into())
}

/// Vectors that are known to fail: a class, or all that a rule describes.
#[derive(Clone, Debug)]
enum Known {
    Class(String),
    Rule(Rule),
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Known::Class(name) => write!(f, "{name}"),
            Known::Rule(rule) => write!(f, "{rule}"),
        }
    }
}

impl std::str::FromStr for Known {
    type Err = cosim::RuleError;

    fn from_str(text: &str) -> Result<Known, cosim::RuleError> {
        match text.contains(['=', '<', '>']) {
            true => text.parse().map(Known::Rule),
            false => Ok(Known::Class(text.to_owned())),
        }
    }
}

impl Options {
    /// Whether a core is to be judged in the socket.
    pub(super) fn is_wanted(&self, common: &judge::Options) -> bool {
        let names_one = self.socket.is_some() || self.can.is_given() || self.sources.are_given();
        let asks = self.hunt.is_some()
            || self.html.is_some()
            || self.no_causes
            || self.mhz.is_some()
            || self.patience.is_some()
            || self.stretch != STRETCH;
        let picks = !self.class.is_empty() || !self.vector.is_empty() || !self.waive.is_empty();
        names_one || asks || picks || common.core_file().is_some()
    }

    /// Removes the classes and vectors that are not to be played. Returns how many vectors `--waive` leaves out.
    fn select(&self, classes: &mut Vec<Class<'_>>, model: &Model) -> Result<usize, Failure> {
        for name in &self.class {
            if !classes.iter().any(|class| class.name == *name) {
                return Err(Failure::Usage(format!("--class {name}: these suites have no such class")));
            }
        }
        for id in &self.vector {
            if !classes.iter().any(|class| class.fitted.vectors.iter().any(|vector| vector.id == *id)) {
                return Err(Failure::Usage(format!("--vector {id}: these suites have no such vector")));
            }
        }
        let is_wanted = |class: &Class<'_>| self.class.is_empty() || self.class.contains(&class.name);
        if !self.vector.is_empty() {
            for class in classes.iter_mut() {
                class.retain(|vector| self.vector.contains(&vector.id));
            }
        }
        let mut waived = 0;
        for known in &self.waive {
            let mut found = 0;
            for class in classes.iter_mut() {
                let count = match known {
                    Known::Class(name) if *name == class.name => class.retain(|_| false),
                    Known::Class(_) => 0,
                    Known::Rule(rule) => class.retain(|vector| !cosim::is_waived(rule, vector, model)),
                };
                found += count;
                waived += if is_wanted(class) { count } else { 0 };
            }
            if found == 0 {
                let name = match known {
                    Known::Class(name) => name.clone(),
                    Known::Rule(rule) => format!("'{rule}'"),
                };
                return Err(Failure::Usage(format!(
                    "--waive {name}: no vector of these suites is like that"
                )));
            }
        }
        classes.retain(is_wanted);
        classes.retain(|class| !class.fitted.vectors.is_empty() || !class.fitted.misfits.is_empty());
        Ok(waived)
    }

    /// The options with which a command plays the same vectors of some suites.
    fn of_replay(&self) -> String {
        let vectors = self.vector.iter().map(|id| format!(" --vector {id}"));
        let waived = self.waive.iter().map(|known| format!(" --waive {}", shell::word(known.to_string())));
        vectors.chain(waived).collect()
    }

    fn source(&self, common: &judge::Options, cache: &Cache) -> Result<Source, Failure> {
        let file = self.can.read(common.core_file())?;
        if common.names_ours() {
            let what = "--core with a name is a core of ours; one of yours is a FILE.toml, or --socket with --rtl and --top";
            return Err(Failure::Usage(what.into()));
        }
        let said = |what: &str| Failure::Usage(format!("it has to be said {what} (docs/socket.md)"));
        let what = "what the core does: --socket encoder, or direction in its file";
        let direction = self.socket.or(file.direction).ok_or_else(|| said(what))?;
        let sources = self.sources.with(&file);
        let patience = self.patience.unwrap_or(Source::PATIENCE);
        match (sources.name_files(), common.top.as_ref().or(file.top.as_ref())) {
            (true, Some(top)) => Ok(Source { can: file.can, patience, ..sources.source(direction, top)? }),
            (true, None) => Err(said("which module has the ports: --top, or top in its file")),
            (false, Some(_)) => Err(said("where the core is: --rtl, or rtl in its file")),
            (false, None) if common.core_file().is_some() || sources.are_given() => {
                Err(said("where the core is: rtl and top in its file, or --rtl and --top"))
            }
            (false, None) => {
                let core = direction.plain_core();
                let can = if self.can.is_given() { file.can } else { core.can };
                Ok(Source { copy_of: None, can, patience, ..Source::of(core, core.top, None, cache)? })
            }
        }
    }
}

/// Plays all suites to the core in the socket, and prints a verdict for each class of vectors. The function `suites` is called after the
/// core is built; `played` has the options that name the suites. With `covers` it prints instead which lines of the core's Verilog never
/// run and which signals never toggle, without those that the file of waivers in `covers` names. An item of a shard is a class. A shard
/// finds no causes and measures no coverage, since both depend on all classes together.
pub(super) fn judge(
    (played, suites): (&str, impl FnOnce() -> Result<Vec<Suite>, Failure>),
    seed: u64,
    options: &Options,
    common: &judge::Options,
    covers: Option<Option<&Path>>,
) -> Result<Verdict, Failure> {
    let cache = Cache::from_env()?;
    let tools = Tools::find(&cache, &mut |line| say(line))?;
    let source = Source { coverage: covers.is_some(), ..options.source(common, &cache)? };
    let verdicts_alone = options.no_causes || common.shard.is_part();
    let rules = Rules { seed, ways: common.ways()?, stretch: options.stretch, shortest: !verdicts_alone };
    let model =
        Progress::while_at(&format!("building {}", source.top), || Model::build(&source, &cache, &tools))?;
    if let Some(what) = model.contradiction() {
        say(format_args!("note: {}: {what}", model.top()));
    }
    if let Some(tries) = options.hunt {
        let hunt = Hunt { seed, tries, length: options.stretch };
        return hunt::run(&model, hunt, tools.versions(), options, common);
    }
    let vectors = judge::without_doubles(common.played(suites()?));
    let mut classes = cosim::classes(&model.fitter(), &vectors);
    let waived = options.select(&mut classes, &model)?;
    if let Some(waivers) = covers {
        return coverage::of_verilog(&model, &classes, seed, tools.versions(), waivers, common);
    }
    let has_any = classes.iter().any(|class| class.fitted.fitted_count > 0);
    let classes = common.shard.of(classes);
    let bar = Progress::new(classes.len() as u64, "classes");
    let (judged, covered) = thread::scope(|scope| {
        let covered = (!verdicts_alone).then(|| scope.spawn(|| coverage::of_bins(&model, &classes)));
        let judged = judge::in_parallel(common.jobs, &classes, |class| {
            bar.set_message(&class.name);
            let began = Instant::now();
            let verdict = cosim::judge(&model, class, &rules);
            bar.inc(1);
            let played = class.fitted.played().into_iter().map(|vector| vector.id.clone()).collect();
            Judged { verdict, time: began.elapsed(), played }
        });
        (judged, covered.map(|covered| covered.join().unwrap_or_else(|panic| resume_unwind(panic))))
    });
    bar.finish();
    let has_failed = judged.iter().any(|judged| judged.verdict.failed.is_some());
    let evidence = match rules.ways {
        Ways::All | Ways::FirstStalls(_) if has_failed && !verdicts_alone => {
            evidence(&model, &classes, common.jobs)
        }
        _ => Vec::new(),
    };
    let mut causes = cosim::explain(model.direction(), &evidence);
    if !verdicts_alone {
        let verdicts = judged.iter().map(|judged| &judged.verdict);
        causes.extend(cosim::waiting(&model, &cosim::unexplained(verdicts, &causes)));
    }
    let run = Run {
        seed,
        tools: tools.versions(),
        waived,
        covered,
        mhz: options.mhz,
        has_any,
        shard: common.shard,
        ways: common.ways_name(),
    };
    let mut report = Report::new(&model, run, judged, causes, &evidence);
    match verdicts_alone {
        true => report.say_how_to_explain(played, options, common),
        false => report.write_failures(options, common)?,
    }
    if let Some(path) = &options.html {
        report.write_page(path)?;
    }
    report.print(common.format)?;
    Ok(match report.pass {
        true => Verdict::Equal,
        false if !has_any => Verdict::BadInput,
        false => Verdict::Mismatch,
    })
}

/// The result of each vector of these classes when it is played alone.
fn evidence<'a>(model: &Model, classes: &'a [Class<'_>], jobs: Jobs) -> Vec<Evidence<'a>> {
    let all: Vec<(&str, &Vector)> = classes
        .iter()
        .flat_map(|class| class.fitted.played().into_iter().map(|vector| (class.name.as_str(), vector)))
        .collect();
    let bar = Progress::new(all.len() as u64, "vectors");
    bar.set_message("why it fails");
    let evidence = judge::in_parallel(jobs, &all, |&(class, vector)| {
        let evidence = cosim::evidence(model, class, vector);
        bar.inc(1);
        evidence
    });
    bar.finish();
    evidence.into_iter().flatten().collect()
}
