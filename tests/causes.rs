//! Why a wrong core fails is said as its designer would say it: for cores with known faults, alone and in pairs.

mod common;

use std::path::Path;

use common::tools;
use silicabac::cosim::{self, Explanation, Model, Rules, Source};
use silicabac::fit::CoreFile;
use silicabac::mutation::{Design, Designs};
use silicabac::stress;
use silicabac::vectors::Vector;

/// A list of faults, and the right core.
fn list(name: &str) -> (Source, Vec<Design>) {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/cores/{name}faults.toml"));
    let Designs { core, faults } = Designs::read(&list).unwrap();
    let CoreFile { direction, top, rtl, verilator_arg: arguments, can, .. } =
        CoreFile::read(Some(&core), &[]).unwrap();
    (Source { can, arguments, ..Source::new(direction.unwrap(), top.unwrap(), rtl) }, faults)
}

/// Why a core with this fault fails.
fn causes(right: &Source, fault: &Design, vectors: &[Vector]) -> Vec<Explanation> {
    let (cache, tools) = tools();
    let dir = tempfile::tempdir().unwrap();
    let wrong = fault.edited(right, dir.path()).unwrap();
    let model = Model::build(&wrong, &cache, &tools).unwrap();
    let classes = cosim::classes(&model.fitter(), vectors);
    let rules = Rules { seed: 1, plan: None };
    let verdicts: Vec<_> = classes.iter().map(|class| cosim::judge(&model, class, &rules)).collect();
    let all = classes
        .iter()
        .flat_map(|class| class.fitted.played().into_iter().map(|vector| (&*class.name, vector)));
    let evidence: Vec<_> = all.filter_map(|(class, vector)| cosim::evidence(&model, class, vector)).collect();
    let mut causes = cosim::causes(&evidence);
    causes.extend(cosim::waiting(&model, &cosim::unexplained(&verdicts, &causes)));
    causes
}

#[test]
#[ignore = "prints"]
fn all_faults_are_explained() {
    let name = std::env::var("SILICABAC_CAUSES").unwrap();
    let (right, faults) = list(&name);
    let vectors = [stress::smoke(), stress::directed()].concat();
    let part = std::env::var("SILICABAC_PART").unwrap_or_default();
    for fault in faults.iter().filter(|fault| fault.equal.is_none() && fault.name.contains(&part)) {
        let start = std::time::Instant::now();
        println!("{}", fault.name);
        for Explanation { text, rule, classes, .. } in causes(&right, fault, &vectors) {
            let rule = rule.map(|rule| rule.to_string()).unwrap_or_default();
            println!(
                "    {rule}: {text}; {} classes: {}",
                classes.len(),
                classes.iter().take(3).cloned().collect::<Vec<_>>().join(", ")
            );
        }
        println!("    {:?}", start.elapsed());
    }
}
