//! What a user of the package gets: a feature adds the crates of its modules and no others, links lead to files that exist, and the
//! documents are pages of the library's documentation.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The output of cargo, which accesses no registry and writes nothing.
fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The crates that the library is built of, with these features.
fn crates(features: &str) -> BTreeSet<String> {
    let tree = cargo(&[
        "tree",
        "--offline",
        "--locked",
        "--package=silicabac",
        "--edges=normal,build",
        "--prefix=none",
        "--no-default-features",
        "--features",
        features,
    ]);
    tree.lines().filter_map(|line| line.split(' ').next()).map(str::to_string).collect()
}

/// Costly crates, and the features that may add each.
const COSTLY: [(&str, &[&str]); 10] = [
    ("zstd-sys", &["trace", "weights", "compare", "cosim"]),
    ("bzip2", &["compare"]),
    ("liblzma-sys", &["weights", "compare", "cosim"]),
    ("zip", &["weights", "compare", "cosim"]),
    ("hex", &["avc", "coverage", "cosim"]),
    ("silicabac-sim", &["cosim"]),
    ("vcd", &["cosim"]),
    ("quick-junit", &["cosim"]),
    ("serde_json", &["avc", "weights", "compare", "vectors", "coverage", "cosim"]),
    ("clap", &[]),
];

#[test]
fn a_feature_brings_no_other_rooms_crates() {
    for feature in ["", "asm", "std", "avc", "trace", "weights", "compare", "vectors", "coverage", "cosim"] {
        let crates = crates(feature);
        for (costly, features) in COSTLY {
            assert_eq!(
                crates.contains(costly),
                features.contains(&feature),
                "{costly} with the feature {feature:?}"
            );
        }
    }
    let all = crates("cli");
    assert!(COSTLY.iter().all(|(costly, _)| all.contains(*costly)));
}

#[test]
fn the_features_are_those_that_are_documented() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, features) = manifest.split_once("[features]\n").unwrap();
    let (features, _) = features.split_once("\n[").unwrap();
    let front = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let front: String = front.lines().take_while(|line| line.starts_with("//!")).collect();
    let mut documented = false;
    for line in features.lines().filter(|line| !line.is_empty()) {
        if let Some((name, _)) = line.split_once(" = ") {
            assert!(documented || name == "default", "{name} has no comment");
            let named = front.contains(&format!("`{name}`"));
            assert!(
                named || ["default", "std"].contains(&name),
                "{name} is not in the crate's documentation"
            );
        }
        documented = line.starts_with('#');
    }
}

#[test]
fn the_lock_file_has_no_lgpl_peer() {
    let names = |path: &str| {
        let lock = fs::read_to_string(root().join(path)).unwrap();
        let names = lock.lines().filter_map(|line| line.strip_prefix("name = "));
        names.map(|name| name.trim_matches('"').to_string()).collect::<BTreeSet<_>>()
    };
    assert!(!names("Cargo.lock").contains("cabac"));
    assert!(names("peers/Cargo.lock").contains("cabac"));
}

/// A link of a document.
#[derive(Debug)]
struct Link {
    kind: LinkType,
    to: String,
    /// The label of a reference link.
    label: String,
}

/// The links of a document, and the anchors of its headings.
fn read_markdown(text: &str) -> (Vec<Link>, BTreeSet<String>) {
    let (mut links, mut anchors, mut heading) = (Vec::new(), BTreeSet::new(), None::<String>);
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(
                Tag::Link { link_type, dest_url, id, .. } | Tag::Image { link_type, dest_url, id, .. },
            ) => {
                links.push(Link { kind: link_type, to: dest_url.to_string(), label: id.to_string() });
            }
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => anchors.extend(heading.take().map(|text| anchor(&text))),
            Event::Text(text) | Event::Code(text) => {
                heading.iter_mut().for_each(|heading| heading.push_str(&text))
            }
            _ => {}
        }
    }
    (links, anchors)
}

/// The anchor of a heading in a link.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// What is wrong with the relative links of a document; `has` says which files there are.
fn broken(document: &str, text: &str, has: impl Fn(&str) -> bool) -> Vec<String> {
    let (links, own_anchors) = read_markdown(text);
    let relative = links.iter().filter(|link| !link.to.contains("://"));
    let wrong = relative.filter(|link| {
        let (path, fragment) = link.to.split_once('#').unwrap_or((&link.to, ""));
        let target = normal(&Path::new(document).parent().unwrap().join(path));
        let anchors = match path {
            "" => own_anchors.clone(),
            _ => fs::read_to_string(root().join(&target))
                .map(|text| read_markdown(&text).1)
                .unwrap_or_default(),
        };
        !(path.is_empty() || has(&target)) || !(fragment.is_empty() || anchors.contains(fragment))
    });
    wrong.map(|link| format!("{document}: {}", link.to)).collect()
}

/// A path without `..`.
fn normal(path: &Path) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.iter().map(|part| part.to_str().unwrap()) {
        match part {
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn in_the_tree(path: &str) -> bool {
    root().join(path).exists()
}

/// The documents of `docs/`: their names and texts.
fn documents() -> BTreeMap<String, String> {
    let files = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let documents = files.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let read = |path: PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_string();
        (name, fs::read_to_string(path).unwrap())
    };
    documents.map(read).collect()
}

#[test]
fn links_lead_to_files() {
    let mut all: Vec<(String, String)> =
        documents().into_iter().map(|(name, text)| (format!("docs/{name}"), text)).collect();
    for name in [
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "golden/README.md",
        "formal/README.md",
        "examples/models/README.md",
    ] {
        all.push((name.into(), fs::read_to_string(root().join(name)).unwrap()));
    }
    let broken: Vec<String> = all.iter().flat_map(|(name, text)| broken(name, text, in_the_tree)).collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

/// A package registry shows the README, but no other file of the repository.
#[test]
fn links_of_packaged_documents_lead_to_packaged_files() {
    let list = cargo(&["package", "--list", "--offline", "--allow-dirty", "--package=silicabac"]);
    let packaged: BTreeSet<&str> = list.lines().collect();
    for embedded in ["golden/avc.cbt.zst", "rtl/cabac.f", "formal/README.md", "src/main.rs"] {
        assert!(packaged.contains(embedded), "{embedded}");
    }
    let documents = packaged.iter().filter(|path| path.ends_with(".md"));
    let broken: Vec<String> = documents
        .flat_map(|path| {
            let text = fs::read_to_string(root().join(path)).unwrap();
            broken(path, &text, |target| packaged.contains(target))
        })
        .collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn broken_links_are_noticed() {
    let text = "# A `b` c!\n[a](README.md) [b](#a-b-c) [none](no.md) [part](README.md#no) [own](#no) [r]\n\n[r]: gone.md\n";
    let expected = ["x/y.md: no.md", "x/y.md: README.md#no", "x/y.md: #no", "x/y.md: gone.md"];
    assert_eq!(broken("x/y.md", text, |target| target == "x/README.md"), expected);
}

/// `src/guide.rs` has a page for every document, and defines the names of all documents before each text. Every link has to use such a
/// definition.
#[test]
fn documents_are_pages_that_lead_to_each_other() {
    let guide = fs::read_to_string(root().join("src/guide.rs")).unwrap();
    let pages: String = guide.split_whitespace().collect();
    for (name, text) in documents() {
        let page = name.trim_end_matches(".md").replace('-', "_");
        assert!(guide.contains(&format!("[{name}]: crate::guide::{page}\n")), "{name} is not defined");
        assert!(pages.contains(&format!("page!({page},\"{name}\",")), "{name} has no page");
        for link in read_markdown(&text).0.iter().filter(|link| !link.to.contains("://")) {
            let by_reference = matches!(link.kind, LinkType::Shortcut | LinkType::Reference);
            assert!(by_reference && link.label == link.to, "docs/{name}: {link:?} is no [{}]", link.to);
        }
    }
}

/// Cargo finds no tests by itself here, so a file that is forgotten would never run.
#[test]
fn every_file_of_tests_is_run() {
    let folder = root().join("tests");
    let all = fs::read_to_string(folder.join("all.rs")).unwrap();
    let mut files = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let is_file = path.extension().is_some_and(|extension| extension == "rs");
        if (is_file || path.join("mod.rs").exists()) && !["all", "properties"].contains(&name) {
            assert!(all.contains(&format!("\nmod {name};\n")), "tests/all.rs does not have {name}");
            files += 1;
        }
    }
    assert_eq!(files, all.matches("\nmod ").count());
}
